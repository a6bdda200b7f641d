//! Each control by a stable id.

use super::{ControlError, Controls, Solo, fader};

/// A control, as hosts, windows and the command line list it.
///
/// Every control has a *position* from 0 to 1, by which hosts store and automate it, and a text. Both
/// come back exactly: `set_position(position())` and `set_text(text())` change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// The voice fader.
    Voice,
    /// The background fader.
    Background,
    /// Which part is heard alone.
    Solo,
    /// One decision for all channels.
    Link,
    /// The aligned input.
    Bypass,
}

impl Parameter {
    /// Every control, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Voice,
        Self::Background,
        Self::Solo,
        Self::Link,
        Self::Bypass,
    ];

    /// What hosts and files know it by. It never changes.
    #[must_use]
    pub fn id(self) -> &'static str {
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
    pub fn name(self) -> &'static str {
        match self {
            Self::Voice => "Voice",
            Self::Background => "Background",
            Self::Solo => "Solo",
            Self::Link => "Stereo link",
            Self::Bypass => "Bypass",
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Voice => "Level of the voice.",
            Self::Background => "Level of everything that is not the voice.",
            Self::Solo => "Hear the voice alone, or the background that is taken away.",
            Self::Link => {
                "One decision for all channels keeps the stereo image; off, each channel is treated for itself."
            }
            Self::Bypass => "The sound as it came, only later.",
        }
    }

    /// The control of an [`id`](Self::id), in any case.
    ///
    /// # Errors
    /// [`ControlError::UnknownParameter`].
    pub fn from_id(id: &str) -> Result<Self, ControlError> {
        Self::ALL
            .into_iter()
            .find(|parameter| parameter.id().eq_ignore_ascii_case(id.trim()))
            .ok_or_else(|| ControlError::UnknownParameter(id.to_owned()))
    }

    /// Number of values of a control that has but a few; `None` for a fader.
    #[must_use]
    pub fn choices(self) -> Option<usize> {
        match self {
            Self::Voice | Self::Background => None,
            Self::Solo => Some(Solo::ALL.len()),
            Self::Link | Self::Bypass => Some(2),
        }
    }

    /// Where it stands, 0 to 1.
    #[must_use]
    pub fn position(self, controls: &Controls) -> f32 {
        match self {
            Self::Voice => fader::to_position(controls.voice_db),
            Self::Background => fader::to_position(controls.background_db),
            Self::Solo => match controls.solo {
                Solo::None => 0.0,
                Solo::Voice => 0.5,
                Solo::Background => 1.0,
            },
            Self::Link => f32::from(u8::from(controls.link)),
            Self::Bypass => f32::from(u8::from(controls.bypass)),
        }
    }

    /// Puts it to a position; the nearest choice counts, and the nearer end outside 0 to 1.
    pub fn set_position(self, controls: &mut Controls, position: f32) {
        match self {
            Self::Voice => controls.voice_db = fader::from_position(position),
            Self::Background => controls.background_db = fader::from_position(position),
            Self::Solo => {
                controls.solo = match position {
                    x if x >= 0.75 => Solo::Background,
                    x if x >= 0.25 => Solo::Voice,
                    _ => Solo::None,
                };
            }
            Self::Link => controls.link = position >= 0.5,
            Self::Bypass => controls.bypass = position >= 0.5,
        }
    }

    /// Where it stands, as text with a unit.
    #[must_use]
    pub fn text(self, controls: &Controls) -> String {
        let switch = |on| if on { "on" } else { "off" }.to_owned();
        match self {
            Self::Voice => fader::text(controls.voice_db),
            Self::Background => fader::text(controls.background_db),
            Self::Solo => controls.solo.to_string(),
            Self::Link => switch(controls.link),
            Self::Bypass => switch(controls.bypass),
        }
    }

    /// Puts it to what a text says.
    ///
    /// # Errors
    /// When the text is no value of it; nothing has changed then.
    pub fn set_text(self, controls: &mut Controls, text: &str) -> Result<(), ControlError> {
        match self {
            Self::Voice => controls.voice_db = fader::parse(text)?,
            Self::Background => controls.background_db = fader::parse(text)?,
            Self::Solo => controls.solo = text.parse()?,
            Self::Link => controls.link = parse_switch(text)?,
            Self::Bypass => controls.bypass = parse_switch(text)?,
        }
        Ok(())
    }
}

/// `on` or `off`, and what else people write for it.
fn parse_switch(text: &str) -> Result<bool, ControlError> {
    match text.trim().to_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(ControlError::NotASwitch(text.to_owned())),
    }
}
