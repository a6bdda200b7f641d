//! How much of the time that a hop lasts is spent on computing it.

use std::time::Duration;

/// Time over which the mean forgets, in seconds.
const MEMORY: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Load {
    hop_seconds: f64,
    mean: f64,
    peak: f64,
}

impl Load {
    pub(super) fn new(sample_rate: u32, hop: usize) -> Self {
        Self {
            hop_seconds: hop as f64 / f64::from(sample_rate),
            mean: 0.0,
            peak: 0.0,
        }
    }

    pub(super) fn add(&mut self, computing: Duration) {
        let load = computing.as_secs_f64() / self.hop_seconds;
        let weight = (self.hop_seconds / MEMORY).min(1.0);
        self.mean += weight * (load - self.mean);
        self.peak = self.peak.max(load);
    }

    pub(super) fn mean(&self) -> f32 {
        self.mean as f32
    }

    pub(super) fn peak(&self) -> f32 {
        self.peak as f32
    }
}
