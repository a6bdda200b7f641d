//! Signals that a model is tried on: the same on every machine and every run.

use crate::contract::Kind;

/// What a model is tried on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    /// Zeros, where a network that divides by a level shows itself.
    Silence,
    /// Noise at about the level of speech.
    Noise,
}

impl Signal {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Noise => "noise",
        }
    }
}

/// The inputs of `count` hops, one after the other.
pub(super) fn hops(kind: &Kind, signal: Signal, count: usize) -> Vec<f32> {
    let len = kind.input_len() * count;
    match signal {
        Signal::Silence => vec![0.0; len],
        Signal::Noise => {
            // A full-scale sine reads 0.5 in its bin, noise is spread over all of them.
            let scale = match kind {
                Kind::Spectral { .. } => 0.01,
                Kind::Waveform { .. } => 0.1,
            };
            noise(len, scale)
        }
    }
}

/// Uniform between `-scale` and `scale`: xorshift (Marsaglia, 2003) with a fixed seed.
fn noise(len: usize, scale: f32) -> Vec<f32> {
    let mut x = 0x2545_f491_u32;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        // The upper 24 bits, which a float holds exactly.
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| scale * next()).collect()
}
