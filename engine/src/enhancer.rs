//! Hops in; voice and aligned input out.
//!
//! An [`Enhancer`] puts frames round a [`Network`], for one channel or many, and promises:
//!
//! - **Latency** is [`Enhancer::latency`] samples, for the voice and for the aligned input. It is a
//!   pure function of contract and rate: [`latency_of`].
//! - **Cleaned input.** What is not a number is taken as silence, as are denormals; what lies
//!   beyond 120 dB over full scale is cut there. The aligned input is that, later, bit for bit.
//! - **The same bits** for any number of hops a call.
//! - **Silence in, silence out.** After one second of exact zeros on all channels the network rests
//!   (its states stay) until the hop with the next sample that is not zero; that hop runs.
//! - **Finite output.** A hop for which a network gives a value that is not finite, or so large that
//!   sums of it would not be, has the aligned input as its voice; that network starts anew
//!   from rest, and [`Enhancer::faults`] counts one up.
//! - **Nothing is allocated** after [`Enhancer::new`] and [`Enhancer::with_batch`], as long as
//!   [`Parts`] has room.
//!
//! # Linked or each for itself
//! Linked channels of a spectral model share one decision: the first network hears, per bin, their
//! RMS with the phase of their sum (of the loudest where they cancel), and its filter is applied to
//! each of them. Otherwise each channel has its own network. The switch may be thrown
//! while audio plays: the frames' overlap is the cross-fade. When it is opened the first network
//! goes on with what it remembers of the mix; the others, which have heard nothing since
//! they were last in use, start from rest. When it is closed the first one goes on with what it remembers
//! of the first channel. A waveform model always has a network a channel, and the switch
//! means nothing to it.

mod clean;
mod error;
mod filter;
mod link;
mod resampled;
mod spectral;
mod waveform;

pub use error::EnhancerError;

use crate::contract::{Contract, Kind};
use crate::network::{Network, NetworkError};
use clean::{Delay, Rest, clean};
use resampled::Resampled;
use spectral::Spectral;
use waveform::Waveform;

/// Splits 1..n channels into voice and aligned input, a hop at a time.
pub struct Enhancer {
    hop: usize,
    latency: usize,
    channels: usize,
    /// Hops that are run at once, at most.
    batch: usize,
    core: Core,
    /// One a channel.
    delays: Vec<Delay>,
    rest: Rest,
    /// The cleaned input of the hops that are run at once, planar.
    input: Vec<f32>,
    /// Which of those hops the network rests through.
    idle: Vec<bool>,
    faults: u64,
}

/// What [`Enhancer::process`] writes: planar, channel after channel, as long as its input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// The voice.
    pub voice: Vec<f32>,
    /// The input, cleaned and as late as the voice; the background is `dry - voice`.
    pub dry: Vec<f32>,
}

/// The hops that are run at once, and where their voice goes.
struct Run<'a> {
    /// Cleaned, planar: channel `c` begins at `c * idle.len() * hop`.
    input: &'a [f32],
    /// One a hop.
    idle: &'a [bool],
    link: bool,
    /// Planar, with `stride` samples a channel of which these hops begin at `at`.
    voice: &'a mut [f32],
    stride: usize,
    at: usize,
    /// Hops that the network failed at.
    faults: u64,
}

/// The two kinds of model, and the second one at another rate than its own.
enum Core {
    Spectral(Box<Spectral>),
    Waveform(Vec<Waveform>),
    Resampled(Vec<Resampled>),
}

impl Parts {
    /// Room for `samples` (all channels together), so that writing so many does not allocate.
    #[must_use]
    pub fn with_capacity(samples: usize) -> Self {
        Self {
            voice: Vec::with_capacity(samples),
            dry: Vec::with_capacity(samples),
        }
    }
}

impl Enhancer {
    /// Puts frames at `sample_rate` (Hz) round `networks`: one a channel, or a single one for a
    /// spectral model whose channels will always be linked.
    ///
    /// # Errors
    /// When the model cannot run at this rate or the networks do not fit contract or channels.
    pub fn new(
        contract: &Contract,
        networks: Vec<Box<dyn Network>>,
        sample_rate: u32,
        channels: usize,
    ) -> Result<Self, EnhancerError> {
        let (hop, latency) = latency_of(contract, sample_rate)?;
        check_networks(&contract.kind, &networks, channels)?;
        let core = Core::new(contract, networks, sample_rate, channels)?;
        Ok(Self {
            hop,
            latency,
            channels,
            batch: 1,
            rest: Rest::after((sample_rate as usize).max(core.memory()).div_ceil(hop)),
            core,
            delays: vec![Delay::new(latency); channels],
            input: vec![0.0; channels * hop],
            idle: vec![false; 1],
            faults: 0,
        })
    }

    /// Lets the network run up to `hops` hops at once (1 at the start), which is faster for files
    /// and needs memory. The results are the same bits.
    #[must_use]
    pub fn with_batch(mut self, hops: usize) -> Self {
        self.batch = hops.max(1);
        self.input = vec![0.0; self.channels * self.hop * self.batch];
        self.idle = vec![false; self.batch];
        if let Core::Spectral(spectral) = &mut self.core {
            spectral.make_room(self.batch);
        }
        self
    }

    /// Samples a channel in one hop at this rate.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// Samples from input to output. A stream adds one hop for collecting.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.latency
    }

    /// Channels of input and parts.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Hops that a network failed at (not finite, or an error) since [`Enhancer::new`], channels
    /// that are not linked counted each.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// Takes `channels` times `n * hop` samples, planar (channel after channel), for any whole
    /// `n >= 1`, and writes as many into `parts`. `link`: one decision for all channels.
    ///
    /// # Errors
    /// When the length does not fit or the channels can only be linked; nothing has happened then.
    /// When the network refuses: `parts` is whole, with the aligned input as the voice of those
    /// hops, and one may go on.
    pub fn process(
        &mut self,
        input: &[f32],
        link: bool,
        parts: &mut Parts,
    ) -> Result<(), EnhancerError> {
        let stride = input.len() / self.channels;
        if input.is_empty() || !input.len().is_multiple_of(self.channels * self.hop) {
            return Err(EnhancerError::Length {
                received: input.len(),
                channels: self.channels,
                hop: self.hop,
            });
        }
        if !link && self.core.only_linked(self.channels) {
            return Err(EnhancerError::OnlyLinked {
                channels: self.channels,
            });
        }
        parts.voice.resize(input.len(), 0.0);
        parts.dry.resize(input.len(), 0.0);
        let mut failed = None;
        for at in (0..stride).step_by(self.batch * self.hop) {
            let hops = self.batch.min((stride - at) / self.hop);
            self.take(input, stride, at, hops, &mut parts.dry);
            let mut run = Run {
                input: &self.input[..self.channels * hops * self.hop],
                idle: &self.idle[..hops],
                link,
                voice: &mut parts.voice,
                stride,
                at,
                faults: 0,
            };
            if let Err(error) = self.core.run(&mut run) {
                failed.get_or_insert(error);
            }
            self.faults += run.faults;
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Cleans `hops` hops into `self.input`, writes the aligned input and marks idle hops.
    fn take(&mut self, input: &[f32], stride: usize, at: usize, hops: usize, dry: &mut [f32]) {
        let length = hops * self.hop;
        let places = self
            .input
            .chunks_exact_mut(length)
            .zip(&mut self.delays)
            .enumerate();
        for (channel, (cleaned, delay)) in places.take(self.channels) {
            let from = channel * stride + at;
            clean(&input[from..from + length], cleaned);
            delay.pass(cleaned, &mut dry[from..from + length]);
        }
        for (hop, idle) in self.idle[..hops].iter_mut().enumerate() {
            let silent = self.input[..self.channels * length]
                .chunks_exact(length)
                .all(|channel| is_silent(&channel[hop * self.hop..(hop + 1) * self.hop]));
            *idle = self.rest.idle(silent);
        }
    }

    /// How the voice of `channel` would go on and fade if no further hop came: `latency` samples
    /// for a model at its own rate, about as many otherwise; always as many for the same
    /// enhancer. Empty for a channel that does not exist.
    #[must_use]
    pub fn tail(&self, channel: usize) -> &[f32] {
        match &self.core {
            Core::Spectral(spectral) => spectral.tail(channel),
            Core::Waveform(cores) => cores.get(channel).map_or(&[], Waveform::tail),
            Core::Resampled(cores) => cores.get(channel).map_or(&[], Resampled::tail),
        }
    }

    /// Back to silence and rest, networks included; [`Enhancer::faults`] counts on.
    pub fn reset(&mut self) {
        self.delays.iter_mut().for_each(Delay::reset);
        self.rest.reset();
        match &mut self.core {
            Core::Spectral(spectral) => spectral.reset(),
            Core::Waveform(cores) => cores.iter_mut().for_each(Waveform::reset),
            Core::Resampled(cores) => cores.iter_mut().for_each(Resampled::reset),
        }
    }
}

impl Core {
    fn new(
        contract: &Contract,
        networks: Vec<Box<dyn Network>>,
        sample_rate: u32,
        channels: usize,
    ) -> Result<Self, EnhancerError> {
        Ok(match contract.kind {
            Kind::Spectral { frames, bins, taps } => {
                let sizes = frames.sizes(sample_rate)?;
                Self::Spectral(Box::new(Spectral::new(
                    sizes, bins, taps, networks, channels,
                )))
            }
            Kind::Waveform {
                sample_rate: own,
                window,
                hop,
            } => {
                let cores = networks
                    .into_iter()
                    .map(|network| Waveform::new(window, hop, network));
                if own == sample_rate {
                    Self::Waveform(cores.collect())
                } else {
                    let plan = resampled::Plan::new(sample_rate, own, window, hop);
                    Self::Resampled(
                        cores
                            .map(|core| Resampled::new(plan, core))
                            .collect::<Result<_, _>>()?,
                    )
                }
            }
        })
    }

    /// Samples after which nothing of the input is left in frames and filters.
    fn memory(&self) -> usize {
        match self {
            Self::Spectral(spectral) => spectral.memory(),
            Self::Waveform(cores) => cores.iter().map(Waveform::memory).max().unwrap_or(0),
            Self::Resampled(cores) => cores.iter().map(Resampled::memory).max().unwrap_or(0),
        }
    }

    fn only_linked(&self, channels: usize) -> bool {
        matches!(self, Self::Spectral(spectral) if spectral.networks() < channels)
    }

    /// The first error of the networks, after every hop has its voice.
    fn run(&mut self, run: &mut Run<'_>) -> Result<(), NetworkError> {
        match self {
            Self::Spectral(spectral) => spectral.run(run),
            Self::Waveform(cores) => each_channel(cores, run, |core, hop, idle, voice| {
                core.hop(hop, idle, voice)
            }),
            Self::Resampled(cores) => each_channel(cores, run, |core, hop, idle, voice| {
                core.hop(hop, idle, voice)
            }),
        }
    }
}

/// Runs channel after channel, hop after hop, through cores that know nothing of each other.
/// `step` adds up faults and keeps on after an error, of which the first is given back.
fn each_channel<C>(
    cores: &mut [C],
    run: &mut Run<'_>,
    step: impl Fn(&mut C, &[f32], bool, &mut [f32]) -> Outcome,
) -> Result<(), NetworkError> {
    let length = run.input.len() / cores.len();
    let hop = length / run.idle.len();
    let mut failed = None;
    for (channel, core) in cores.iter_mut().enumerate() {
        let input = run.input[channel * length..][..length].chunks_exact(hop);
        let voice = run.voice[channel * run.stride + run.at..][..length].chunks_exact_mut(hop);
        for ((input, voice), &idle) in input.zip(voice).zip(run.idle) {
            let outcome = step(core, input, idle, voice);
            run.faults += outcome.faults;
            failed = failed.or(outcome.error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What became of a hop of one channel; its voice is whole either way.
#[derive(Default)]
struct Outcome {
    faults: u64,
    error: Option<NetworkError>,
}

/// Whether every sample is zero.
fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|&x| x == 0.0)
}

/// Largest magnitude that may pass from a network into a sum: far above any sound, far enough below
/// the largest `f32` that transforms of it stay finite.
const BOUND: f32 = 1e12;

/// Whether every value is finite and no larger than [`BOUND`].
fn is_bounded(values: &[f32]) -> bool {
    // Not `all`: without the early end the loop runs in vectors.
    values
        .iter()
        .fold(true, |good, x| good & (x.abs() <= BOUND))
}

/// Hop and latency in samples that an [`Enhancer`] of this contract has at `sample_rate` (Hz).
/// Needs no network: a pure function.
///
/// # Errors
/// When the model cannot run at this rate.
pub fn latency_of(contract: &Contract, sample_rate: u32) -> Result<(usize, usize), EnhancerError> {
    match contract.kind {
        Kind::Spectral { frames, .. } => {
            let sizes = frames.sizes(sample_rate)?;
            Ok((sizes.hop, sizes.latency()))
        }
        Kind::Waveform {
            sample_rate: own,
            window,
            hop,
        } => {
            waveform::check(own, window, hop)?;
            crate::frames::check_rate(sample_rate)?;
            if own == sample_rate {
                return Ok((hop, window - hop));
            }
            let plan = resampled::Plan::new(sample_rate, own, window, hop);
            Ok((plan.hop(), plan.latency()))
        }
    }
}

/// Refuses networks of another number or shape than contract and channels ask for.
fn check_networks(
    kind: &Kind,
    networks: &[Box<dyn Network>],
    channels: usize,
) -> Result<(), EnhancerError> {
    if channels == 0 {
        return Err(EnhancerError::NoChannels);
    }
    let one_for_all = matches!(kind, Kind::Spectral { .. }) && networks.len() == 1;
    if networks.len() != channels && !one_for_all {
        return Err(EnhancerError::Networks {
            channels,
            received: networks.len(),
        });
    }
    let (input, output) = match *kind {
        Kind::Spectral { bins, taps, .. } => (2 * bins, taps * 2 * bins),
        Kind::Waveform { window, .. } => (window, window),
    };
    for network in networks {
        let sides = [
            ("input", input, network.input_len()),
            ("output", output, network.output_len()),
        ];
        for (what, expected, received) in sides {
            if expected != received || expected == 0 {
                return Err(EnhancerError::Shape {
                    what,
                    expected,
                    received,
                });
            }
        }
    }
    Ok(())
}
