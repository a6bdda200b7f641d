//! What a terminal or a window may see of a session.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use limpid_engine::meters::{Column, Pair, View};
use limpid_engine::realtime::{Monitor, Status};

use super::bridge::Gauge;
use super::desk::Desk;
use super::feeder::MOST_OUTPUTS;
use super::priority::Standing;
use super::recorder::{Paths, Progress};
use crate::audio::{Format, Health};

/// Shared by the session and whoever shows it; no callback ever locks it.
pub struct Board {
    /// Where the faders stand.
    pub desk: Arc<Desk>,
    shown: Mutex<Shown>,
}

/// What the session keeps up to date.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) input: Option<InputShown>,
    pub(super) outputs: [Option<OutputShown>; MOST_OUTPUTS],
    /// Why the input, or an output, is not open.
    pub(super) waiting: Vec<String>,
    pub(super) model: String,
    /// The file that it was changed to while this runs.
    pub(super) model_file: Option<PathBuf>,
    /// It hears each channel alone.
    pub(super) unlinked: bool,
    /// Of the enhancer and of the bridges.
    pub(super) safety: [Duration; 2],
    /// It was raised beyond what was asked for.
    pub(super) safety_raised: bool,
    /// Some output is wanted.
    pub(super) plays: bool,
    /// Nobody listens, so nothing runs.
    pub(super) idle: bool,
    pub(super) recording: Option<(Paths, Arc<Progress>)>,
    pub(super) view: Option<View>,
    /// Of streams that have ended.
    pub(super) past: Counts,
    /// Of that, how often each output ran dry.
    dry: [u64; MOST_OUTPUTS],
}

pub(super) struct InputShown {
    pub(super) format: Format,
    /// Frames.
    pub(super) block: usize,
    pub(super) health: Arc<Health>,
    pub(super) monitor: Monitor,
    /// Of the enhancer and its port, in frames.
    pub(super) latency: usize,
    pub(super) priority: Arc<Standing>,
    /// What the health had counted when this began.
    pub(super) xruns_before: u64,
}

pub(super) struct OutputShown {
    pub(super) format: Format,
    pub(super) block: usize,
    pub(super) health: Arc<Health>,
    pub(super) gauge: Option<Arc<Gauge>>,
    /// What the health had counted when this began.
    pub(super) xruns_before: u64,
}

/// What only ever grows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Hops computed.
    pub hops: u64,
    /// Hops that were not there in time.
    pub misses: u64,
    /// Times that a server told of a block lost.
    pub xruns: u64,
    /// Times that an output found nothing to play.
    pub underruns: u64,
    /// Times that the delay between both sides was set right.
    pub set_right: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.hops += more.hops;
        self.misses += more.misses;
        self.xruns += more.xruns;
        self.underruns += more.underruns;
        self.set_right += more.set_right;
    }
}

/// From the microphone to the loudspeaker, in its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Latency {
    /// From the device to the callback, as its host says.
    pub input: Duration,
    /// Frames, network and reserve.
    pub enhancer: Duration,
    /// Between the two clocks, beyond the block that `input` holds already.
    pub bridge: Duration,
    /// From the callback to the device, as its host says.
    pub output: Duration,
}

impl Latency {
    pub fn total(&self) -> Duration {
        self.input + self.enhancer + self.bridge + self.output
    }
}

/// A device in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    pub id: String,
    pub name: String,
    /// Hz.
    pub rate: u32,
    pub channels: usize,
    /// Frames of a block, at most.
    pub block: usize,
}

/// A session at a glance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Glance {
    pub input: Option<Side>,
    pub outputs: [Option<Side>; MOST_OUTPUTS],
    pub waiting: Vec<String>,
    /// Some output is wanted.
    pub plays: bool,
    pub model: String,
    /// The file that it was changed to while this runs.
    pub model_file: Option<PathBuf>,
    /// That model hears each channel alone, so linking them does nothing.
    pub unlinked: bool,
    /// To the first output that is open; without one, to the recording.
    pub latency: Option<Latency>,
    /// Of the enhancer and of the bridges.
    pub safety: [Duration; 2],
    /// It was raised beyond what was asked for.
    pub safety_raised: bool,
    pub status: Status,
    pub counts: Counts,
    /// Of the input against the output.
    pub drift_ppm: f64,
    pub idle: bool,
    /// Files and seconds.
    pub recording: Option<(Paths, f64)>,
    /// Why the worker has no priority over other programs.
    pub no_priority: Option<String>,
}

impl Board {
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        Self {
            desk,
            shown: Mutex::default(),
        }
    }

    pub(super) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Highest absolute samples of both parts, before the faders, since the last call.
    pub fn peaks(&self) -> Pair<f32> {
        let shown = self.shown();
        shown.view.as_ref().map(View::peaks).unwrap_or_default()
    }

    /// The oldest moment of the picture that has not been seen.
    pub fn column(&self) -> Option<Column> {
        self.shown().view.as_mut()?.column()
    }

    pub fn glance(&self) -> Glance {
        let shown = self.shown();
        let input = shown.input.as_ref();
        let first = shown.outputs.iter().flatten().next();
        let gauge = first.and_then(|output| output.gauge.as_ref());
        let side = |format: &Format, block| Side {
            id: format.id.clone(),
            name: format.name.clone(),
            rate: format.rate,
            channels: format.channels,
            block,
        };
        let recording = shown.recording.as_ref();
        let rate = input.map_or(48_000, |input| input.format.rate);
        Glance {
            input: input.map(|input| side(&input.format, input.block)),
            outputs: std::array::from_fn(|place| {
                let output = shown.outputs[place].as_ref()?;
                Some(side(&output.format, output.block))
            }),
            waiting: shown.waiting.clone(),
            plays: shown.plays,
            model: shown.model.clone(),
            model_file: shown.model_file.clone(),
            unlinked: shown.unlinked,
            latency: input.map(|input| Latency {
                input: input.health.delay(),
                enhancer: seconds(input.latency, input.format.rate),
                // The age of a frame counts from the last one of its delivery, the device from the first.
                bridge: gauge
                    .and_then(|g| g.latency())
                    .unwrap_or_default()
                    .saturating_sub(delivery(input)),
                output: first
                    .map(|output| output.health.delay())
                    .unwrap_or_default(),
            }),
            safety: shown.safety,
            safety_raised: shown.safety_raised,
            status: input
                .map(|input| input.monitor.status())
                .unwrap_or_default(),
            counts: shown.counts(),
            drift_ppm: gauge.map_or(0.0, |gauge| gauge.drift_ppm()),
            idle: shown.idle,
            recording: recording.map(|(paths, progress)| {
                let frames = progress.frames() as f64;
                (paths.clone(), frames / f64::from(rate))
            }),
            no_priority: input.and_then(|input| input.priority.refusal().map(str::to_owned)),
        }
    }
}

impl InputShown {
    fn counts(&self) -> Counts {
        let status = self.monitor.status();
        Counts {
            hops: status.hops,
            misses: status.misses,
            // Those before this chain are in the past already.
            xruns: self.health.xruns() - self.xruns_before,
            ..Counts::default()
        }
    }
}

impl OutputShown {
    fn counts(&self) -> Counts {
        let gauge = self.gauge.as_ref();
        Counts {
            xruns: self.health.xruns() - self.xruns_before,
            underruns: gauge.map_or(0, |gauge| gauge.underruns()),
            set_right: gauge.map_or(0, |gauge| gauge.set_right()),
            ..Counts::default()
        }
    }
}

impl Shown {
    /// Since the session began.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = self.past;
        if let Some(input) = &self.input {
            counts += input.counts();
        }
        for output in self.outputs.iter().flatten() {
            counts += output.counts();
        }
        counts
    }

    /// How often each output has run dry since the session began.
    pub(super) fn dry(&self) -> [u64; MOST_OUTPUTS] {
        std::array::from_fn(|place| {
            let now = self.outputs[place].as_ref().map(OutputShown::counts);
            self.dry[place] + now.map_or(0, |counts| counts.underruns)
        })
    }

    /// The input goes or is replaced: its counts are kept.
    pub(super) fn retire_input(&mut self) {
        if let Some(input) = self.input.take() {
            self.past += input.counts();
        }
    }

    /// The same for an output.
    pub(super) fn retire_output(&mut self, place: usize) {
        if let Some(output) = self.outputs.get_mut(place).and_then(Option::take) {
            let counts = output.counts();
            self.past += counts;
            self.dry[place] += counts.underruns;
        }
    }
}

/// How long the sound lasts that an input delivers at once, as a rule.
fn delivery(input: &InputShown) -> Duration {
    Duration::from_secs_f64(input.health.usual() / f64::from(input.format.rate))
}

fn seconds(frames: usize, rate: u32) -> Duration {
    Duration::from_secs_f64(frames as f64 / f64::from(rate))
}
