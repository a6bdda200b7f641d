//! `cargo xtask test`: every check and every test, with the time of each step.

mod python;
mod rust;
mod tally;

use std::time::Instant;

use crate::failure::Failure;
use crate::setup;

use self::tally::Tally;

/// Which part is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Programs, library and documentation.
    Rust,
    /// Training code.
    Python,
    /// Both.
    All,
}

impl Part {
    /// From what follows `test` on the command line.
    pub fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::All),
            ["--rust"] => Ok(Self::Rust),
            ["--python"] => Ok(Self::Python),
            _ => Err(Failure::Usage(
                "test takes --rust, --python or nothing".to_owned(),
            )),
        }
    }
}

/// Runs to the end whatever fails, and ends with the sum.
pub fn run(part: Part) -> Result<(), Failure> {
    let begun = Instant::now();
    setup::run()?;
    let mut tally = Tally::default();
    if part != Part::Python {
        rust::run(&mut tally);
    }
    if part != Part::Rust {
        python::run(&mut tally)?;
    }
    tally.print(begun.elapsed())
}
