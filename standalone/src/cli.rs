//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use limpid_engine::controls::{ControlError, Controls, PRESETS, Parameter, Preset, Solo, fader};

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
    /// How faders and link stand, unless --voice, --background or --link say otherwise
    #[arg(short, long, value_name = "NAME", value_parser = preset, default_value = PRESETS[0].id,
        long_help = preset_help())]
    pub preset: Preset,
    /// Voice fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = fader::parse)]
    pub voice: Option<f32>,
    /// Background fader in dB, up to +12, or "silent"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = fader::parse)]
    pub background: Option<f32>,
    /// Hear one part alone, at 0 dB: voice, background, or none
    #[arg(long, value_name = "PART", default_value = "none")]
    pub solo: Solo,
    /// One decision for all channels, which keeps the stereo image (on), or each channel for itself (off)
    #[arg(long, value_name = "ON|OFF", value_parser = link)]
    pub link: Option<bool>,
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
        let preset = self.preset.apply(&Controls::default());
        Controls {
            voice_db: self.voice.unwrap_or(preset.voice_db),
            background_db: self.background.unwrap_or(preset.background_db),
            solo: self.solo,
            link: self.link.unwrap_or(preset.link),
            bypass: false,
        }
    }
}

fn preset(text: &str) -> Result<Preset, ControlError> {
    Preset::find(text).copied()
}

fn link(text: &str) -> Result<bool, ControlError> {
    let mut controls = Controls::default();
    Parameter::Link.set_text(&mut controls, text)?;
    Ok(controls.link)
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
