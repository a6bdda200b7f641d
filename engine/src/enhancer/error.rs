//! Why an enhancer cannot be made or cannot go on.

use crate::frames::FrameError;
use crate::network::NetworkError;

/// Why an enhancer cannot be made or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnhancerError {
    /// The model's frames do not exist, or not at this rate.
    #[error(transparent)]
    Frames(#[from] FrameError),
    /// Windows of a waveform model that do not add up.
    #[error(
        "a window of {window} samples every {hop} samples does not add up: \
         it must be at least two hops, and a whole number of them"
    )]
    Window {
        /// Samples in a window.
        window: usize,
        /// Samples from one window to the next.
        hop: usize,
    },
    /// Zero channels.
    #[error("there is no channel to enhance: at least one is needed")]
    NoChannels,
    /// The number of networks fits neither one a channel nor, for a spectral model, one for all.
    #[error(
        "{received} networks were handed in for {channels} channels: \
         one a channel is needed (a spectral model that is always linked needs only one)"
    )]
    Networks {
        /// Channels.
        channels: usize,
        /// Networks handed in.
        received: usize,
    },
    /// A network of another shape than the contract says.
    #[error(
        "the network's {what} has {received} values a hop where the contract asks for {expected}"
    )]
    Shape {
        /// `input` or `output`.
        what: &'static str,
        /// Values by the contract.
        expected: usize,
        /// Values of the network.
        received: usize,
    },
    /// The input is not a whole number of hops.
    #[error(
        "{received} samples are not a whole number of hops: \
         a hop is {hop} samples on each of {channels} channels"
    )]
    Length {
        /// Samples handed in, all channels together.
        received: usize,
        /// Channels.
        channels: usize,
        /// Samples a channel in a hop.
        hop: usize,
    },
    /// Channels that are not linked, on a single network.
    #[error(
        "the {channels} channels can only be linked: \
         to treat each for itself the enhancer must be made with as many networks"
    )]
    OnlyLinked {
        /// Channels.
        channels: usize,
    },
    /// The resampler round a waveform model could not be made.
    #[error(
        "no resampler between {host} and {model} Hz: {reason}; use a model made for another rate"
    )]
    Resampler {
        /// Rate of the audio in Hz.
        host: u32,
        /// Rate of the model in Hz.
        model: u32,
        /// In the words of the resampler.
        reason: String,
    },
    /// The network refused.
    #[error(transparent)]
    Network(#[from] NetworkError),
}
