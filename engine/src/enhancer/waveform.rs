//! Models that give samples for samples, at their own rate.

use super::EnhancerError;
use super::clean::is_silent;
use super::kinds::{Outcome, is_bounded};
use crate::network::{Network, NetworkError};
use std::f64::consts::TAU;

/// One channel: the newest window of samples goes through the network every hop, and what comes out
/// is overlap-added with a periodic Hann window of `2 * hop / window`.
pub(super) struct Waveform {
    hop: usize,
    network: Box<dyn Network>,
    /// `window` values.
    hann: Vec<f32>,
    /// The newest `window` samples, oldest first.
    newest: Vec<f32>,
    frame_out: Vec<f32>,
    /// What the frames so far give to the next `window` samples.
    overlap: Vec<f32>,
}

/// Refuses windows whose overlap would not add up, and rates that no frame exists for.
pub(super) fn check(sample_rate: u32, window: usize, hop: usize) -> Result<(), EnhancerError> {
    crate::frames::check_rate(sample_rate)?;
    if hop == 0 || window < 2 * hop || !window.is_multiple_of(hop) {
        return Err(EnhancerError::Window { window, hop });
    }
    Ok(())
}

impl Waveform {
    /// `window` and `hop` must have passed [`check`].
    pub(super) fn new(window: usize, hop: usize, network: Box<dyn Network>) -> Self {
        let scale = 2.0 * hop as f64 / window as f64;
        let hann = |n| scale * (0.5 - 0.5 * (TAU * n as f64 / window as f64).cos());
        Self {
            hop,
            network,
            hann: (0..window).map(|n| hann(n) as f32).collect(),
            newest: vec![0.0; window],
            frame_out: vec![0.0; window],
            overlap: vec![0.0; window],
        }
    }

    /// Takes the next `hop` samples and writes as many of the voice, `window - hop` later. A silent
    /// window gives silence whatever the network says; when `rest` allows it, it is not even asked.
    pub(super) fn hop(&mut self, input: &[f32], rest: bool, voice: &mut [f32]) -> Outcome {
        let window = self.newest.len();
        self.newest.copy_within(self.hop.., 0);
        self.newest[window - self.hop..].copy_from_slice(input);
        let silent = is_silent(&self.newest);
        let mut outcome = Outcome::default();
        if !(silent && rest) {
            let done = self.network.step(&self.newest, &mut self.frame_out);
            if done.is_err() || !is_bounded(&self.frame_out) {
                outcome.faults = 1;
                self.network.reset();
                self.frame_out.copy_from_slice(&self.newest);
            }
            // A number that is none is a fault like any other, whoever found it.
            outcome.error = done
                .err()
                .filter(|e| !matches!(e, NetworkError::NotFinite { .. }));
        }
        if !silent {
            for ((sum, y), w) in self.overlap.iter_mut().zip(&self.frame_out).zip(&self.hann) {
                *sum += y * w;
            }
        }
        voice.copy_from_slice(&self.overlap[..self.hop]);
        self.overlap.copy_within(self.hop.., 0);
        self.overlap[window - self.hop..].fill(0.0);
        outcome
    }

    /// Samples from one window to the next.
    pub(super) fn hop_len(&self) -> usize {
        self.hop
    }

    pub(super) fn memory(&self) -> usize {
        2 * self.newest.len()
    }

    pub(super) fn tail(&self) -> &[f32] {
        &self.overlap[..self.newest.len() - self.hop]
    }

    pub(super) fn reset(&mut self) {
        self.network.reset();
        self.newest.fill(0.0);
        self.overlap.fill(0.0);
    }
}
