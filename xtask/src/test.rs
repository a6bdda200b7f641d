//! `cargo xtask test`: every check and every test, with the time of each step.

mod plugin;
mod python;
mod recipes;
mod rust;
mod sanitizer;
mod tally;
pub mod venv;

use std::time::Instant;

use crate::failure::Failure;
use crate::setup;

use self::tally::Tally;

/// Which part is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Programs, library and documentation.
    Rust,
    /// The plugin in hosts.
    Plugin,
    /// Training code.
    Python,
    /// Everything.
    All,
}

impl Part {
    /// From what follows `test` on the command line.
    pub fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::All),
            ["--rust"] => Ok(Self::Rust),
            ["--plugin"] => Ok(Self::Plugin),
            ["--python"] => Ok(Self::Python),
            _ => Err(Failure::Usage(
                "test takes --rust, --plugin, --python or nothing".to_owned(),
            )),
        }
    }
}

/// Runs to the end whatever fails, and ends with the sum.
pub fn run(part: Part) -> Result<(), Failure> {
    let begun = Instant::now();
    setup::run()?;
    let mut tally = Tally::default();
    if matches!(part, Part::Rust | Part::All) {
        setup::require(&[setup::SOUND_TOOLS])?;
        let done = rust::run(&mut tally);
        tally.note("setting up for the programs", done);
        let done = recipes::run(&mut tally);
        tally.note("setting up for the recipes", done);
    }
    if matches!(part, Part::Plugin | Part::All) {
        let done = plugin::run(&mut tally);
        tally.note("setting up for the plugin", done);
    }
    if matches!(part, Part::Python | Part::All) {
        let done = python::run(&mut tally);
        tally.note("setting up for the training", done);
    }
    tally.print(begun.elapsed())
}
