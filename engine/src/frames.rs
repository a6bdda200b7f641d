//! Analysis and synthesis: skeleton.

/// Durations that a spectral model was made for, in milliseconds. The same at every sample rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameSpec {
    /// Length of the analysis window.
    pub window_ms: f64,
    /// Advance from one frame to the next.
    pub hop_ms: f64,
    /// Length of the synthesis window, at most `window_ms`.
    pub synthesis_ms: f64,
}
