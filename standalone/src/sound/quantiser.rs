//! Rounding to the depth of the output.

use std::ops::Range;

use super::Form;
use crate::wav::Samples;

/// Rounds samples to what a depth can store, so that what is written is known before it is written.
///
/// Where the depth shrinks, noise with a triangular distribution of two steps' width is added first
/// (TPDF dither: Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither", JAES 40, 1992), which
/// turns distortion into a steady, faint hiss. Exact zeros stay zeros, so silence stays silent. The noise is
/// the same each time, and another for each channel.
#[derive(Debug)]
pub struct Quantiser {
    samples: Samples,
    /// A generator's state for each channel; none: no dither.
    noise: Vec<u64>,
    clipped: u64,
}

impl Quantiser {
    /// To samples stored as `stored`, of a sound that came as `from` and is written in the rate and the
    /// channels of `to`. What was converted to those is finer than it came, whatever it came as.
    pub fn new(from: &Form, to: &Form, stored: Samples) -> Self {
        let is_converted = (from.rate, from.channels) != (to.rate, to.channels);
        let came = if is_converted {
            Samples::wide()
        } else {
            from.samples
        };
        let noise = if stored.is_coarser_than(came) {
            (1..=to.channels as u64)
                .map(|channel| channel.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .collect()
        } else {
            Vec::new()
        };
        Self {
            samples: stored,
            noise,
            clipped: 0,
        }
    }

    /// Rounds `frames` of `planar` (channel after channel, each `planar.len() / channels` long).
    pub fn round(&mut self, planar: &mut [f32], channels: usize, frames: Range<usize>) {
        if self.samples.is_float() {
            return;
        }
        let full = self.samples.full_scale();
        let length = planar.len() / channels;
        for (channel, plane) in planar.chunks_exact_mut(length).enumerate() {
            let mut noise = self.noise.get_mut(channel);
            for sample in &mut plane[frames.clone()] {
                let mut wanted = f64::from(*sample) * full;
                if let Some(state) = noise.as_deref_mut().filter(|_| *sample != 0.0) {
                    wanted += uniform(state) + uniform(state);
                }
                let wanted = wanted.round();
                let written = wanted.clamp(-full, full - 1.0);
                self.clipped += u64::from(written != wanted);
                *sample = (written / full) as f32;
            }
        }
    }

    /// Samples that were beyond full scale.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }
}

/// From -0.5 to 0.5 (xorshift64*, Vigna 2016).
fn uniform(state: &mut u64) -> f64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
    bits as f64 / (1u64 << 53) as f64 - 0.5
}
