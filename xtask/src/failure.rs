//! Why a command stops.

use std::io;
use std::path::PathBuf;

use limpid_engine::runtime::RuntimeError;

/// Everything that can end a command, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A command line that means nothing.
    #[error("{0}; `cargo xtask help` lists what there is")]
    Usage(String),
    /// A program could not be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// Name of the program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended with an error, which it has printed.
    #[error("{0} failed, see above")]
    Ended(String),
    /// Something is missing that only the user can install.
    #[error("{what} is missing; install it first (on Debian: {packages})")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// The packages that Debian has it in.
        packages: String,
    },
    /// A file or folder.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A sound file.
    #[error("{}: {source}", .path.display())]
    Sound {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: hound::Error,
    },
    /// The library that was fetched is not the one that was meant.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The result could not be measured.
    #[error("cannot measure the result: {0}")]
    Measure(#[from] realfft::FftError),
    /// The picture could not be drawn.
    #[error(transparent)]
    Picture(#[from] limpid_drawing::DrawingError),
    /// Checks or tests failed, which are listed above.
    #[error("not everything passed")]
    Tests,
}

impl Failure {
    /// For `map_err` on what the file system says about `path`.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
