//! Hops in; voice and aligned input out.

use crate::contract::Contract;
use crate::frames::FrameError;
use crate::network::{Network, NetworkError};

/// Splits 1..n channels into voice and aligned input, a hop at a time.
pub struct Enhancer {
    hop: usize,
    latency: usize,
    channels: usize,
    tail: Vec<f32>,
    #[expect(dead_code, reason = "skeleton")]
    networks: Vec<Box<dyn Network>>,
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
    /// Networks: one a channel; a spectral model that is always linked needs only one.
    ///
    /// # Errors
    /// When the contract cannot run at this rate or the networks do not fit it.
    pub fn new(
        contract: &Contract,
        networks: Vec<Box<dyn Network>>,
        sample_rate: u32,
        channels: usize,
    ) -> Result<Self, EnhancerError> {
        let (hop, latency) = latency_of(contract, sample_rate)?;
        if channels == 0 {
            return Err(EnhancerError::NoChannels);
        }
        Ok(Self {
            hop,
            latency,
            channels,
            tail: vec![0.0; latency],
            networks,
        })
    }

    /// Lets the network run up to `hops` hops at once (1 at the start), which is faster for files
    /// and needs memory. The results are the same bits.
    #[must_use]
    pub fn with_batch(self, _hops: usize) -> Self {
        self
    }

    /// Samples a channel in one hop.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// Samples from input to output.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.latency
    }

    /// Channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Hops that the network failed at (not finite, or an error) since [`Enhancer::new`].
    #[must_use]
    pub fn faults(&self) -> u64 {
        0
    }

    /// `input` is planar, `channels` times `n * hop` samples for any whole `n >= 1`.
    ///
    /// # Errors
    /// When the length does not fit (nothing has happened then), or the network refuses (`parts` is
    /// whole then too: the voice of those hops is the aligned input).
    pub fn process(
        &mut self,
        input: &[f32],
        _link: bool,
        parts: &mut Parts,
    ) -> Result<(), EnhancerError> {
        parts.dry.clear();
        parts.dry.extend_from_slice(input);
        parts.voice.clear();
        parts.voice.extend_from_slice(input);
        Ok(())
    }

    /// How the voice of `channel` would go on and fade if no further hop came: `latency` samples
    /// for a spectral model. Empty for a channel that does not exist.
    #[must_use]
    pub fn tail(&self, channel: usize) -> &[f32] {
        if channel < self.channels {
            &self.tail
        } else {
            &[]
        }
    }

    /// Back to silence, networks included.
    pub fn reset(&mut self) {}
}

/// Hop and latency in samples that an [`Enhancer`] of this contract has at `sample_rate` (Hz).
/// Needs no network: a pure function.
///
/// # Errors
/// When the contract cannot run at this rate.
pub fn latency_of(contract: &Contract, sample_rate: u32) -> Result<(usize, usize), EnhancerError> {
    match contract.kind {
        crate::contract::Kind::Spectral { frames, .. } => {
            let sizes = frames.sizes(sample_rate)?;
            Ok((sizes.hop, sizes.latency()))
        }
        crate::contract::Kind::Waveform { window, hop, .. } => Ok((hop, window - hop)),
    }
}

/// Why an enhancer cannot be made or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EnhancerError {
    /// The model's frames do not exist at this rate.
    #[error(transparent)]
    Frames(#[from] FrameError),
    /// Zero channels.
    #[error("there is no channel to enhance: at least one is needed")]
    NoChannels,
    /// The number of networks fits neither one a channel nor one for all.
    #[error("{received} networks were handed in for {channels} channels: one a channel is needed")]
    Networks {
        /// Channels.
        channels: usize,
        /// Networks handed in.
        received: usize,
    },
    /// A network of another shape than the contract says.
    #[error("the network's {what} has {received} values a hop where the contract says {expected}")]
    Shape {
        /// Input or output.
        what: &'static str,
        /// Values by the contract.
        expected: usize,
        /// Values of the network.
        received: usize,
    },
    /// The input is not a whole number of hops.
    #[error(
        "{received} samples are not a whole number of hops of {hop} samples on {channels} channels"
    )]
    Length {
        /// Samples handed in, all channels together.
        received: usize,
        /// Channels.
        channels: usize,
        /// Samples a channel in a hop.
        hop: usize,
    },
    /// Unlinked channels on a single network.
    #[error("the channels can only be linked: there is one network for {channels} of them")]
    OnlyLinked {
        /// Channels.
        channels: usize,
    },
    /// The network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
}
