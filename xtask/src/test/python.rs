//! Training code, in an environment of its own: `.limpid/venv`.
//!
//! The variable `LIMPID_PYTHON` names a Python that has everything already, and then no environment
//! is made. On Linux, PyTorch from PyPI brings several gigabytes of libraries for graphics cards.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::tally::{Count, Tally, number_before};
use super::venv;
use crate::failure::Failure;
use crate::process::command;
use crate::project;
use crate::setup::{HEADERS, require};

/// All steps.
pub fn run(tally: &mut Tally) -> Result<(), Failure> {
    let python = python()?;
    let python = python.to_string_lossy();
    let folder = project::root().join("training");
    let module = |arguments: &[&str]| {
        let mut command = command(&python, &[&["-m"], arguments].concat());
        command.current_dir(&folder);
        command
    };
    tally.check("ruff", &mut module(&["ruff", "check", "."]));
    tally.check(
        "ruff format",
        &mut module(&["ruff", "format", "--check", "."]),
    );
    tally.check("mypy", &mut module(&["mypy", "limpid_training"]));
    tally.check("models of the engine's tests", &mut fixtures(&python));
    tally.step(
        "tests of the training",
        &mut module(&["pytest", "-q"]),
        pytest_count,
    );
    Ok(())
}

/// The models that the engine's tests run with are still what their script makes.
fn fixtures(python: &str) -> Command {
    let script = "training/fixtures/make_models.py";
    command(python, &[script, "engine/tests/fixtures", "--check"])
}

/// The Python that has everything which the training code and its tests need.
fn python() -> Result<PathBuf, Failure> {
    if let Some(python) = env::var_os("LIMPID_PYTHON").filter(|p| !p.is_empty()) {
        return Ok(python.into());
    }
    let wanted = project::root().join("training/pyproject.toml");
    require(&[HEADERS])?;
    let packages = ["--editable", "training[evaluate,test]"];
    venv::python("venv", &wanted, &packages)
}

/// `12 passed, 1 failed in 3.4s`, once, at the end.
pub fn pytest_count(line: &str) -> Option<Count> {
    let is_summary =
        line.contains(" in ") && (line.contains(" passed") || line.contains(" failed"));
    is_summary.then(|| Count {
        passed: number_before(line, "passed"),
        failed: number_before(line, "failed")
            + number_before(line, "error")
            + number_before(line, "errors"),
    })
}
