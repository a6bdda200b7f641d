//! Python environments of the project's own, in `.limpid`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process::{command, run};
use crate::project;
use crate::setup::{VENV, require};

/// The Python of the environment `name`, into which `pip install` was told `packages`. It is made anew
/// when `wanted`, the file that lists them, is another one than last time.
pub fn python(name: &str, wanted: &Path, packages: &[&str]) -> Result<PathBuf, Failure> {
    let venv = project::local().join(name);
    let python = if cfg!(windows) {
        venv.join("Scripts/python.exe")
    } else {
        venv.join("bin/python")
    };
    let text = fs::read(wanted).map_err(Failure::file(wanted))?;
    let installed = venv.join("limpid-installed");
    if fs::read(&installed).is_ok_and(|there| there == text) {
        return Ok(python);
    }
    require(&[VENV])?;
    println!("\nInstalling Python packages into {}", venv.display());
    run(command("python3", &["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        // What is installed once would lie on the disk twice, and PyTorch takes gigabytes.
        "--no-cache-dir",
    ];
    run(command(&python.to_string_lossy(), &pip).args(packages))?;
    // Last: an installation that was cut off is done again.
    fs::write(&installed, text).map_err(Failure::file(&installed))?;
    Ok(python)
}
