//! Sound systems and their devices, as the live part sees them.
//!
//! A [`System`] lists devices and opens streams on them: [`Cards`] is cpal's, with whatever hosts the
//! machine has. Callbacks get interleaved `f32` whatever the device speaks, and the moment at which
//! they were called. How a stream is doing is told in its [`Health`] by atomics alone: an error
//! callback may come a hundred thousand times a second, or never.

mod cards;
mod choice;
mod convert;
mod health;
#[cfg(test)]
pub mod null;

use std::sync::Arc;
use std::time::Duration;

pub use cards::Cards;
pub use choice::{Choice, Kept};
pub use health::{Health, Loss};

/// Which way sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Input,
    Output,
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

/// A device that is there.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Device {
    /// What it is known by, host and all: stays the same while names may be translated.
    pub id: String,
    /// What people know it by.
    pub name: String,
    /// Whether its host takes it unless told otherwise.
    pub default: bool,
    /// Hz, as it runs unless told otherwise.
    pub rate: u32,
    /// Lowest and highest, in Hz.
    pub rates: (u32, u32),
    pub channels: u16,
    /// Shortest and longest buffer in frames, where that is known.
    pub buffers: Option<(u32, u32)>,
    /// Not for an ordinary list: what an output plays, a converter, or made by Limpid itself.
    pub hidden: bool,
}

/// A sound system and its devices.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Host {
    /// In lower case: `pulseaudio`, `jack`, `alsa`.
    pub name: String,
    /// Whether it is the one that is used unless told otherwise.
    pub default: bool,
    pub inputs: Vec<Device>,
    pub outputs: Vec<Device>,
    /// Why its devices cannot be listed.
    pub problem: Option<String>,
}

/// What a stream is to be like.
#[derive(Debug, Clone)]
pub struct Wish {
    pub choice: Choice,
    /// Frames; `None` for what suits the host.
    pub buffer: Option<u32>,
    /// `None` for one or two, as the device has.
    pub channels: Option<u16>,
}

/// A stream that can be made: what its callbacks will look like.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Of the device.
    pub id: String,
    /// Of the device.
    pub name: String,
    /// Hz.
    pub rate: u32,
    pub channels: usize,
    /// Frames that are asked for; `None` where the host decides.
    pub buffer: Option<u32>,
    /// The system's default, where that is none to be taken: Limpid's own, or what an output plays.
    pub instead_of: Option<String>,
}

/// Moments of a callback. Both clocks count from moments of their own choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// When it was called, by the computer's clock.
    pub called: Duration,
    /// When it should have been called, by a clock that this host's inputs and outputs share;
    /// `None` where the host has no such clock.
    pub cycle: Option<Duration>,
}

/// Called with interleaved frames.
pub type InputCallback = Box<dyn FnMut(&[f32], Now) + Send>;
/// Called with interleaved frames to be filled, all zero.
pub type OutputCallback = Box<dyn FnMut(&mut [f32], Now) + Send>;

/// A stream that is open; it ends when this is dropped.
pub trait Stream: Send {
    /// Starts the callbacks.
    fn play(&mut self) -> Result<(), SoundError>;
    /// Frames that a callback gets at once, at most, as far as the host says.
    fn longest(&self) -> Option<usize>;
}

/// Lists devices and opens them.
pub trait System: Send {
    fn hosts(&mut self) -> Vec<Host>;

    /// What a stream would be like.
    fn prepare(&mut self, direction: Direction, wish: &Wish) -> Result<Format, SoundError>;

    /// Makes an input stream that does not run yet.
    fn open_input(
        &mut self,
        format: &Format,
        callback: InputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError>;

    /// Makes an output stream that does not run yet.
    fn open_output(
        &mut self,
        format: &Format,
        callback: OutputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError>;

    /// What has become of a device in use. `followed` is whether it was taken for being the default.
    fn look(&mut self, direction: Direction, id: &str, followed: bool) -> Look;
}

/// What has become of a device in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It is there, or its host tells by itself when it goes.
    There,
    /// It is gone.
    Gone,
    /// Another one is the default now; its name.
    OtherDefault(String),
}

/// Why there is no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// No device at all.
    #[error(
        "there is no {direction} device{}; plug one in, or start the sound server (tried: {tried})",
        .host.as_ref().map(|h| format!(" on {h}")).unwrap_or_default()
    )]
    NoDevice {
        direction: Direction,
        host: Option<String>,
        tried: String,
    },
    /// None of that name.
    #[error(
        "there is no {direction} device {wanted:?}; `limpid devices` lists those there are: {there}"
    )]
    Unknown {
        direction: Direction,
        wanted: String,
        there: String,
    },
    /// Not the one that was chosen before.
    #[error(
        "the {direction} device {name}, which was chosen before, is not there; plug it in, or choose \
         another"
    )]
    Missing { direction: Direction, name: String },
    /// Several of that name.
    #[error("{wanted:?} may mean several {direction} devices: {there}; write one of these ids")]
    Ambiguous {
        direction: Direction,
        wanted: String,
        there: String,
    },
    /// No host of that name.
    #[error("there is no sound system {wanted:?} here; there are: {there}")]
    NoHost { wanted: String, there: String },
    /// The host refuses.
    #[error("{device} cannot be opened: {reason}")]
    Refused { device: String, reason: String },
    /// The host grants another buffer alone.
    #[error(
        "{device} takes buffers of {}, not {wanted}; ask for {nearest}",
        frames(*.least, *.most)
    )]
    Buffer {
        device: String,
        wanted: u32,
        least: u32,
        most: u32,
        /// Of those that it takes.
        nearest: u32,
    },
}

/// The buffers that a host grants.
fn frames(least: u32, most: u32) -> String {
    if least == most {
        format!("{least} frames alone")
    } else {
        format!("{least} to {most} frames")
    }
}

#[cfg(test)]
mod tests {
    use super::SoundError;

    #[test]
    fn a_buffer_that_is_refused_is_told_with_the_nearest_that_is_granted() {
        let told = |wanted, least, most| {
            let device = "JACK input".to_owned();
            let refused = SoundError::Buffer {
                device,
                wanted,
                least,
                most,
                nearest: wanted.clamp(least, most),
            };
            refused.to_string()
        };
        assert_eq!(
            told(480, 256, 256),
            "JACK input takes buffers of 256 frames alone, not 480; ask for 256"
        );
        assert_eq!(
            told(8192, 64, 4096),
            "JACK input takes buffers of 64 to 4096 frames, not 8192; ask for 4096"
        );
    }
}
