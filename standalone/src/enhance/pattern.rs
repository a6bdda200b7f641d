//! Patterns such as `*.wav`, as shells expand them.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, glob_with};

use crate::failure::Failure;

/// What was typed, and why it is no file.
pub struct Refused {
    /// What was typed.
    pub typed: PathBuf,
    /// Why.
    pub failure: Failure,
}

impl Refused {
    fn boxed(typed: &Path, failure: Failure) -> Box<Self> {
        let typed = typed.to_owned();
        Box::new(Self { typed, failure })
    }
}

/// A file, or what is none.
type Input = Result<PathBuf, Box<Refused>>;

/// Patterns become what they stand for, by name. Most shells have done so by then; the one of Windows has not,
/// and neither has a program that starts this one.
pub fn expanded(inputs: &[PathBuf]) -> Vec<Input> {
    let mut all = Vec::new();
    for input in inputs {
        match input.to_str().filter(|_| is_pattern(input)) {
            Some(pattern) => expand(input, pattern, &mut all),
            None => all.push(Ok(input.clone())),
        }
    }
    all
}

/// Whether it is no file but looks as if it stood for some.
pub fn is_pattern(input: &Path) -> bool {
    let text = input.to_string_lossy();
    text.contains(['*', '?', '[']) && input.symlink_metadata().is_err()
}

fn expand(input: &Path, pattern: &str, all: &mut Vec<Input>) {
    // As in shells, what is hidden has to be named.
    let options = MatchOptions {
        require_literal_leading_dot: true,
        ..MatchOptions::new()
    };
    match glob_with(pattern, options) {
        Err(problem) => {
            let failure = Failure::Pattern {
                path: input.to_owned(),
                said: problem.to_string(),
            };
            all.push(Err(Refused::boxed(input, failure)));
        }
        Ok(paths) => {
            let before = all.len();
            all.extend(paths.map(|found| {
                found.map_err(|error| {
                    let path = error.path().to_owned();
                    let source = error.into();
                    Refused::boxed(input, Failure::Folder { path, source })
                })
            }));
            if all.len() == before {
                let failure = Failure::NoMatch(input.to_owned());
                all.push(Err(Refused::boxed(input, failure)));
            }
        }
    }
}
