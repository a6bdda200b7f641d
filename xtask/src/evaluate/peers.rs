//! Others' suppressors, from the registries of Python and Rust.
//!
//! One that cannot be installed keeps nobody from judging the rest: the report says what is left out.

use std::fs;
use std::path::PathBuf;

use crate::process::{command, run, works};
use crate::project;

/// RNNoise 0.1 as a program.
const NNNOISELESS: &str = "nnnoiseless@0.5.2";

/// Installs the packages that hold peers, each for itself, so that one fails alone.
pub fn install(python: &str) {
    let list = project::root().join("training/limpid_training/evaluate/peers/requirements.txt");
    let text = fs::read_to_string(&list).unwrap_or_default();
    let installed = project::local().join("evaluate/limpid-peers");
    if fs::read_to_string(&installed).is_ok_and(|there| there == text) {
        return;
    }
    println!("Installing peers");
    let mut whole = true;
    for package in text.lines().filter(|line| !line.starts_with('#')) {
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", package];
        if let Err(failure) = run(&mut command(python, &pip)) {
            println!("{package} is left out: {failure}");
            whole = false;
        }
    }
    // Else it is tried again next time.
    if whole && fs::write(&installed, text).is_err() {
        println!("cannot write {}", installed.display());
    }
}

/// The program of the crate `nnnoiseless`, installed when it is not there; none when that fails.
pub fn nnnoiseless() -> Option<PathBuf> {
    let root = project::local().join("tools");
    let program = root
        .join("bin")
        .join(format!("nnnoiseless{}", std::env::consts::EXE_SUFFIX));
    if works(&program.to_string_lossy(), &["--version"]) {
        return Some(program);
    }
    println!("Installing {NNNOISELESS}");
    let mut install = command("cargo", &["install", "--quiet", NNNOISELESS, "--root"]);
    match run(install.arg(&root)) {
        Ok(()) => Some(program),
        Err(failure) => {
            println!("{NNNOISELESS} is left out: {failure}");
            None
        }
    }
}
