//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use limpid_engine::controls::{Controls, Solo};

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
    /// Voice fader in dB, or "off"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = parse_db)]
    pub voice: Option<f32>,
    /// Background fader in dB, or "off"
    #[arg(long, value_name = "DB", allow_hyphen_values = true, value_parser = parse_db)]
    pub background: Option<f32>,
    /// Hear one part alone, at 0 dB
    #[arg(long, value_enum, value_name = "PART", default_value = "none")]
    pub solo: SoloArgument,
    /// One decision for all channels, which keeps the stereo image, or each channel for itself
    #[arg(long, value_enum, value_name = "ON|OFF", default_value = "on")]
    pub link: OnOff,
    /// A model file, or the name of a model that `limpid models list` shows
    #[arg(short, long, value_name = "FILE|NAME", default_value = crate::places::DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SoloArgument {
    None,
    Voice,
    Background,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

impl EnhanceArguments {
    /// The faders as the arguments set them; what is not named stands as in the preset.
    pub fn controls(&self) -> Controls {
        let preset = Controls::default();
        Controls {
            voice_db: self.voice.unwrap_or(preset.voice_db),
            background_db: self.background.unwrap_or(preset.background_db),
            solo: match self.solo {
                SoloArgument::None => Solo::None,
                SoloArgument::Voice => Solo::Voice,
                SoloArgument::Background => Solo::Background,
            },
            link: self.link == OnOff::On,
            ..preset
        }
    }
}

fn parse_db(text: &str) -> Result<f32, String> {
    if text == "off" {
        return Ok(f32::NEG_INFINITY);
    }
    text.parse().map_err(|_| "not a level in dB".to_owned())
}
