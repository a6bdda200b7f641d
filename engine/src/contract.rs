//! What a model file must say of itself: skeleton.

use crate::frames::FrameSpec;

/// What a model is, read from its metadata and checked against its tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// Which of the two kinds, with what that kind needs to be run.
    pub kind: Kind,
    /// `limpid.name`.
    pub name: String,
    /// `limpid.version`.
    pub version: String,
    /// `limpid.licence`.
    pub licence: String,
    /// `limpid.description`.
    pub description: String,
    /// One entry a `state.NAME` input, in the file's order.
    pub states: Vec<StateShape>,
}

/// The two kinds of model.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `spectrum` in, a short complex filter a bin out.
    Spectral {
        /// Frame durations.
        frames: FrameSpec,
        /// Bins a frame, the first at 0 Hz, `1 / window_ms` kHz apart.
        bins: usize,
        /// Frames that the filter reaches: 1 is a complex mask.
        taps: usize,
    },
    /// A window of samples in, a window of samples out.
    Waveform {
        /// Hz.
        sample_rate: u32,
        /// Samples in and out of one step.
        window: usize,
        /// Samples from one window to the next; `window` is a multiple of it.
        hop: usize,
    },
}

/// A state that is carried from one step to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateShape {
    /// NAME of `state.NAME` and `next.NAME`.
    pub name: String,
    /// Static shape.
    pub shape: Vec<usize>,
}
