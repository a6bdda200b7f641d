//! Sound in whatever file or pipe it comes, and into whatever it goes.
//!
//! | module | its part |
//! |---|---|
//! | `source` | one way to read them all: [`Source`] |
//! | `sink` | one way to write them all: [`Sink`] |
//! | `form` | rate, channels and depth: [`Form`] |
//! | `decoded` | everything that is not WAV, through `symphonia` |
//! | `chapters` | chapters and markers |
//! | `mp4` | what MP4 files say of their sound: where it begins, and chapters |
//! | `opus` | Opus, for which `symphonia` has no decoder |
//! | `raw` | samples without a header |
//! | `beside` | what a sound has beside its samples, fitted to the form that is written |
//! | `converter`, `downmix` | another rate, other channels |
//! | `flac` | writing FLAC |
//! | `quantiser` | rounding to the depth of the output, with dither where that shrinks |
//! | `tags` | titles and names, from one kind of file to the other |

mod beside;
mod chapters;
mod converter;
mod decoded;
mod downmix;
mod error;
mod flac;
mod form;
mod mp4;
mod opus;
mod quantiser;
mod raw;
mod sink;
mod source;
mod tags;

pub use converter::{Converter, frames_at};
pub(in crate::sound) use downmix::Downmix;
pub use error::SoundError;
pub use form::{Container, Form, depth};
pub use quantiser::Quantiser;
pub use raw::Raw;
pub use sink::{Place, Sink};
pub use source::{ENDINGS, OTHER_ENDINGS, Source};
