//! The plugin in hosts: both formats in the tests' own, VST3 in hosts for Python and Ardour's scanner,
//! its window on a display that nobody sees.
//!
//! All of it runs on a build that ends the process when the audio thread allocates.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::python::pytest_count;
use super::rust::cargo_count;
use super::tally::Tally;
use super::{sanitizer, venv};
use crate::bundle::{self, Order};
use crate::failure::Failure;
use crate::install;
use crate::process::{command, output, run as run_command};
use crate::project;
use crate::setup::{ARDOUR, DISPLAY, require};

/// The feature that forbids the audio thread to allocate.
const STRICT: &str = "assert-allocs";

/// All steps.
pub fn run(tally: &mut Tally) -> Result<(), Failure> {
    require(&[DISPLAY, ARDOUR])?;
    sanitizer::run(tally)?;
    let mut tests = command("cargo", &["test", "--quiet", "--package", "limpid-plugin"]);
    tests.args(["--features", STRICT, "--no-fail-fast"]);
    tally.step("plugin in hosts of our own", &mut tests, cargo_count);

    run_command(&mut command(
        "cargo",
        &["build", "--quiet", "--package", "limpid"],
    ))?;
    let order = Order {
        debug: true,
        features: vec![STRICT.to_owned()],
    };
    // A user of the tests' own: what is installed is what hosts load.
    let user = project::target()
        .map_err(Failure::file("target"))?
        .join("tmp/user");
    let installed = install::put_in_place(&bundle::run_all(&order)?, &user)?;
    let mut tests = command("cargo", &["test", "--quiet", "--package", "limpid-plugin"]);
    tests.args([
        "--features",
        STRICT,
        "--test",
        "installed",
        "--",
        "--ignored",
    ]);
    // What is installed must be enough.
    tests
        .env_remove("LIMPID_ONNXRUNTIME")
        .env("LIMPID_TEST_USER", &user);
    tally.step("plugin as it is installed", &mut tests, cargo_count);
    let python = python()?;
    let mut tests = beside_another_runtime(&python)?;
    tally.step("plugin beside another runtime", &mut tests, cargo_count);
    let mut hosts = hosts(&python, &installed[0])?;
    tally.step("plugin in others' hosts", &mut hosts, pytest_count);
    install::take_away(&user)
}

/// The tests with the ONNX Runtime in the process that the hosts' Python has.
fn beside_another_runtime(python: &Path) -> Result<Command, Failure> {
    const FIND: &str = "import pathlib, onnxruntime
print(*(pathlib.Path(onnxruntime.__file__).parent / 'capi').glob('libonnxruntime.so*'))";
    let found = output(&mut command(&python.to_string_lossy(), &["-c", FIND]))?;
    let mut tests = command("cargo", &["test", "--quiet", "--package", "limpid-plugin"]);
    tests.args(["--features", STRICT, "--test", "runtimes"]);
    tests.args(["--", "--ignored"]);
    tests.env("LIMPID_TEST_OTHER_RUNTIME", found.trim());
    Ok(tests)
}

/// The tests in pedalboard, dawdreamer and Ardour's scanner.
fn hosts(python: &Path, bundle: &Path) -> Result<Command, Failure> {
    let target = project::target().map_err(Failure::file("target"))?;
    let program = format!("limpid{}", std::env::consts::EXE_SUFFIX);
    let tests = project::root().join("plugin/tests/vst3");
    let mut pytest = command(&python.to_string_lossy(), &["-m", "pytest", "-q"]);
    pytest
        .current_dir(tests)
        // What is in the bundle must be enough.
        .env_remove("LIMPID_ONNXRUNTIME")
        .env("LIMPID_VST3", bundle)
        .env("LIMPID_PROGRAM", target.join("debug").join(program));
    Ok(pytest)
}

/// A Python with the hosts, in an environment of its own.
fn python() -> Result<PathBuf, Failure> {
    let wanted = project::root().join("plugin/tests/vst3/requirements.txt");
    venv::python("hosts", &wanted, &["-r", &wanted.to_string_lossy()])
}
