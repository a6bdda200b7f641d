//! The engine's parameters as a host sees them, and what is saved beside them.

use std::sync::Arc;

use limpid_engine::controls::{Controls, Parameter, Solo, fader as law};
use limpid_panel::{Appearance, DEFAULT_SIZE, LARGEST_SIZE, SMALLEST_SIZE, ThemeChoice};
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

use crate::librarian::Wish;
use crate::state::FORMAT;

/// Everything that a session saves. The ids are for ever; `tests/session.rs` compares them with the
/// engine's.
#[derive(Params)]
pub(crate) struct LimpidParameters {
    #[id = "voice"]
    pub(crate) voice: FloatParam,
    #[id = "background"]
    pub(crate) background: FloatParam,
    #[id = "solo"]
    pub(crate) solo: EnumParam<SoloChoice>,
    #[id = "link"]
    pub(crate) link: BoolParam,
    #[id = "bypass"]
    pub(crate) bypass: BoolParam,
    /// Which model, by name and hash: not a parameter, as the list differs from machine to machine.
    #[persist = "model"]
    pub(crate) model: Arc<Wish>,
    /// How the window looks.
    #[persist = "window"]
    pub(crate) look: Saved<Look>,
    /// Version of what is saved; see [`crate::state`].
    #[persist = "format"]
    format: Saved<u32>,
}

/// [`Solo`] for the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SoloChoice {
    #[id = "none"]
    #[name = "None"]
    None,
    #[id = "voice"]
    #[name = "Voice"]
    Voice,
    #[id = "background"]
    #[name = "Background"]
    Background,
}

impl From<SoloChoice> for Solo {
    fn from(choice: SoloChoice) -> Self {
        match choice {
            SoloChoice::None => Self::None,
            SoloChoice::Voice => Self::Voice,
            SoloChoice::Background => Self::Background,
        }
    }
}

impl From<Solo> for SoloChoice {
    fn from(solo: Solo) -> Self {
        match solo {
            Solo::None => Self::None,
            Solo::Voice => Self::Voice,
            Solo::Background => Self::Background,
        }
    }
}

/// A fader's value is its position: hosts draw automation as even as the fader moves.
fn fader(parameter: Parameter, db: f32) -> FloatParam {
    let range = FloatRange::Linear { min: 0.0, max: 1.0 };
    FloatParam::new(parameter.name(), law::to_position(db), range)
        .with_value_to_string(Arc::new(|position| law::text(law::from_position(position))))
        .with_string_to_value(Arc::new(|text| law::parse(text).ok().map(law::to_position)))
}

impl LimpidParameters {
    pub(crate) fn new(wish: Arc<Wish>) -> Self {
        let start = Controls::default();
        Self {
            voice: fader(Parameter::Voice, start.voice_db),
            background: fader(Parameter::Background, start.background_db),
            solo: EnumParam::new(Parameter::Solo.name(), start.solo.into()),
            link: BoolParam::new(Parameter::Link.name(), start.link),
            bypass: BoolParam::new(Parameter::Bypass.name(), start.bypass).make_bypass(),
            model: wish,
            look: Saved::default(),
            format: Saved(Mutex::new(FORMAT)),
        }
    }

    /// As everything stands now; neither locks nor allocates.
    pub(crate) fn controls(&self) -> Controls {
        Controls {
            voice_db: law::from_position(self.voice.value()),
            background_db: law::from_position(self.background.value()),
            solo: self.solo.value().into(),
            link: self.link.value(),
            bypass: self.bypass.value(),
        }
    }
}

/// A field that is saved; never touched by the audio thread.
#[derive(Default)]
pub(crate) struct Saved<T>(Mutex<T>);

impl<T: Copy> Saved<T> {
    pub(crate) fn get(&self) -> T {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl<'a, T> PersistentField<'a, T> for Saved<T>
where
    T: Serialize + Deserialize<'a> + Send + Copy,
{
    fn set(&self, value: T) {
        self.put(value);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&T) -> R,
    {
        f(&self.get())
    }
}

/// [`Appearance`] as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Look {
    theme: SavedTheme,
    scale: f32,
    /// Of the window, in points: what it has at 100 %.
    size: [f32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedTheme {
    System,
    Light,
    Dark,
}

impl Default for Look {
    fn default() -> Self {
        let blank = Self {
            theme: SavedTheme::System,
            scale: 1.0,
            size: DEFAULT_SIZE,
        };
        blank.with_appearance(Appearance::default())
    }
}

impl Look {
    pub(crate) fn with_appearance(self, appearance: Appearance) -> Self {
        Self {
            theme: match appearance.theme {
                ThemeChoice::System => SavedTheme::System,
                ThemeChoice::Light => SavedTheme::Light,
                ThemeChoice::Dark => SavedTheme::Dark,
            },
            scale: appearance.scale,
            ..self
        }
    }

    pub(crate) fn with_size(self, size: [f32; 2]) -> Self {
        Self { size, ..self }
    }

    /// Width and height in points, brought to what a window can have.
    pub(crate) fn size(self) -> [f32; 2] {
        [0, 1].map(|i| self.size[i].clamp(SMALLEST_SIZE[i], LARGEST_SIZE[i]))
    }
}

impl From<Look> for Appearance {
    /// A scale that nobody could have chosen is the usual one.
    fn from(look: Look) -> Self {
        let offered = |scale: &f32| limpid_panel::SCALES.contains(scale);
        Self {
            theme: match look.theme {
                SavedTheme::System => ThemeChoice::System,
                SavedTheme::Light => ThemeChoice::Light,
                SavedTheme::Dark => ThemeChoice::Dark,
            },
            scale: Some(look.scale).filter(offered).unwrap_or(1.0),
        }
    }
}
