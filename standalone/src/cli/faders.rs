//! Preset and faders, which files and the microphone take alike.

use std::str::FromStr;

use clap::Args;
use limpid_engine::controls::{ControlError, Controls, PRESETS, Parameter, Preset, Solo, fader};

use super::listed::listed;

/// What `--preset` takes.
const PRESET_IDS: [&str; PRESETS.len()] = {
    let mut ids = [""; PRESETS.len()];
    let mut at = 0;
    while at < ids.len() {
        ids[at] = PRESETS[at].id;
        at += 1;
    }
    ids
};

/// How the faders stand. Which channels share a decision each command asks in its own words.
#[derive(Debug, Args)]
pub struct FaderArguments {
    /// How faders and link stand, unless --voice, --background or --link say otherwise
    #[arg(short, long, value_name = "NAME", value_parser = listed(&PRESET_IDS, preset),
        default_value = PRESETS[0].id, long_help = preset_help(), hide_possible_values = true)]
    pub preset: Preset,
    /// Voice fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = fader::parse)]
    pub voice: Option<f32>,
    /// Background fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = fader::parse)]
    pub background: Option<f32>,
    /// Hear one part alone, at 0 dB: voice, background, or none
    #[arg(long, value_name = "PART", default_value = "none", hide_possible_values = true,
        value_parser = listed(&["none", "voice", "background"], Solo::from_str))]
    pub solo: Solo,
}

impl FaderArguments {
    /// What was typed over what the preset says. `link`: one decision for all channels, if that was
    /// typed.
    pub fn controls(&self, link: Option<bool>) -> Controls {
        let preset = self.preset.apply(&Controls::default());
        Controls {
            voice_db: self.voice.unwrap_or(preset.voice_db),
            background_db: self.background.unwrap_or(preset.background_db),
            solo: self.solo,
            link: link.unwrap_or(preset.link),
            bypass: false,
        }
    }
}

/// "on" or "off", as the controls have it.
///
/// # Errors
/// For anything else, with what there is.
pub fn link(text: &str) -> Result<bool, ControlError> {
    let mut controls = Controls::default();
    Parameter::Link.set_text(&mut controls, text)?;
    Ok(controls.link)
}

fn preset(text: &str) -> Result<Preset, ControlError> {
    Preset::find(text).copied()
}

fn preset_help() -> String {
    let mut help =
        "How faders and link stand, unless --voice, --background or --link say otherwise:\n"
            .to_owned();
    for preset in &PRESETS {
        let controls = preset.apply(&Controls::default());
        let [voice, background, link] = [Parameter::Voice, Parameter::Background, Parameter::Link]
            .map(|parameter| format!("{} {}", parameter.id(), parameter.text(&controls)));
        help += &format!(
            "\n{}\n  {}\n  {voice}, {background}, {link}",
            preset.id, preset.about
        );
    }
    help + "\n"
}
