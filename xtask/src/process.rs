//! Running other programs.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::project;

/// A program in the root of the project, which finds the fetched library.
pub fn command<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(project::root());
    if let Ok(library) = project::library()
        && library.exists()
    {
        command.env("LIMPID_ONNXRUNTIME", library);
    }
    command
}

/// Runs to the end; what the program prints is seen.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let name = shown(command);
    let status = command.status().map_err(|source| Failure::Start {
        program: name.clone(),
        source,
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Ended(name))
    }
}

/// Runs to the end and returns what the program printed on stdout.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let name = shown(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Failure::Start {
            program: name.clone(),
            source,
        })?;
    if !output.status.success() {
        return Err(Failure::Ended(name));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started and ends without an error.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    let silent = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    silent.is_ok_and(|status| status.success())
}

/// As one would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
