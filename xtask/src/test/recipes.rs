//! The recipe for Ray, in an environment of its own: `.limpid/venv-recipes`. The one for GNU parallel is
//! tested with the program.

use super::python::pytest_count;
use super::tally::Tally;
use super::venv;
use crate::failure::Failure;
use crate::process::{command, run as done};
use crate::project;

/// All steps.
pub fn run(tally: &mut Tally) -> Result<(), Failure> {
    // Ray is published for Linux on these processors alone.
    if !cfg!(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )) {
        return Ok(());
    }
    let folder = project::root().join("docs/recipes");
    let wanted = folder.join("requirements.txt");
    let file = wanted.to_string_lossy();
    let python = venv::python("venv-recipes", &wanted, &["--requirement", &file])?;
    done(&mut command(
        "cargo",
        &["build", "--quiet", "--package", "limpid"],
    ))?;
    let target = project::target().map_err(Failure::file("target"))?;
    let mut pytest = command(
        &python.to_string_lossy(),
        &["-m", "pytest", "-q", "-p", "no:cacheprovider"],
    );
    pytest
        .arg(&folder)
        .env("LIMPID", target.join("debug/limpid"));
    // A worker of Ray is no child of cargo, by which the program would find the source tree.
    pytest.env("LIMPID_ONNXRUNTIME", project::library()?);
    tally.step("the recipe for Ray", &mut pytest, pytest_count);
    Ok(())
}
