//! How loud a file is, and how quiet where nobody speaks.

use ebur128::{EbuR128, Mode};
use serde::Serialize;

/// Levels are counted in steps of this many dB.
const STEP_DB: f64 = 0.1;
/// The quietest level that is told apart from silence, dBFS.
const LOWEST_DB: f64 = -150.0;
/// Steps from the lowest level to +50 dBFS.
const STEPS: usize = 2000;
/// A block whose level is taken: 100 ms.
const BLOCKS_A_SECOND: u32 = 10;
/// The noise floor: so much of the time it is at least this loud.
const FLOOR_PART: f64 = 0.1;

/// Measures in constant memory.
pub struct Meter {
    loudness: Option<EbuR128>,
    block: u32,
    square: f64,
    counted: u32,
    histogram: Vec<u64>,
    silent: u64,
    interleaved: Vec<f32>,
}

/// What was measured. `None` is silence, or a file too short to tell.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Levels {
    /// Integrated loudness by EBU R 128, LUFS.
    pub loudness_lufs: Option<f64>,
    /// The level (RMS of all channels over 100 ms, dBFS) that a tenth of the file is below.
    pub noise_floor_dbfs: Option<f64>,
}

impl Meter {
    /// For samples of `rate` (Hz) in `channels`.
    pub fn new(rate: u32, channels: usize) -> Self {
        let count = u32::try_from(channels).unwrap_or(u32::MAX);
        Self {
            // A rate or a number of channels that the standard does not know has no loudness.
            loudness: EbuR128::new(count, rate, Mode::I | Mode::HISTOGRAM).ok(),
            block: (rate / BLOCKS_A_SECOND).max(1),
            square: 0.0,
            counted: 0,
            histogram: vec![0; STEPS],
            silent: 0,
            interleaved: Vec::new(),
        }
    }

    /// Takes `frames` of `planar` (channel after channel).
    pub fn add(&mut self, planar: &[f32], channels: usize, frames: std::ops::Range<usize>) {
        let length = planar.len() / channels;
        self.interleaved.clear();
        for frame in frames {
            let mut square = 0.0;
            for channel in planar.chunks_exact(length) {
                self.interleaved.push(channel[frame]);
                square += f64::from(channel[frame]).powi(2);
            }
            self.square += square / channels as f64;
            self.counted += 1;
            if self.counted == self.block {
                self.end_block();
            }
        }
        if let Some(loudness) = &mut self.loudness {
            // Only a wrong number of samples is refused, and these are whole frames.
            let _ = loudness.add_frames_f32(&self.interleaved);
        }
    }

    fn end_block(&mut self) {
        let level = 10.0 * (self.square / f64::from(self.block)).log10();
        (self.square, self.counted) = (0.0, 0);
        if level > LOWEST_DB {
            let step = ((level - LOWEST_DB) / STEP_DB) as usize;
            self.histogram[step.min(STEPS - 1)] += 1;
        } else {
            self.silent += 1;
        }
    }

    /// What has been measured.
    pub fn levels(&self) -> Levels {
        let loudness = self
            .loudness
            .as_ref()
            .and_then(|l| l.loudness_global().ok());
        Levels {
            loudness_lufs: loudness.filter(|l| l.is_finite()).map(rounded),
            noise_floor_dbfs: self.floor().map(rounded),
        }
    }

    fn floor(&self) -> Option<f64> {
        let blocks = self.silent + self.histogram.iter().sum::<u64>();
        let wanted = (blocks as f64 * FLOOR_PART) as u64;
        let mut below = self.silent;
        if blocks == 0 || below > wanted {
            return None;
        }
        let step = self.histogram.iter().position(|count| {
            below += count;
            below > wanted
        })?;
        Some(LOWEST_DB + (step as f64 + 0.5) * STEP_DB)
    }
}

/// To a tenth: more is not meant.
fn rounded(db: f64) -> f64 {
    (db * 10.0).round() / 10.0
}
