//! Sums over a sound, and the figures that come of them.

use super::Side;
use crate::level::Meter;

/// Sums so far.
pub struct Tally {
    meter: Meter,
    count: u64,
    square: f64,
    peak: f32,
    /// Products with the clean voice, and its square.
    dot: f64,
    clean: f64,
}

impl Tally {
    /// For samples of `rate` (Hz) in `channels`.
    pub fn new(rate: u32, channels: usize) -> Self {
        Self {
            meter: Meter::new(rate, channels),
            count: 0,
            square: 0.0,
            peak: 0.0,
            dot: 0.0,
            clean: 0.0,
        }
    }

    /// Takes the first `frames` of `planar`, and of the clean voice if there is one.
    pub fn add(&mut self, planar: &[f32], clean: &[f32], channels: usize, frames: usize) {
        self.meter.add(planar, channels, 0..frames);
        let length = planar.len() / channels;
        for plane in planar.chunks_exact(length) {
            for sample in &plane[..frames] {
                self.square += f64::from(*sample).powi(2);
                self.peak = self.peak.max(sample.abs());
            }
        }
        for (plane, clean) in planar.chunks_exact(length).zip(clean.chunks_exact(length)) {
            for (sample, clean) in plane[..frames].iter().zip(clean) {
                self.dot += f64::from(*sample) * f64::from(*clean);
                self.clean += f64::from(*clean).powi(2);
            }
        }
        self.count += (frames * channels) as u64;
    }

    /// The figures.
    pub fn side(&self) -> Side {
        let power = self.square / self.count as f64;
        Side {
            levels: self.meter.levels(),
            rms_dbfs: decibels(power),
            peak_dbfs: decibels(f64::from(self.peak).powi(2)),
            si_sdr_db: self.si_sdr(),
        }
    }

    fn si_sdr(&self) -> Option<f64> {
        if self.clean == 0.0 {
            return None;
        }
        let target = self.dot.powi(2) / self.clean;
        decibels(target / (self.square - target))
    }
}

/// Of a power. None for silence, and for what is perfect.
fn decibels(power: f64) -> Option<f64> {
    let db = 10.0 * power.log10();
    db.is_finite().then(|| (db * 10.0).round() / 10.0)
}
