//! Hops in; voice and aligned input out.
//!
//! An [`Enhancer`] puts frames round a [`Network`], for one channel or many, and promises:
//!
//! - **Latency** is [`Enhancer::latency`] samples, for the voice and for the aligned input. It is a
//!   pure function of contract and rate: [`latency_of`].
//! - **Cleaned input.** What is not finite, or more than 300 dB under full scale, is taken as silence;
//!   what is more than 120 dB over full scale is cut there. The aligned input is that, later, bit
//!   for bit.
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
mod fit;
mod kinds;
mod link;
mod resampled;
mod spectral;
mod waveform;

pub use error::EnhancerError;
pub use fit::latency_of;

use crate::contract::Contract;
use crate::network::Network;
use clean::{Delay, Rest, clean, is_silent};
use fit::check_networks;
use kinds::{Core, Run};

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
    /// Whether it rested through the last hop.
    resting: bool,
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
            resting: false,
            faults: 0,
        })
    }

    /// Lets the network run up to `hops` hops at once (1 at the start), which is faster for files
    /// and needs memory. The results are the same bits. To be called before the first hop.
    #[must_use]
    pub fn with_batch(mut self, hops: usize) -> Self {
        self.batch = hops.max(1);
        self.input = vec![0.0; self.channels * self.hop * self.batch];
        self.idle = vec![false; self.batch];
        self.core.make_room(self.batch);
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
            self.resting = *idle;
        }
    }

    /// Whether the last hop was one that the network rested through, so that further silence is no work
    /// and gives zeros.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.resting
    }

    /// How the voice of `channel` would go on and fade if no further hop came: `latency` samples
    /// for a model at its own rate, about as many otherwise; always as many for the same
    /// enhancer. Empty for a channel that does not exist.
    #[must_use]
    pub fn tail(&self, channel: usize) -> &[f32] {
        self.core.tail(channel)
    }

    /// Back to silence and rest, networks included; [`Enhancer::faults`] counts on.
    pub fn reset(&mut self) {
        self.delays.iter_mut().for_each(Delay::reset);
        self.rest.reset();
        self.resting = false;
        self.core.reset();
    }
}
