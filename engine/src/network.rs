//! One stream of a model: its memory, a step.
//!
//! [`Model::load`] reads a file, checks it against the [contract](crate::contract), runs it once on
//! silence and on noise and times it. [`Model::open_stream`] gives a [`Stream`]: a [`Network`] with
//! states of its own, so that any number of streams run side by side. The sessions, with the weights in
//! them, belong to the model: there are as many as there are cores, and a stream takes one for a hop.
//! Sessions use the calling thread alone. A step allocates inside the runtime, some tens to hundreds of
//! small blocks that it frees again, and may wait for a session: it belongs on a worker thread, never
//! on an audio thread.
//!
//! `ort` is named in here and in [`runtime`](crate::runtime), nowhere else.

mod cost;
mod lane;
mod model;
mod model_error;
mod outside;
mod pool;
mod probe;
mod session;
mod stream;

pub use cost::Cost;
pub use model::{MAX_BATCH, MAX_MODEL_BYTES, Model};
pub use model_error::ModelError;
pub use stream::{Batching, Stream};

/// A network with memory: what it gives depends on what it was given since the last reset.
///
/// The real one is [`Stream`]; tests put networks here that count, sleep or fail.
pub trait Network: Send {
    /// Values of one hop's input: `2 * bins` (all real parts, then all imaginary parts), or `window` samples.
    fn input_len(&self) -> usize;
    /// Values of one hop's output: `taps * 2 * bins`, or `window` samples.
    fn output_len(&self) -> usize;
    /// Advances by `input.len() / input_len()` hops; any whole number from 1 up. Several hops at once give
    /// the same bits as one after the other.
    ///
    /// # Errors
    /// When the lengths do not fit or the runtime refuses; the states then are as before the call.
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError>;
    /// Back to the states of the start (zeros).
    fn reset(&mut self);
}

/// Why a network gave nothing. What is in the output then means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The input is empty or not a whole number of hops.
    #[error(
        "the network got {received} values; it takes {one_hop} for each hop, and one hop at least"
    )]
    InputLength {
        /// Values of one hop.
        one_hop: usize,
        /// Values that came.
        received: usize,
    },
    /// The output does not have room for exactly the hops of the input.
    #[error("the network got room for {received} values; these hops give {expected}")]
    OutputLength {
        /// Values that the hops give.
        expected: usize,
        /// Room that there was.
        received: usize,
    },
    /// The network gave, or would have remembered, a number that is none (NaN or infinite).
    #[error(
        "the network's {tensor} holds a number that is not finite; its input was out of range, or the model is broken"
    )]
    NotFinite {
        /// The input, output or state where it was found.
        tensor: String,
    },
    /// The runtime did not run the network.
    #[error("ONNX Runtime did not run the network: {0}")]
    Refused(String),
}
