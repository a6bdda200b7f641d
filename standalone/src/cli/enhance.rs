//! What `limpid enhance` takes.

use std::path::PathBuf;

use crate::sound::{Container, Raw, depth};
use crate::wav::Samples;
use clap::Args;
use limpid_engine::controls::{ControlError, Controls, PRESETS, Parameter, Preset, Solo, fader};

/// Enhance sound files, one or whole folders.
///
/// Reads WAV, FLAC, MP3, Ogg Vorbis, Opus, AAC, ALAC and AIFF; writes WAV or FLAC. The output has the
/// input's length, rate, channels, bit depth and tags (markers, time codes), and lines up with it to
/// the sample. The input is never written to.
#[derive(Debug, Args)]
pub struct EnhanceArguments {
    /// The files to enhance; with --recursive folders, too; "-" is standard input
    #[arg(value_name = "INPUT", required_unless_present = "files_from")]
    pub inputs: Vec<PathBuf>,
    /// Where to write, for one input; "-" is standard output [default: beside the input, IN-voice.wav or
    /// IN-background.wav]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write into this folder, under the inputs' own names; it is made where it is missing
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub out_dir: Option<PathBuf>,
    /// Take what lies in the folders among the inputs, all the way down; --out-dir gets the same tree
    #[arg(short, long)]
    pub recursive: bool,
    /// Write the voice here, at 0 dB; a folder when there may be several inputs. The mix is then written
    /// only with --output or --out-dir
    #[arg(long, value_name = "FILE")]
    pub voice_out: Option<PathBuf>,
    /// Write the background here, likewise: voice and background sum to the input
    #[arg(long, value_name = "FILE")]
    pub background_out: Option<PathBuf>,
    /// Write wav, flac or raw samples [default: by the output's ending]
    #[arg(long, value_name = "KIND", value_parser = Container::parse)]
    pub to: Option<Container>,
    /// Depth of the output: 8, 16, 24, 32, or floats as 32f, 64f [default: the input's; 24 for lossy ones]
    #[arg(long, value_name = "DEPTH", value_parser = depth)]
    pub bits: Option<Samples>,
    /// The input is samples without a header, such as s16le:48000:2 (as ffmpeg names it, rate, channels);
    /// so is the output unless its ending says otherwise
    #[arg(long, value_name = "FORMAT:RATE:CHANNELS", value_parser = Raw::parse)]
    pub raw: Option<Raw>,
    /// Take the files that this file names, a line each ("-" reads the list from standard input)
    #[arg(long, value_name = "LIST")]
    pub files_from: Option<PathBuf>,
    /// Of all inputs take the share I of N (1/4 to 4/4), the same one each time
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    pub shard: Option<Shard>,
    /// Files that are worked on at once [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Skip inputs whose output is there already
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Replace the output file if there is one
    #[arg(short, long)]
    pub force: bool,
    /// Print a line of JSON for each file, with levels before and after
    #[arg(long)]
    pub json: bool,
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
    /// One decision for all channels, which keeps the stereo image (on), one for each pair (pairs), or
    /// each channel for itself (off)
    #[arg(long, value_name = "ON|PAIRS|OFF", value_parser = link)]
    pub link: Option<Link>,
    /// A model file, or the name of a model that `limpid models list` shows
    #[arg(short, long, value_name = "FILE|NAME", default_value = crate::places::DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

impl EnhanceArguments {
    /// Whether the command line names a single file and nothing that can mean several.
    pub fn names_one_file(&self) -> bool {
        self.inputs.len() == 1 && self.files_from.is_none() && !self.recursive
    }

    /// The faders as the arguments set them.
    pub fn controls(&self) -> Controls {
        let preset = self.preset.apply(&Controls::default());
        Controls {
            voice_db: self.voice.unwrap_or(preset.voice_db),
            background_db: self.background.unwrap_or(preset.background_db),
            solo: self.solo,
            link: self.link.map_or(preset.link, |link| link != Link::Off),
            bypass: false,
        }
    }

    /// Which channels share a decision.
    pub fn link(&self) -> Link {
        let by_preset = if self.controls().link {
            Link::On
        } else {
            Link::Off
        };
        self.link.unwrap_or(by_preset)
    }
}

/// Which channels share a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// All.
    On,
    /// The first and the second, the third and the fourth, and so on; a last one alone.
    Pairs,
    /// None.
    Off,
}

/// One of several equal shares of any list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        let shares = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse::<u64>().ok()?, of.parse::<u64>().ok()?);
            (1 <= index && index <= of).then_some(Self {
                index: index - 1,
                of,
            })
        });
        shares.ok_or_else(|| "a shard is I/N with I from 1 to N, such as 2/8".to_owned())
    }
}

fn preset(text: &str) -> Result<Preset, ControlError> {
    Preset::find(text).copied()
}

fn link(text: &str) -> Result<Link, ControlError> {
    if text.eq_ignore_ascii_case("pairs") {
        return Ok(Link::Pairs);
    }
    let mut controls = Controls::default();
    Parameter::Link.set_text(&mut controls, text)?;
    Ok(if controls.link { Link::On } else { Link::Off })
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
