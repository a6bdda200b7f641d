//! Pictures of sound: what came in, the voice, the background, on one scale.
//!
//! [`Analyser`] makes the levels of a moment, [`Spectrogram`] holds them over time, and [`draw`] puts
//! [`Column`]s of them side by side into a PNG file ([`encode`]: into its bytes).

mod canvas;
mod colour;
mod picture;
mod spectrogram;

use std::io;
use std::path::PathBuf;

pub use picture::{Column, PANEL_WIDTH, draw, encode, frequencies};
pub use spectrogram::{Analyser, Spectrogram};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum DrawingError {
    /// The system refused.
    #[error("cannot write {}: {source}", .path.display())]
    File {
        /// The picture.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A font or the encoder.
    #[error("cannot draw: {0}")]
    Picture(String),
}
