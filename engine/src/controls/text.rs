//! Levels and choices as text, both ways.

use super::{Solo, fader_level};

/// How silence reads.
pub const SILENT: &str = "silent";

/// Words that mean silence besides [`SILENT`].
const SILENT_WORDS: [&str; 6] = ["silence", "off", "none", "mute", "-inf", "-∞"];

/// A level as it is shown: `0.0 dB`, `-18.0 dB`, `+3.5 dB`, `silent`.
#[must_use]
pub fn level_text(db: f32) -> String {
    let db = fader_level(db);
    if db == f32::NEG_INFINITY {
        return SILENT.to_owned();
    }
    // Rounded first, so that a value just below zero does not read -0.0.
    let tenths = (db * 10.0).round();
    if tenths == 0.0 {
        "0.0 dB".to_owned()
    } else {
        format!("{:+.1} dB", tenths / 10.0)
    }
}

/// Reads a level: what [`level_text`] writes, a bare number, a typographic minus, a decimal comma.
/// `None` for anything else. The result lies on the fader.
#[must_use]
pub fn parse_level(text: &str) -> Option<f32> {
    let text = text.trim().to_lowercase().replace('\u{2212}', "-");
    let number = text.strip_suffix("db").unwrap_or(&text).trim_end();
    if number == SILENT || SILENT_WORDS.contains(&number) {
        return Some(f32::NEG_INFINITY);
    }
    let db: f32 = number.replace(',', ".").parse().ok()?;
    (!db.is_nan()).then(|| fader_level(db))
}

impl Solo {
    /// All of them, in the order of presentation.
    pub const ALL: [Self; 3] = [Self::None, Self::Voice, Self::Background];

    /// What saved sessions and command lines know it by. Never changes.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Voice => "voice",
            Self::Background => "background",
        }
    }

    /// What people know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Voice => "Voice",
            Self::Background => "Background",
        }
    }

    /// Reads an id or a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|solo| solo.id() == text)
    }
}
