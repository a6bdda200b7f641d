//! One stream of a model: skeleton.

/// A network with memory: what it gives depends on what it was given since the last reset.
///
/// The real one is `Stream`; tests put networks here that count, sleep or fail.
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

/// Why a network gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NetworkError(pub String);
