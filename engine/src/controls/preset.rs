//! Ways of using the faders that have a name.

use super::{ControlError, Controls, Solo, fader};

/// A named setting of both faders and the link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// What files and the command line know it by. It never changes.
    pub id: &'static str,
    /// What people know it by.
    pub name: &'static str,
    /// For whom it is, in a sentence.
    pub about: &'static str,
    /// Voice fader in dB.
    pub voice_db: f32,
    /// Background fader in dB.
    pub background_db: f32,
    /// One decision for all channels.
    pub link: bool,
}

/// Every preset, from the most to the least that is taken away, the one that is on at the start first.
pub const PRESETS: [Preset; 5] = [
    // A listener in a meeting has nothing from the other side's room.
    Preset {
        id: "voice-call",
        name: "Voice call",
        about: "The voice and nothing else, for calls and meetings.",
        voice_db: 0.0,
        background_db: fader::SILENT,
        link: true,
    },
    // Total silence between words sounds like a drop-out in something that is edited and listened to
    // at length. Hosts are often recorded one a channel, each with a noise of their own.
    Preset {
        id: "podcast",
        name: "Podcast",
        about: "A studio voice with a trace of the room, each channel for itself as a microphone of its own.",
        voice_db: 0.0,
        background_db: -24.0,
        link: false,
    },
    // Where the noise is loud some of the voice is taken for noise: a raised voice makes up for its
    // level, and what is left of the background gives back consonants and hides artefacts.
    Preset {
        id: "rescue",
        name: "Rescue",
        about: "A voice that is hardly understood: raised, with enough of the rest to lose no consonant.",
        voice_db: 6.0,
        background_db: -18.0,
        link: true,
    },
    // Half as loud to the ear.
    Preset {
        id: "gentle",
        name: "Gentle",
        about: "The noise half as loud, for good recordings that only need a little help.",
        voice_db: 0.0,
        background_db: -10.0,
        link: true,
    },
    // The place is part of the story: it only steps behind the speaker.
    Preset {
        id: "field-recording",
        name: "Field recording",
        about: "The place stays and steps behind the voice, the stereo image untouched.",
        voice_db: 2.0,
        background_db: -6.0,
        link: true,
    },
];

impl Preset {
    /// The preset of an id or a name; case, spaces, hyphens and the like do not matter.
    ///
    /// # Errors
    /// [`ControlError::UnknownPreset`], which names those that there are.
    pub fn find(name: &str) -> Result<&'static Self, ControlError> {
        let wanted = letters(name);
        PRESETS
            .iter()
            .find(|preset| letters(preset.id) == wanted)
            .ok_or_else(|| ControlError::UnknownPreset {
                name: name.to_owned(),
                known: PRESETS.map(|preset| preset.id).join(", "),
            })
    }

    /// `controls` as this preset has them. Solo ends, so that the preset is heard; bypass stays.
    #[must_use]
    pub fn apply(&self, controls: &Controls) -> Controls {
        Controls {
            voice_db: self.voice_db,
            background_db: self.background_db,
            link: self.link,
            solo: Solo::None,
            ..*controls
        }
    }

    /// Whether faders and link stand as in this preset.
    #[must_use]
    pub fn is_set(&self, controls: &Controls) -> bool {
        let Controls {
            voice_db,
            background_db,
            link,
            ..
        } = *controls;
        (voice_db, background_db, link) == (self.voice_db, self.background_db, self.link)
    }
}

/// What makes a name: its letters and digits in lower case.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
