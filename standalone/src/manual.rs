//! `limpid completions` and `limpid manual`: made of what can be typed, so they never lag behind.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::say;

/// Prints the completions of a shell.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "limpid", &mut script);
    say::line(String::from_utf8_lossy(&script).trim_end())
}

/// Prints the page of the program, or writes a page for it and for each command into `folder`.
///
/// # Errors
/// When they cannot be written.
pub fn manual(folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let written = clap_mangen::Man::new(Cli::command()).render(&mut page);
        written.map_err(Failure::Print)?;
        return say::line(String::from_utf8_lossy(&page).trim_end());
    };
    let failed = |source: io::Error| Failure::Output {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)
}
