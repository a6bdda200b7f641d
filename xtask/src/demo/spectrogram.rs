//! Levels over time and frequency.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::sound::Sound;

/// Length of a frame in seconds: short enough for consonants, long enough for harmonics.
const FRAME_SECONDS: f64 = 0.040;
/// Points of the transform a sample of the frame: smooth between the bins.
const PADDING: usize = 4;

/// Levels in dB of full-scale sine, for columns of time and rows of frequency.
pub struct Spectrogram {
    /// Column after column, each with the level at the frequencies asked for.
    pub columns: Vec<Vec<f64>>,
}

impl Spectrogram {
    /// `columns` frames spread over `seconds` from the start, at `frequencies` (Hz, rising).
    pub fn of(sound: &Sound, columns: usize, seconds: f64, frequencies: &[f64]) -> Self {
        let rate = f64::from(sound.rate);
        let frame = (FRAME_SECONDS * rate) as usize;
        let length = (frame * PADDING).next_power_of_two();
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let window: Vec<f64> = (0..frame)
            .map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * (n as f64 + 0.5) / frame as f64).cos())
            .collect();
        let full_scale = window.iter().sum::<f64>() / 2.0;
        let mut buffer = transform.make_input_vec();
        let mut bins = transform.make_output_vec();
        let column = |index: usize| {
            let middle = (index as f64 + 0.5) / columns as f64 * seconds * rate;
            let start = middle as isize - frame as isize / 2;
            buffer.fill(0.0);
            for (n, weight) in window.iter().enumerate() {
                let at = usize::try_from(start + n as isize).ok();
                buffer[n] = at.and_then(|at| sound.samples.get(at)).unwrap_or(&0.0) * weight;
            }
            // The lengths are those that the transform made itself.
            if transform.process(&mut buffer, &mut bins).is_err() {
                bins.fill(Complex::default());
            }
            let level = |hertz: &f64| level_at(&bins, hertz / rate * length as f64, full_scale);
            frequencies.iter().map(level).collect()
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
