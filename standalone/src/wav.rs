//! WAV files, with everything in them kept that is not samples.
//!
//! [`Layout`] finds the samples among the chunks, [`Samples`] turns their bytes into numbers and
//! back, [`Source`] reads a file in constant memory, [`Stream`] a pipe, and [`Sink`] writes a file with
//! the source's chunks round other samples (channel mask, time codes, markers, names). Chunks that only
//! describe the old samples are left out.
//!
//! The samples themselves are read and written by `hound`. The chunks are not: it refuses a padded
//! odd chunk ahead of the samples, wraps silently at 4 GiB, drops what it does not know, and writes
//! a channel mask of its own.

mod error;
mod layout;
pub mod marks;
mod samples;
mod sink;
mod source;
mod stream;

pub use error::WavError;
pub use layout::{Kept, Layout, Piece, format_content};
pub use samples::Samples;
pub use sink::{Out, Shape, Sink, gather};
pub use source::{Source, spread};
pub use stream::Stream;
