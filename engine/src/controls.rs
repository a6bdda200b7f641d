//! The two faders and what stands around them, as numbers and as text.
//!
//! The network splits what it hears into the voice and the background; the user has a fader for
//! each. Shells (plugin, window, command line) take ids, ranges, presets and text from here.

mod mixer;
mod parameter;
mod presets;
mod text;

pub use mixer::{Gains, Mixer, RAMP_MS};
pub use parameter::{
    FADER_EXPONENT, FADER_FLOOR_DB, FADER_TOP_DB, Parameter, fader_db, fader_level, fader_position,
};
pub use presets::{PRESETS, Preset};
pub use text::{SILENT, level_text, parse_level};

/// Where the user has set everything that may move while audio plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// Voice fader in dB; `f32::NEG_INFINITY` is silence.
    pub voice_db: f32,
    /// Background fader in dB; `f32::NEG_INFINITY` is silence.
    pub background_db: f32,
    /// Hear one part alone.
    pub solo: Solo,
    /// One decision for all channels, which keeps the stereo image.
    pub link: bool,
    /// The aligned input, untouched.
    pub bypass: bool,
}

impl Default for Controls {
    /// The voice alone, linked.
    fn default() -> Self {
        Self {
            voice_db: 0.0,
            background_db: f32::NEG_INFINITY,
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
