//! What `limpid enhance` takes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use limpid_engine::controls::Controls;
use limpid_engine::frames;

use super::faders::{self, FaderArguments};
use super::listed::listed;
use crate::enhance::is_pattern;
use crate::sound::{Container, Raw, depth};
use crate::wav::Samples;

/// Rates that can be written, Hz: those that can be read.
const RATES: RangeInclusive<i64> = *frames::RATES.start() as i64..=*frames::RATES.end() as i64;

/// Enhance sound files, one or whole folders.
///
/// Reads WAV, FLAC, MP3, Ogg Vorbis, Opus, AAC, ALAC and AIFF; writes WAV or FLAC. The output has the
/// input's length, rate, channels, bit depth and tags (markers, time codes), and lines up with it to
/// the sample. The input is never written to.
#[derive(Debug, Args)]
pub struct EnhanceArguments {
    /// The files to enhance, or patterns such as "*.wav"; with --recursive folders, too; "-" is standard input
    #[arg(value_name = "INPUT", required_unless_present = "files_from")]
    pub inputs: Vec<PathBuf>,
    /// Where to write, for one input; "-" is standard output [default: beside the input, IN-voice.wav or
    /// IN-background.wav]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write into this folder, under the inputs' own names; it is made where it is missing
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub out_dir: Option<PathBuf>,
    /// Take what lies in the folders among the inputs, all the way down, but for what is hidden; --out-dir gets
    /// the same tree
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
    #[arg(long, value_name = "KIND", hide_possible_values = true,
        value_parser = listed(&["wav", "flac", "raw"], Container::parse))]
    pub to: Option<Container>,
    /// Depth of the output: 8, 16, 24, 32, or floats as 32f, 64f [default: the input's; 24 for lossy ones]
    #[arg(long, value_name = "DEPTH", hide_possible_values = true,
        value_parser = listed(&["8", "16", "24", "32", "32f", "64f"], depth))]
    pub bits: Option<Samples>,
    /// Rate of the output in Hz, from 8000 to 192000 [default: the input's]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(RATES))]
    pub rate: Option<u32>,
    /// Channels of the output: 1 or 2 [default: the input's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=2))]
    pub channels: Option<u16>,
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
    #[command(flatten)]
    pub faders: FaderArguments,
    /// One decision for all channels, which keeps the stereo image (on), one for each pair (pairs), or
    /// each channel for itself (off)
    #[arg(long, value_name = "ON|PAIRS|OFF", hide_possible_values = true,
        value_parser = listed(&["on", "pairs", "off"], link))]
    pub link: Option<Link>,
    /// A model file, or the name of a model that `limpid models list` shows
    #[arg(short, long, value_name = "FILE|NAME", default_value = crate::places::DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Print nothing but errors, and the lines of --json where those are asked for
    #[arg(short, long)]
    pub quiet: bool,
}

impl EnhanceArguments {
    /// Whether the command line names a single file and nothing that can mean several.
    pub fn names_one_file(&self) -> bool {
        self.inputs.len() == 1
            && self.files_from.is_none()
            && !self.recursive
            && !is_pattern(&self.inputs[0])
    }

    /// The faders as the arguments set them.
    pub fn controls(&self) -> Controls {
        self.faders
            .controls(self.link.map(|link| link != Link::Off))
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

fn link(text: &str) -> Result<Link, String> {
    if text.eq_ignore_ascii_case("pairs") {
        return Ok(Link::Pairs);
    }
    match faders::link(text) {
        Ok(true) => Ok(Link::On),
        Ok(false) => Ok(Link::Off),
        Err(_) => Err(format!(
            "{text:?} links nothing: write \"on\", \"pairs\" or \"off\""
        )),
    }
}
