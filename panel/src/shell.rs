//! What the panel needs of the shell that opens it.

use std::path::PathBuf;

use limpid_engine::controls::{Controls, Parameter, Solo};
use limpid_engine::meters::{Column, Pair};

/// A plugin or a program round the panel. Every call is made on the window's thread.
pub trait Shell {
    /// Where everything stands.
    fn controls(&self) -> Controls;
    /// The user takes hold of a parameter. Between this and [`Shell::end`] it belongs to the user.
    fn begin(&mut self, parameter: Parameter);
    /// The user moves it. Always between begin and end; the value's kind fits the parameter.
    fn set(&mut self, parameter: Parameter, value: Value);
    /// The user lets go.
    fn end(&mut self, parameter: Parameter);

    /// Highest absolute samples of both parts, before the faders, since the last call.
    fn peaks(&mut self) -> Pair<f32>;
    /// The oldest moment of the picture that has not been drawn.
    fn column(&mut self) -> Option<Column>;
    /// The small print.
    fn facts(&self) -> Facts;
    /// How often a device had nothing to play, where the shell plays by itself; shown beside the misses
    /// once there is one.
    fn gaps(&self) -> u64 {
        0
    }

    /// Name and version of the model that is heard; empty without one.
    fn model(&self) -> String;
    /// Whether that model hears the channels together, so that linking them does anything.
    fn links(&self) -> bool {
        true
    }
    /// The models that can be chosen. Asked for when the menu opens.
    fn models(&mut self) -> Vec<ModelChoice>;
    /// The user chooses a model.
    fn choose_model(&mut self, choice: ModelChoice);
    /// Whether [`Shell::browse`] does anything.
    fn browses(&self) -> bool {
        false
    }
    /// The user wants to look for a model's file in the system's own dialog. Does not wait for it; what
    /// is chosen there is as if chosen here.
    fn browse(&mut self) {}

    /// What the user must know, most important first; `None` when all is well.
    fn notice(&self) -> Option<Notice>;
    /// The user has read it.
    fn dismiss_notice(&mut self);

    /// Light or dark, and how large.
    fn appearance(&self) -> Appearance;
    /// The user wants it otherwise. The shell also applies the scale to its window.
    fn set_appearance(&mut self, appearance: Appearance);
}

/// What a parameter is set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A fader, in dB; `f32::NEG_INFINITY` is silence.
    Level(f32),
    /// Solo.
    Solo(Solo),
    /// Link and bypass.
    Switch(bool),
}

/// A model in the chooser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// What it is shown as.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
}

/// The small print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// From input to output, in milliseconds; `None` before anything runs.
    pub latency_ms: Option<f32>,
    /// Share of one core that the worker takes.
    pub load: f32,
    /// Hops that were not there in time.
    pub misses: u64,
    /// What is heard.
    pub sound: Sound,
}

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// No audio runs.
    Idle,
    /// The enhanced signal.
    Enhanced,
    /// The enhanced signal, with hops missing just now.
    Missing,
    /// The input, unchanged, as something that is needed is not there.
    PassedThrough,
}

/// A sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How serious it is.
    pub kind: NoticeKind,
    /// What happened, to what, and what to do.
    pub text: String,
    /// Whether the user can put it away, or it stays while its cause lasts.
    pub dismissible: bool,
}

/// How serious a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    Information,
    /// The sound is not what the user asked for.
    Warning,
}

/// How the window looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Appearance {
    /// Light or dark.
    pub theme: ThemeChoice,
    /// Size of everything, 1 being 100 %; one of [`SCALES`](crate::SCALES).
    pub scale: f32,
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            scale: 1.0,
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the system has it; dark when it does not say.
    System,
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}
