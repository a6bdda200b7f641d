//! Band energies of two signals, a column every few milliseconds.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::{BANDS, COLUMN_MS, Column, HIGHEST_HZ, LOWEST_HZ, Pair, SILENCE_DB};

/// Shortest window in seconds: low voices need so much to show their harmonics.
const WINDOW_SECONDS: f32 = 0.032;

pub(super) struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// The last samples of each part, all channels averaged, as a ring.
    history: Pair<Vec<f32>>,
    at: usize,
    /// Samples of zeros at the end of the history, as far as it goes.
    quiet: usize,
    /// Samples until the next column.
    wait: usize,
    step: usize,
    bands: Vec<Band>,
    frame: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    column: Column,
}

/// The bins of a band; a band narrower than a bin lies between two of them.
struct Band {
    first: usize,
    last: usize,
    /// Share of bin `first + 1` when the band lies between two bins.
    between: Option<f32>,
}

impl Spectrum {
    pub(super) fn new(sample_rate: u32) -> Self {
        let rate = sample_rate as f32;
        let length = ((rate * WINDOW_SECONDS) as usize)
            .next_power_of_two()
            .max(64);
        let transform = RealFftPlanner::new().plan_fft_forward(length);
        let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f32 / length as f32).cos();
        // A full-scale sine then reads 1: its bin holds half the sum of the window, which is
        // half the length.
        let window = (0..length).map(|n| hann(n) * 4.0 / length as f32).collect();
        let step = (sample_rate * COLUMN_MS / 1000).max(1) as usize;
        Self {
            window,
            history: Pair {
                voice: vec![0.0; length],
                background: vec![0.0; length],
            },
            at: 0,
            quiet: 0,
            wait: step,
            step,
            bands: bands(length, rate),
            frame: transform.make_input_vec(),
            bins: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            column: Pair {
                voice: [SILENCE_DB; BANDS],
                background: [SILENCE_DB; BANDS],
            },
        }
    }

    pub(super) fn hop(
        &mut self,
        channels: usize,
        voice: &[f32],
        dry: &[f32],
        mut emit: impl FnMut(&Column),
    ) {
        let hop = voice.len() / channels.max(1);
        let share = 1.0 / channels.max(1) as f32;
        if self.quiet == self.window.len() && voice.iter().chain(dry).all(|&x| x == 0.0) {
            return self.rest(hop, emit);
        }
        for i in 0..hop {
            let (mut v, mut x) = (0.0, 0.0);
            for channel in 0..channels {
                v += voice[channel * hop + i];
                x += dry[channel * hop + i];
            }
            let silent = v == 0.0 && x == 0.0;
            self.quiet = if silent {
                (self.quiet + 1).min(self.window.len())
            } else {
                0
            };
            self.history.voice[self.at] = v * share;
            self.history.background[self.at] = (x - v) * share;
            self.at = (self.at + 1) % self.window.len();
            self.wait -= 1;
            if self.wait == 0 {
                self.wait = self.step;
                self.analyse();
                emit(&self.column);
            }
        }
    }

    /// Silence after a whole history of it: the history stays as it is, and columns still come.
    fn rest(&mut self, hop: usize, mut emit: impl FnMut(&Column)) {
        let mut left = hop;
        while left >= self.wait {
            left -= self.wait;
            self.wait = self.step;
            self.analyse();
            emit(&self.column);
        }
        self.wait -= left;
    }

    fn analyse(&mut self) {
        if self.quiet == self.window.len() {
            // What a transform of zeros gives, for nothing.
            self.column.voice.fill(SILENCE_DB);
            self.column.background.fill(SILENCE_DB);
            return;
        }
        let parts = [
            (&self.history.voice, &mut self.column.voice),
            (&self.history.background, &mut self.column.background),
        ];
        for (history, energies) in parts {
            let (newer, older) = history.split_at(self.at);
            let samples = older.iter().chain(newer);
            for ((y, x), w) in self.frame.iter_mut().zip(samples).zip(&self.window) {
                *y = x * w;
            }
            let outcome = self.transform.process_with_scratch(
                &mut self.frame,
                &mut self.bins,
                &mut self.scratch,
            );
            debug_assert!(outcome.is_ok(), "the lengths are the planner's own");
            for (energy, band) in energies.iter_mut().zip(&self.bands) {
                *energy = decibels(band.power(&self.bins));
            }
        }
    }
}

impl Band {
    /// The strongest bin, so that a sine reads alike in wide and in narrow bands.
    fn power(&self, bins: &[Complex<f32>]) -> f32 {
        let power = |k: usize| bins.get(k).map_or(0.0, Complex::norm_sqr);
        match self.between {
            Some(share) => power(self.first) * (1.0 - share) + power(self.first + 1) * share,
            None => (self.first..=self.last).map(power).fold(0.0, f32::max),
        }
    }
}

fn bands(length: usize, rate: f32) -> Vec<Band> {
    let edge = |b: f32| LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(b / BANDS as f32);
    let bin = |hz: f32| hz * length as f32 / rate;
    (0..BANDS)
        .map(|b| {
            let (low, high) = (bin(edge(b as f32)), bin(edge(b as f32 + 1.0)));
            let (first, last) = (low.ceil() as usize, high.floor() as usize);
            if first <= last {
                return Band {
                    first,
                    last,
                    between: None,
                };
            }
            let middle = 0.5 * (low + high);
            Band {
                first: middle as usize,
                last: middle as usize,
                between: Some(middle.fract()),
            }
        })
        .collect()
}

fn decibels(power: f32) -> f32 {
    if power > 0.0 {
        (10.0 * power.log10()).max(SILENCE_DB)
    } else {
        SILENCE_DB
    }
}
