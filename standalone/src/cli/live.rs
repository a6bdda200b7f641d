//! What `limpid live` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use limpid_engine::controls::Controls;

use super::faders::{self, FaderArguments};
use super::listed::listed;
use crate::live::Paths;

/// Enhance the microphone while you speak.
///
/// Without --output, --virtual-mic or --monitor the microphone is metered, and recorded if you ask for
/// it, and nothing is played: a loudspeaker that is heard by the microphone howls.
#[derive(Debug, Args)]
pub struct LiveArguments {
    /// The microphone: an id or a name that `limpid devices` shows, or "default", the system's [default:
    /// the one that was chosen last]
    #[arg(short, long, value_name = "DEVICE", conflicts_with = "virtual_speaker")]
    pub input: Option<String>,
    /// Play to this device: an id, a name, or "default"; without any, to the one that was named last
    #[arg(short, long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = "")]
    pub output: Option<String>,
    /// Take the defaults of this sound system: pulseaudio, jack, alsa
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Make a microphone "Limpid microphone" that other programs can choose (Linux)
    #[arg(long, conflicts_with_all = ["output", "virtual_speaker"])]
    pub virtual_mic: bool,
    /// Make a loudspeaker "Limpid speaker": what programs play there is enhanced and played on (Linux)
    #[arg(long)]
    pub virtual_speaker: bool,
    /// Hear it yourself, on the default output or on this one; wear headphones
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = "default")]
    pub monitor: Option<String>,
    /// Record what is heard and what is made of it, aligned, into two WAV files
    #[arg(long, value_name = "NOISY,VOICE", value_parser = Paths::parse)]
    pub record: Option<Paths>,
    /// Replace the files of --record if they are there
    #[arg(short, long, requires = "record")]
    pub force: bool,
    /// Frames that devices deliver at once [default: 10 ms, or as the host has it]
    #[arg(long, value_name = "FRAMES", value_parser = clap::value_parser!(u32).range(16..=16_384))]
    pub buffer: Option<u32>,
    /// Slack in ms against devices and computing that come late; raised by itself after many gaps
    /// [default: 5; for the enhancer 20 behind PulseAudio, and at least half a step of the model]
    #[arg(long, value_name = "MS", value_parser = safety)]
    pub safety: Option<Duration>,
    /// Channels of the microphone: 1 or 2 [default: as the device has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=2))]
    pub channels: Option<u16>,
    #[command(flatten)]
    pub faders: FaderArguments,
    /// One decision for both channels (on), or each for itself (off)
    #[arg(long, value_name = "ON|OFF", value_parser = listed(&["on", "off"], faders::link),
        hide_possible_values = true)]
    pub link: Option<bool>,
    /// A model file, or the name of a model that `limpid models list` shows
    #[arg(short, long, value_name = "FILE|NAME", default_value = crate::places::DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Wait for devices that are not there at the start
    #[arg(long)]
    pub wait: bool,
    /// End by itself after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub length: Option<Duration>,
    /// Print plain lines even on a terminal, and take no keys
    #[arg(long)]
    pub plain: bool,
    /// The same without the levels every five seconds: only what happens
    #[arg(long)]
    pub quiet: bool,
    /// Remove a virtual microphone or speaker that a crash has left behind, and end
    #[arg(long, exclusive = true)]
    pub cleanup: bool,
}

impl LiveArguments {
    /// The faders as the arguments set them.
    pub fn controls(&self) -> Controls {
        self.faders.controls(self.link)
    }
}

fn safety(text: &str) -> Result<Duration, String> {
    let ms: f64 = text
        .parse()
        .map_err(|_| "it is a number of ms".to_owned())?;
    if (0.0..=500.0).contains(&ms) {
        Ok(Duration::from_secs_f64(ms / 1000.0))
    } else {
        Err("it lies between 0 and 500 ms".to_owned())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|s| (0.0..=1e9).contains(s));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "it is a number of seconds".to_owned())
}
