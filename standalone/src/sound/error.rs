//! What can be wrong with a sound file. Each sentence goes on after "cannot read FILE: ".

use std::io;

use symphonia::core::errors::Error as Decoding;

use super::form::MOST_CHANNELS;
use crate::wav::WavError;

/// Why an input gives no samples, or an output takes none.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// A WAV file.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Nothing that is known.
    #[error(
        "it is no sound file that Limpid knows{0}; it reads WAV, FLAC, MP3, Ogg Vorbis, Opus, AAC, ALAC and AIFF"
    )]
    Unknown(&'static str),
    /// Empty.
    #[error("it is empty")]
    Nothing,
    /// A film without sound, say.
    #[error("there is no sound in it")]
    NoTrack,
    /// No decoder.
    #[error("its coding is not supported ({0}); convert it to WAV or FLAC first")]
    Coding(String),
    /// A decoder or a container is at its wits' end.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It holds no sample.
    #[error("it holds no sound (zero samples)")]
    Empty,
    /// It ends before its header says.
    #[error(
        "it ends early: its header promises {promised} samples a channel and {held} can be read; copy it again"
    )]
    Short {
        /// Frames by the header.
        promised: u64,
        /// Frames that came.
        held: u64,
    },
    /// Each channel takes memory, and a header can tell of 65,535.
    #[error(
        "it has {0} channels, and Limpid takes {MOST_CHANNELS} at most; split it into files of fewer first"
    )]
    ManyChannels(usize),
    /// An MP4 file in a pipe, which cannot be gone back in.
    #[error(
        "its index lies behind the sound, where it comes too late in a pipe; save it as a file and name that, or have `ffmpeg -movflags +faststart` put the index ahead"
    )]
    IndexBehind,
    /// The form changes on the way.
    #[error(
        "rate or channels change in the middle of it; split it there, or convert it to WAV first"
    )]
    Changes,
    /// Raw samples that end within a frame.
    #[error(
        "its {bytes} bytes are no whole number of samples ({frame_bytes} bytes for all channels); is --raw what it was recorded as?"
    )]
    RawFrame {
        /// Bytes in all.
        bytes: u64,
        /// Bytes of a frame.
        frame_bytes: u64,
    },
    /// FLAC has limits.
    #[error("FLAC holds no {0}; write WAV")]
    FlacLimit(String),
    /// A change of channels that nobody has agreed on.
    #[error(
        "there is no rule to make {to} channels of its {from} (for which loudspeakers they are is not told, or they have no place in stereo); --channels 1 takes their mean"
    )]
    Channels {
        /// How many there are.
        from: usize,
        /// How many were asked for.
        to: usize,
    },
    /// The resampler.
    #[error("its rate cannot be changed: {0}")]
    Rate(String),
    /// The encoder.
    #[error("FLAC: {0}")]
    Flac(String),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Decoding> for SoundError {
    fn from(error: Decoding) -> Self {
        match error {
            Decoding::IoError(error) => Self::Io(error),
            Decoding::Unsupported(what) => Self::Coding(what.to_owned()),
            Decoding::ResetRequired => Self::Changes,
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<flac_codec::Error> for SoundError {
    fn from(error: flac_codec::Error) -> Self {
        match error {
            flac_codec::Error::Io(error) => Self::Io(error),
            other => Self::Flac(other.to_string()),
        }
    }
}

impl SoundError {
    /// What the system said, if it was the system.
    pub fn io(&self) -> Option<&io::Error> {
        match self {
            Self::Io(error) | Self::Wav(WavError::Io(error)) => Some(error),
            _ => None,
        }
    }
}
