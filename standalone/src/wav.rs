//! WAV files, with everything in them kept that is not samples.
//!
//! [`Layout`] finds the samples among the chunks, [`Samples`] turns their bytes into numbers and
//! back, [`Source`] reads a file in constant memory, and [`Sink`] writes a file like the source
//! with other samples: the same rate, channels, channel mask, depth, and the same chunks round them
//! (time codes, markers, names). Chunks that only describe the old samples are left out.
//!
//! The samples themselves are read and written by `hound`. The chunks are not: it refuses a padded
//! odd chunk ahead of the samples, wraps silently at 4 GiB, drops what it does not know, and writes
//! a channel mask of its own.

mod error;
mod layout;
mod samples;
mod sink;
mod source;

pub use error::WavError;
pub use layout::Layout;
pub use samples::Samples;
pub use sink::Sink;
pub use source::Source;
