//! What a bridge tells of itself, in atomics.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// How the bridge is doing, for anybody.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Age and delay of the resampler, in microseconds; 0 before the first frame.
    pub(super) latency: AtomicU64,
    /// What the steering adds to the input's rate, in parts per billion.
    pub(super) correction: AtomicI64,
    pub(super) underruns: AtomicU64,
    pub(super) corrections: AtomicU64,
    pub(super) lost: AtomicU64,
}

impl Gauge {
    /// From a frame delivered to the same frame taken out, smoothed; `None` before there was any.
    pub fn latency(&self) -> Option<Duration> {
        let micros = self.latency.load(Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    /// How much faster the input runs than the output says it should, in parts per million.
    pub fn drift_ppm(&self) -> f64 {
        self.correction.load(Ordering::Relaxed) as f64 / 1000.0
    }

    /// Times that the ring was empty when a frame was due.
    pub fn underruns(&self) -> u64 {
        self.underruns.load(Ordering::Relaxed)
    }

    /// Times that the age was set right by a cross-fade.
    pub fn set_right(&self) -> u64 {
        self.corrections.load(Ordering::Relaxed)
    }

    /// Frames that found no room, as the output stood still.
    #[cfg(test)]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
