//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use limpid_engine::controls::{
    Controls, FADER_TOP_DB, PRESETS, Preset, SILENT, Solo, level_text, parse_level,
};

/// Makes noisy speech clear: splits it into the voice and the background, with a fader for each.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enhance a WAV file
    Enhance(EnhanceArguments),
    /// List the models that are found, or check a model file
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Show what Limpid finds on this machine: runtime library, models, speed
    Doctor,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are found, with where they were found
    List,
    /// Show what a model file says of itself and whether Limpid can run it
    Check {
        /// An .onnx file, or the name of a model that `list` shows
        file: PathBuf,
    },
}

/// Enhance a WAV file.
///
/// The output has the input's length, rate, channels, bit depth and chunks (markers, time codes), and
/// lines up with it to the sample. The input is never written to.
#[derive(Debug, Args)]
pub struct EnhanceArguments {
    /// The WAV file to enhance
    pub input: PathBuf,
    /// Where to write [default: beside the input, IN-voice.wav or IN-background.wav]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the output file if there is one
    #[arg(short, long)]
    pub force: bool,
    /// Where the faders stand, unless --voice or --background say otherwise
    #[arg(short, long, value_name = "NAME", value_parser = parse_preset, default_value = PRESETS[0].id,
        long_help = preset_help())]
    pub preset: Preset,
    /// Voice fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = parse_fader)]
    pub voice: Option<f32>,
    /// Background fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = parse_fader)]
    pub background: Option<f32>,
    /// Hear one part alone, at 0 dB: voice, background, or none
    #[arg(long, value_name = "PART", default_value = Solo::None.id(), value_parser = parse_solo)]
    pub solo: Solo,
    /// One decision for all channels, which keeps the stereo image (on), or each channel for itself (off)
    #[arg(long, value_name = "ON|OFF", default_value = "on", value_parser = parse_switch)]
    pub link: bool,
    /// A model file, or the name of a model that `limpid models list` shows
    #[arg(short, long, value_name = "FILE|NAME", default_value = crate::places::DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

impl EnhanceArguments {
    /// The faders as the arguments set them.
    pub fn controls(&self) -> Controls {
        let preset = self.preset.apply(Controls::default());
        Controls {
            voice_db: self.voice.unwrap_or(preset.voice_db),
            background_db: self.background.unwrap_or(preset.background_db),
            solo: self.solo,
            link: self.link,
            bypass: false,
        }
    }
}

fn parse_fader(text: &str) -> Result<f32, String> {
    let not_a_level = || format!("a level in dB, such as -18, or {SILENT}");
    let db = parse_level(text).ok_or_else(not_a_level)?;
    // The engine's text is made for a fader, which stops at its top; a typed number says more.
    let typed = text
        .trim()
        .trim_end_matches(['d', 'D', 'b', 'B', ' '])
        .parse();
    match typed {
        Ok(typed) if typed > FADER_TOP_DB => Err(format!("the fader ends at +{FADER_TOP_DB} dB")),
        Ok(_) | Err(_) => Ok(db),
    }
}

fn parse_preset(text: &str) -> Result<Preset, String> {
    let ids: Vec<&str> = PRESETS.iter().map(|preset| preset.id).collect();
    let found = Preset::find(text).copied();
    found.ok_or_else(|| format!("one of: {}", ids.join(", ")))
}

fn preset_help() -> String {
    let mut help =
        "Where the faders stand, unless --voice or --background say otherwise:\n".to_owned();
    for preset in &PRESETS {
        let (voice, background) = (
            level_text(preset.voice_db),
            level_text(preset.background_db),
        );
        help += &format!(
            "\n{:16} {} (voice {voice}, background {background})",
            preset.id, preset.purpose
        );
    }
    help + "\n"
}

fn parse_solo(text: &str) -> Result<Solo, String> {
    let ids = Solo::ALL.map(Solo::id).join(", ");
    Solo::parse(text).ok_or_else(|| format!("one of: {ids}"))
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}
