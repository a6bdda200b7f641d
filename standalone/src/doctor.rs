//! `limpid doctor`: what a user is asked for when something does not work.

use std::env::consts::{ARCH, OS};

use limpid_engine::network::Model;
use limpid_engine::runtime::Runtime;

use crate::failure::Failure;
use crate::{places, say};

/// Prints what is found, line by line, and fails when something that is needed is not.
pub fn run() -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    say::line(&format!(
        "✓ limpid {} on {OS} {ARCH}, {cores} cores",
        env!("CARGO_PKG_VERSION")
    ))?;
    let runtime = match Runtime::load(&places::library()) {
        Ok(runtime) => runtime,
        Err(error) => {
            say::line(&format!("✗ {error}"))?;
            return Err(Failure::NotWell);
        }
    };
    say::line(&format!(
        "✓ ONNX Runtime {}, verified: {}",
        runtime.version(),
        runtime.path().display()
    ))?;
    let mut well = places::model(places::DEFAULT_MODEL.as_ref())
        .map(|_| true)
        .or_else(|error| say::line(&format!("✗ {error}")).map(|()| false))?;
    for found in places::models() {
        match Model::load(&runtime, &found.path) {
            Ok(model) => say::line(&format!(
                "✓ model {} {}: {}, {}",
                found.name,
                model.contract().version,
                model.cost(),
                found.path.display()
            ))?,
            Err(error) => {
                well = false;
                say::line(&format!("✗ {error}"))?;
            }
        }
    }
    if well { Ok(()) } else { Err(Failure::NotWell) }
}
