//! Levels over time and frequency.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Length of a frame in seconds: short enough for consonants, long enough for harmonics.
const FRAME_SECONDS: f64 = 0.040;
/// Points of the transform a sample of the frame: smooth between the bins.
const PADDING: usize = 4;

/// Levels in dB of a full-scale sine: column after column, each with the level at every frequency.
#[derive(Debug, Clone, Default)]
pub struct Spectrogram {
    /// Columns in time.
    pub columns: Vec<Vec<f64>>,
}

/// Makes the levels of one moment after the other.
pub struct Analyser {
    transform: Arc<dyn RealToComplex<f64>>,
    window: Vec<f64>,
    full_scale: f64,
    /// Places of the frequencies on the axis of bins.
    places: Vec<f64>,
    buffer: Vec<f64>,
    bins: Vec<Complex<f64>>,
}

impl Analyser {
    /// For sound of `rate` (Hz), at `frequencies` (Hz).
    #[must_use]
    pub fn new(rate: u32, frequencies: &[f64]) -> Self {
        let rate = f64::from(rate);
        let frame = ((FRAME_SECONDS * rate) as usize).max(1);
        let length = (frame * PADDING).next_power_of_two();
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let window: Vec<f64> = (0..frame)
            .map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * (n as f64 + 0.5) / frame as f64).cos())
            .collect();
        Self {
            full_scale: window.iter().sum::<f64>() / 2.0,
            window,
            places: frequencies
                .iter()
                .map(|hertz| hertz / rate * length as f64)
                .collect(),
            buffer: transform.make_input_vec(),
            bins: transform.make_output_vec(),
            transform,
        }
    }

    /// Samples that a moment needs: half of them ahead of it.
    #[must_use]
    pub fn frame(&self) -> usize {
        self.window.len()
    }

    /// Levels of the moment in the middle of `frame`; what it lacks at its end is silence.
    pub fn levels(&mut self, frame: impl Iterator<Item = f64>) -> Vec<f64> {
        self.buffer.fill(0.0);
        for ((slot, weight), sample) in self.buffer.iter_mut().zip(&self.window).zip(frame) {
            *slot = sample * weight;
        }
        let done = self.transform.process(&mut self.buffer, &mut self.bins);
        // The lengths are those that the transform made itself.
        if done.is_err() {
            self.bins.fill(Complex::default());
        }
        let level = |place: &f64| level_at(&self.bins, *place, self.full_scale);
        self.places.iter().map(level).collect()
    }
}

impl Spectrogram {
    /// `columns` moments spread over `samples` of `rate` (Hz), at `frequencies` (Hz).
    #[must_use]
    pub fn of(samples: &[f64], rate: u32, columns: usize, frequencies: &[f64]) -> Self {
        let mut analyser = Analyser::new(rate, frequencies);
        let half = analyser.frame() as isize / 2;
        let column = |index: usize| {
            let middle = (index as f64 + 0.5) / columns as f64 * samples.len() as f64;
            let start = middle as isize - half;
            let frame = (start..start + 2 * half + 1).map(|at| {
                let at = usize::try_from(at).ok();
                *at.and_then(|at| samples.get(at)).unwrap_or(&0.0)
            });
            analyser.levels(frame)
        };
        Self {
            columns: (0..columns).map(column).collect(),
        }
    }
}

/// Between two bins, the power is a straight line.
fn level_at(bins: &[Complex<f64>], position: f64, full_scale: f64) -> f64 {
    let below = position as usize;
    let power = |bin: usize| bins.get(bin).map_or(0.0, Complex::norm_sqr);
    let part = position - below as f64;
    let power = power(below) * (1.0 - part) + power(below + 1) * part;
    10.0 * (power / (full_scale * full_scale)).max(1e-20).log10()
}
