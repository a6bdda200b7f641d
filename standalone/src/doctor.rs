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
    say::line(&priority())?;
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

/// Whether this user's programs may be preferred to ordinary ones, as the plugin's worker asks to be.
/// Nothing fails without.
fn priority() -> String {
    // On a thread of its own: what is given would stay.
    let asked = std::thread::spawn(limpid_engine::priority::prefer).join();
    let reason = match asked {
        Ok(Ok(())) => return "✓ real-time priority is given when it is asked for".to_owned(),
        Ok(Err(reason)) => reason,
        Err(_) => "asking for it failed".to_owned(),
    };
    let mend = if cfg!(target_os = "linux") {
        "; `ulimit -r` must be 1 or more, which distributions arrange with the group audio or realtime"
    } else {
        ""
    };
    format!(
        "– no real-time priority: {reason}. Other programs may hold up live sound and the plugin{mend}"
    )
}
