//! `cargo xtask evaluate`: the shipped program beside its peers on the same mixtures, in one go.
//!
//! The judging itself is `limpid_training.evaluate`; here are the program that it runs, the environment
//! that it runs in, and the peers.

mod order;
mod peers;

use crate::failure::Failure;
use crate::process::{command, run as run_command};
use crate::project::{self, relative};
use crate::setup::{self, HEADERS, require};
use crate::test::venv;

pub use self::order::Order;

/// Builds, installs, judges; the report lies in the folder that `order` names.
pub fn run(order: &Order) -> Result<(), Failure> {
    setup::run()?;
    println!("Building limpid");
    let build = ["build", "--quiet", "--release", "--package", "limpid"];
    run_command(&mut command("cargo", &build))?;
    let target = project::target().map_err(Failure::file("target"))?;
    let program = target
        .join("release")
        .join(format!("limpid{}", std::env::consts::EXE_SUFFIX));
    require(&[HEADERS])?;
    let wanted = project::root().join("training/limpid_training/evaluate/requirements.txt");
    let python = venv::python("evaluate", &wanted, &["-r", &wanted.to_string_lossy()])?;
    let python = python.to_string_lossy();

    let out = order.out.clone().unwrap_or_else(|| target.join("evaluate"));
    let mut judge = command(&python, &["-m", "limpid_training.evaluate"]);
    judge
        .current_dir(project::root().join("training"))
        .arg("--limpid")
        .arg(&program)
        .arg("--out")
        .arg(&out)
        .args(&order.passed_on);
    if order.peers {
        peers::install(&python);
        if let Some(program) = peers::nnnoiseless() {
            judge.arg("--nnnoiseless").arg(program);
        }
    }
    run_command(&mut judge)?;
    println!("Written: {}/report.md", relative(&out).display());
    Ok(())
}
