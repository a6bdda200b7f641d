//! What a sound is made of, and what it is stored in.

use std::path::Path;

use super::SoundError;
use crate::wav::Samples;

/// The most channels that are taken: twice what the longest cables and the highest orders of Ambisonics have
/// (64). Linked, each takes a quarter of a MB; otherwise it has a network of its own, which takes 7.
pub const MOST_CHANNELS: usize = 128;

/// Rate, channels and depth.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Frames (samples a channel) a second, Hz.
    pub rate: u32,
    /// Channels, at least 1.
    pub channels: usize,
    /// How a sample is stored. What a lossy coding was decoded to is floats.
    pub samples: Samples,
    /// Which loudspeaker each channel is for, as in a WAV header; 0 where nobody says.
    pub mask: u32,
    /// Frames, where the file says.
    pub frames: Option<u64>,
    /// Whether `frames` is certain: told by the size of uncompressed samples.
    pub is_exact: bool,
    /// Whether the coding is lossy, so that there is no depth to keep.
    pub is_lossy: bool,
}

impl Form {
    /// Refuses more channels than are taken.
    pub fn checked(self) -> Result<Self, SoundError> {
        match self.channels {
            0..=MOST_CHANNELS => Ok(self),
            more => Err(SoundError::ManyChannels(more)),
        }
    }
}

/// What an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// RIFF WAVE, or RF64 beyond 4 GiB.
    Wav,
    /// FLAC.
    Flac,
    /// Samples without a header.
    Raw,
}

impl Container {
    /// Every choice, by the name that `--to` takes and the ending of such a file.
    pub const ALL: [(&'static str, Self); 3] =
        [("wav", Self::Wav), ("flac", Self::Flac), ("raw", Self::Raw)];

    /// By its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name));
        found
            .map(|(_, container)| *container)
            .ok_or_else(|| format!("{text:?} is not written; choose \"wav\", \"flac\" or \"raw\""))
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Raw => "raw",
        }
    }

    /// By the ending of a file, where that says it.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "wav" | "wave" | "rf64" | "bwf" => Some(Self::Wav),
            "flac" => Some(Self::Flac),
            "raw" | "pcm" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// The depth that `--bits` names.
pub fn depth(text: &str) -> Result<Samples, String> {
    let samples = match text {
        "8" => Samples::integers(8),
        "16" => Samples::integers(16),
        "24" => Samples::integers(24),
        "32" => Samples::integers(32),
        "32f" | "float" => Samples::floats(32),
        "64f" => Samples::floats(64),
        _ => None,
    };
    samples.ok_or_else(|| {
        format!("{text:?} is no depth; choose 8, 16, 24, 32 (integers), 32f or 64f (floats)")
    })
}
