//! The parameters as hosts and command lines know them: ids that never change, names, ranges.

/// Lowest position of a fader in dB. It stands for silence: there the part is not heard at all.
pub const FADER_FLOOR_DB: f32 = -60.0;
/// Highest position of a fader in dB.
pub const FADER_TOP_DB: f32 = 12.0;
/// Exponent of the fader's law: its upper half, where people work, covers a quarter of the range.
pub const FADER_EXPONENT: f32 = 2.0;

/// Everything of [`Controls`](super::Controls) that may be automated, in the order of presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Voice fader.
    Voice,
    /// Background fader.
    Background,
    /// Which part is heard alone.
    Solo,
    /// One decision for all channels.
    Link,
    /// The aligned input.
    Bypass,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Voice,
        Self::Background,
        Self::Solo,
        Self::Link,
        Self::Bypass,
    ];

    /// What saved sessions know it by. Never changes.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Background => "background",
            Self::Solo => "solo",
            Self::Link => "link",
            Self::Bypass => "bypass",
        }
    }

    /// What people know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "Voice",
            Self::Background => "Background",
            Self::Solo => "Solo",
            Self::Link => "Link channels",
            Self::Bypass => "Bypass",
        }
    }
}

/// Where on a fader a level stands: 0 at the bottom (silence), 1 at the top. Levels beyond the ends
/// stand at the ends; what is not a number stands at the bottom.
#[must_use]
pub fn fader_position(db: f32) -> f32 {
    let share = (db.max(FADER_FLOOR_DB) - FADER_FLOOR_DB) / (FADER_TOP_DB - FADER_FLOOR_DB);
    share.min(1.0).powf(FADER_EXPONENT)
}

/// The level at a position of a fader: `f32::NEG_INFINITY` at the bottom.
#[must_use]
pub fn fader_db(position: f32) -> f32 {
    let share = position.max(0.0).min(1.0).powf(1.0 / FADER_EXPONENT);
    fader_level(FADER_FLOOR_DB + share * (FADER_TOP_DB - FADER_FLOOR_DB))
}

/// What a fader that stands at `db` sets: silence at the bottom, no more than the top.
#[must_use]
pub fn fader_level(db: f32) -> f32 {
    if db > FADER_FLOOR_DB {
        db.min(FADER_TOP_DB)
    } else {
        f32::NEG_INFINITY
    }
}
