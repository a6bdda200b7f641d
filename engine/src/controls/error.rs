//! Why a text is not a value.

use super::fader::{MAX_DB, MIN_DB};

/// Why a text is not a value of a control.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// Not a level at all.
    #[error("\"{0}\" is not a level: write decibels such as \"-18 dB\" or \"-18\", or \"silent\"")]
    NotALevel(String),
    /// A level that the fader does not reach, in dB.
    #[error("{0} dB is beyond the fader: it goes from {MIN_DB} to +{MAX_DB} dB, and to \"silent\"")]
    OutOfRange(f32),
    /// Neither on nor off.
    #[error("\"{0}\" is not a switch: write \"on\" or \"off\"")]
    NotASwitch(String),
    /// None of the parts.
    #[error("\"{0}\" cannot be heard alone: write \"none\", \"voice\" or \"background\"")]
    NotASolo(String),
    /// No control has this id.
    #[error("there is no control \"{0}\": there are voice, background, solo, link and bypass")]
    UnknownParameter(String),
    /// No preset has this name.
    #[error("there is no preset \"{name}\": there are {known}")]
    UnknownPreset {
        /// As it was asked for.
        name: String,
        /// The ids that there are.
        known: String,
    },
}
