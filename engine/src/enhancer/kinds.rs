//! The three ways in which hops are run.

use super::EnhancerError;
use super::resampled::{Plan, Resampled};
use super::spectral::Spectral;
use super::waveform::Waveform;
use crate::contract::{Contract, Kind};
use crate::network::{Network, NetworkError};

/// The two kinds of model, and the second one at another rate than its own.
pub(super) enum Core {
    Spectral(Box<Spectral>),
    Waveform(Vec<Waveform>),
    Resampled(Vec<Resampled>),
}

/// The hops that are run at once, and where their voice goes.
pub(super) struct Run<'a> {
    /// Cleaned, planar: channel `c` begins at `c * idle.len() * hop`.
    pub(super) input: &'a [f32],
    /// One a hop.
    pub(super) idle: &'a [bool],
    pub(super) link: bool,
    /// Planar, with `stride` samples a channel of which these hops begin at `at`.
    pub(super) voice: &'a mut [f32],
    pub(super) stride: usize,
    pub(super) at: usize,
    /// Hops that the network failed at.
    pub(super) faults: u64,
}

impl Core {
    pub(super) fn new(
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
                    let plan = Plan::new(sample_rate, own, window, hop);
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
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Spectral(spectral) => spectral.memory(),
            Self::Waveform(cores) => cores.iter().map(Waveform::memory).max().unwrap_or(0),
            Self::Resampled(cores) => cores.iter().map(Resampled::memory).max().unwrap_or(0),
        }
    }

    pub(super) fn only_linked(&self, channels: usize) -> bool {
        matches!(self, Self::Spectral(spectral) if spectral.networks() < channels)
    }

    /// For `hops` hops at once. What was heard before is forgotten.
    pub(super) fn make_room(&mut self, hops: usize) {
        // Models of waveforms take one hop after the other.
        if let Self::Spectral(spectral) = self {
            spectral.make_room(hops);
        }
    }

    pub(super) fn tail(&self, channel: usize) -> &[f32] {
        match self {
            Self::Spectral(spectral) => spectral.tail(channel),
            Self::Waveform(cores) => cores.get(channel).map_or(&[], Waveform::tail),
            Self::Resampled(cores) => cores.get(channel).map_or(&[], Resampled::tail),
        }
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Spectral(spectral) => spectral.reset(),
            Self::Waveform(cores) => cores.iter_mut().for_each(Waveform::reset),
            Self::Resampled(cores) => cores.iter_mut().for_each(Resampled::reset),
        }
    }

    /// The first error of the networks, after every hop has its voice.
    pub(super) fn run(&mut self, run: &mut Run<'_>) -> Result<(), NetworkError> {
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
pub(super) struct Outcome {
    pub(super) faults: u64,
    pub(super) error: Option<NetworkError>,
}

/// Largest magnitude that may pass from a network into a sum: far above any sound, far enough below
/// the largest `f32` that transforms of it stay finite.
const BOUND: f32 = 1e12;

/// Whether every value is finite and no larger than [`BOUND`].
pub(super) fn is_bounded(values: &[f32]) -> bool {
    // Not `all`: without the early end the loop runs in vectors.
    values
        .iter()
        .fold(true, |good, x| good & (x.abs() <= BOUND))
}
