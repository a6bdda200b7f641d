//! The presets that come with Limpid.

use super::Controls;

/// Where the faders stand for a purpose. Solo, link and bypass are the user's and stay as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// What command lines know it by. Never changes.
    pub id: &'static str,
    /// What people know it by.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// Voice fader in dB.
    pub voice_db: f32,
    /// Background fader in dB; `f32::NEG_INFINITY` is silence.
    pub background_db: f32,
}

/// All presets, in the order of presentation.
pub const PRESETS: [Preset; 5] = [
    Preset {
        id: "voice-call",
        name: "Voice call",
        purpose: "the voice alone",
        voice_db: 0.0,
        background_db: f32::NEG_INFINITY,
    },
    Preset {
        id: "podcast",
        name: "Podcast",
        purpose: "clean, with a breath of the room",
        voice_db: 0.0,
        background_db: -24.0,
    },
    Preset {
        id: "rescue",
        name: "Rescue",
        purpose: "a faint voice raised out of loud noise",
        voice_db: 6.0,
        background_db: f32::NEG_INFINITY,
    },
    Preset {
        id: "gentle",
        name: "Gentle",
        purpose: "half the noise, nothing to notice",
        voice_db: 0.0,
        background_db: -9.0,
    },
    Preset {
        id: "field-recording",
        name: "Field recording",
        purpose: "the place stays, the voice stands in front",
        voice_db: 1.5,
        background_db: -6.0,
    },
];

impl Preset {
    /// The preset of that id or name.
    #[must_use]
    pub fn find(text: &str) -> Option<&'static Self> {
        let text = text.trim();
        PRESETS
            .iter()
            .find(|p| p.id.eq_ignore_ascii_case(text) || p.name.eq_ignore_ascii_case(text))
    }

    /// The preset at which the faders of `controls` stand, to a tenth of a dB.
    #[must_use]
    pub fn matching(controls: &Controls) -> Option<&'static Self> {
        let near = |a: f32, b: f32| a == b || (a - b).abs() < 0.05;
        PRESETS.iter().find(|p| {
            near(p.voice_db, controls.voice_db) && near(p.background_db, controls.background_db)
        })
    }

    /// `controls` with the faders of this preset.
    #[must_use]
    pub fn apply(&self, controls: Controls) -> Controls {
        Controls {
            voice_db: self.voice_db,
            background_db: self.background_db,
            ..controls
        }
    }
}
