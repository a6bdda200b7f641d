//! From samples to spectra.

use super::{FrameError, FrameSizes, expect_length, windows};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Turns one channel into spectra, a hop at a time.
///
/// `X[k] = sum over n of x[n] a[n] e^(-2 pi i k n / A) / sum(a)`: a full-scale sine at the middle of
/// a bin reads 0.5 there at every rate. Nothing is allocated after [`Analyser::new`].
pub struct Analyser {
    sizes: FrameSizes,
    transform: Arc<dyn RealToComplex<f32>>,
    /// `a[n] / sum(a)`.
    window: Vec<f32>,
    /// The newest `analysis` samples, oldest first.
    newest: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Analyser {
    /// Starts in silence.
    #[must_use]
    pub fn new(sizes: FrameSizes) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(sizes.analysis);
        let window = windows::analysis(sizes);
        let sum: f64 = window.iter().sum();
        Self {
            sizes,
            window: window.iter().map(|&a| (a / sum) as f32).collect(),
            newest: vec![0.0; sizes.analysis],
            frame: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    /// Takes the next `hop` samples and writes the spectrum (`2 * bins` values) of the newest frame.
    ///
    /// # Errors
    /// [`FrameError::Length`] when a slice does not fit; nothing has happened then.
    pub fn push(&mut self, hop: &[f32], spectrum: &mut [f32]) -> Result<(), FrameError> {
        let bins = self.sizes.bins();
        expect_length("the hop", self.sizes.hop, hop.len())?;
        expect_length("the spectrum", 2 * bins, spectrum.len())?;
        self.newest.copy_within(self.sizes.hop.., 0);
        self.newest[self.sizes.analysis - self.sizes.hop..].copy_from_slice(hop);
        for ((y, x), a) in self.frame.iter_mut().zip(&self.newest).zip(&self.window) {
            *y = x * a;
        }
        let done = self.transform.process_with_scratch(
            &mut self.frame,
            &mut self.spectrum,
            &mut self.scratch,
        );
        debug_assert!(
            done.is_ok(),
            "the buffers were made by the transform itself"
        );
        let (re, im) = spectrum.split_at_mut(bins);
        for ((z, re), im) in self.spectrum.iter().zip(re).zip(im) {
            *re = z.re;
            *im = z.im;
        }
        Ok(())
    }

    /// Back to silence.
    pub fn reset(&mut self) {
        self.newest.fill(0.0);
    }
}
