//! What a model file must say of itself, and the check that it does.
//!
//! A model is an `.onnx` whose metadata (`metadata_props`) says all that the engine needs; whatever
//! keeps this contract runs, whoever trained it. Keys begin with `limpid.`:
//!
//! | key | value |
//! |---|---|
//! | `contract` | `1` |
//! | `kind` | `spectral` or `waveform` |
//! | `name`, `version`, `licence` | one line each |
//! | `description` | a sentence or a few |
//! | `window_ms`, `hop_ms`, `synthesis_ms`, `bins` | spectral only |
//! | `sample_rate`, `window`, `hop` | waveform only; Hz and samples |
//!
//! Tensors are float32. **Spectral**: input `spectrum` `[hops, 2, bins]` (real, imaginary), output
//! `filter` `[hops, K, 2, bins]`; `hops` is 1, or dynamic under exactly that name. **Waveform**:
//! input `frame` and output `frame_out`, both `[1, 1, window]`. **States**: each input `state.NAME`
//! has an output `next.NAME` of the same static shape, is zero at the start, and nothing else may be
//! asked for. Outputs that are not named here are not computed.
//!
//! Nothing here touches the runtime: [`ModelFacts`] is what somebody read out of a file.

mod error;
mod examine;
mod facts;
mod metadata;
mod tensors;

use crate::frames::FrameSpec;

pub use error::ContractError;
pub use examine::{Row, check, report};
pub use facts::{Dimension, ElementType, ModelFacts, TensorFact};

/// The contract that this engine reads: the value of `limpid.contract`.
pub const CONTRACT_VERSION: u32 = 1;

/// Name of the axis that a spectral model may leave dynamic.
pub const HOPS_AXIS: &str = "hops";

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

impl Kind {
    /// Name of the input that is not a state.
    #[must_use]
    pub fn input_name(&self) -> &'static str {
        match self {
            Self::Spectral { .. } => "spectrum",
            Self::Waveform { .. } => "frame",
        }
    }

    /// Name of the output that is not a state.
    #[must_use]
    pub fn output_name(&self) -> &'static str {
        match self {
            Self::Spectral { .. } => "filter",
            Self::Waveform { .. } => "frame_out",
        }
    }

    /// Shape of the input of `hops` hops.
    #[must_use]
    pub fn input_shape(&self, hops: usize) -> Vec<usize> {
        match *self {
            Self::Spectral { bins, .. } => vec![hops, 2, bins],
            Self::Waveform { window, .. } => vec![hops, 1, window],
        }
    }

    /// Shape of the output of `hops` hops.
    #[must_use]
    pub fn output_shape(&self, hops: usize) -> Vec<usize> {
        match *self {
            Self::Spectral { bins, taps, .. } => vec![hops, taps, 2, bins],
            Self::Waveform { window, .. } => vec![hops, 1, window],
        }
    }

    /// Values of one hop's input.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.input_shape(1).iter().product()
    }

    /// Values of one hop's output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.output_shape(1).iter().product()
    }

    /// Time from one hop to the next, in seconds: what one step may cost at most in real time.
    #[must_use]
    pub fn hop_seconds(&self) -> f64 {
        match *self {
            Self::Spectral { frames, .. } => frames.hop_ms / 1000.0,
            Self::Waveform {
                sample_rate, hop, ..
            } => hop as f64 / f64::from(sample_rate),
        }
    }
}

impl StateShape {
    /// Values that the state holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none; a checked contract has no such state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
