//! Which devices the terminal takes: those of its command line, else those that were chosen before.
//!
//! What is named is remembered once it has been found, in the settings that the window has, too.

use crate::audio::{Choice, Kept};
use crate::cli::LiveArguments;
use crate::settings::{self, Settings};

/// What the command line says for the system's own.
const DEFAULT: &str = "default";

/// The devices of a command line and of the times before.
pub(super) struct Memory<'a> {
    arguments: &'a LiveArguments,
    settings: Settings,
}

impl<'a> Memory<'a> {
    /// Reads the settings; with a sentence when there were some that could not be read.
    pub(super) fn read(arguments: &'a LiveArguments) -> (Self, Option<String>) {
        let file = settings::file();
        let (settings, told) = file
            .as_deref()
            .map_or_else(Default::default, settings::load);
        let memory = Self {
            arguments,
            settings,
        };
        (memory, told)
    }

    /// The microphone.
    pub(super) fn input(&self) -> Choice {
        match (self.arguments.input.as_deref(), &self.settings.input) {
            (None, Some(kept)) if self.arguments.host.is_none() => Choice::Kept(kept.clone()),
            (named, _) => self.named(named.unwrap_or(DEFAULT)),
        }
    }

    /// The output that others hear, if there is to be one.
    pub(super) fn output(&self) -> Option<Choice> {
        let named = self.arguments.output.as_deref()?;
        Some(match (named, &self.settings.speaker) {
            ("", Some(kept)) if self.arguments.host.is_none() => Choice::Kept(kept.clone()),
            ("", _) => self.named(DEFAULT),
            (named, _) => self.named(named),
        })
    }

    /// What is meant by the name of a device.
    pub(super) fn named(&self, name: &str) -> Choice {
        match (name, &self.arguments.host) {
            (DEFAULT, None) => Choice::Default,
            (DEFAULT, Some(host)) => Choice::DefaultOf(host.clone()),
            (name, _) => Choice::Named(name.to_owned()),
        }
    }

    /// Keeps what the command line has named, as it was found; with a sentence when that fails.
    pub(super) fn keep(&self, input: Option<Kept>, output: Option<Kept>) -> Result<(), String> {
        let mut settings = self.settings.clone();
        if let Some(named) = &self.arguments.input {
            keep(&mut settings.input, named, input);
        }
        if let Some(named) = self
            .arguments
            .output
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            keep(&mut settings.speaker, named, output);
        }
        if settings == self.settings {
            return Ok(());
        }
        let Some(file) = settings::file() else {
            return Ok(());
        };
        settings::save(&file, &settings).map_err(|error| {
            format!(
                "the devices cannot be remembered in {}: {error}",
                file.display()
            )
        })
    }
}

fn keep(kept: &mut Option<Kept>, named: &str, found: Option<Kept>) {
    if named == DEFAULT {
        *kept = None;
    } else if found.is_some() {
        *kept = found;
    }
}
