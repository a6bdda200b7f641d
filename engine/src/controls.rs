//! The two faders and what stands around them, as numbers and as text.
//!
//! The network splits what it hears into the voice and the background; the user has a fader for
//! each. Plugin, window and command line take names, ranges, texts and presets from here and
//! from nowhere else:
//!
//! | item | is |
//! |---|---|
//! | [`Controls`] | where everything stands: what travels with the samples |
//! | [`Parameter`] | each control by a stable id, as text and as a position from 0 to 1 |
//! | [`fader`] | range, law and text of the two faders |
//! | [`Preset`] | the ways of using them that have a name |
//! | [`Gains`], [`Mixer`] | what faders and solo do to samples |

mod error;
pub mod fader;
mod mixer;
mod parameter;
mod preset;

pub use error::ControlError;
pub use mixer::{Gains, Mixer, RAMP_MS};
pub use parameter::Parameter;
pub use preset::{PRESETS, Preset};

/// Where the user has set everything that may move while audio plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// Voice fader in dB; [`fader::SILENT`] is silence.
    pub voice_db: f32,
    /// Background fader in dB; [`fader::SILENT`] is silence.
    pub background_db: f32,
    /// Hear one part alone.
    pub solo: Solo,
    /// One decision for all channels, which keeps the stereo image.
    pub link: bool,
    /// The aligned input, untouched.
    pub bypass: bool,
}

impl Default for Controls {
    /// The voice alone, linked: what most people are here for.
    fn default() -> Self {
        Self {
            voice_db: 0.0,
            background_db: fader::SILENT,
            solo: Solo::None,
            link: true,
            bypass: false,
        }
    }
}

/// Which part is heard alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solo {
    /// Both, by their faders.
    #[default]
    None,
    /// The voice at 0 dB, no background.
    Voice,
    /// The background at 0 dB, no voice: what is taken away.
    Background,
}

impl Solo {
    /// Every choice, in the order of their positions.
    pub const ALL: [Self; 3] = [Self::None, Self::Voice, Self::Background];
}

impl std::fmt::Display for Solo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Voice => "voice",
            Self::Background => "background",
        })
    }
}

impl std::str::FromStr for Solo {
    type Err = ControlError;

    /// `none` (or `off`), `voice`, `background`, in any case.
    fn from_str(text: &str) -> Result<Self, ControlError> {
        match text.trim().to_lowercase().as_str() {
            "none" | "off" => Ok(Self::None),
            "voice" => Ok(Self::Voice),
            "background" => Ok(Self::Background),
            _ => Err(ControlError::NotASolo(text.to_owned())),
        }
    }
}
