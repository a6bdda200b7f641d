//! From spectra back to samples.

use super::{FrameError, FrameSizes, expect_length, windows};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};
use std::sync::Arc;

/// Turns the spectra of one channel back into samples, a hop at a time, by overlap-add.
/// Nothing is allocated after [`Synthesiser::new`].
pub struct Synthesiser {
    sizes: FrameSizes,
    transform: Arc<dyn ComplexToReal<f32>>,
    /// Synthesis window with every scale in it: the overlap, the transform's length, `sum(a)`.
    window: Vec<f32>,
    /// What the frames so far give to the next `synthesis` samples.
    overlap: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Synthesiser {
    /// Starts in silence.
    #[must_use]
    pub fn new(sizes: FrameSizes) -> Self {
        let transform = RealFftPlanner::new().plan_fft_inverse(sizes.analysis);
        let scale = windows::analysis(sizes).iter().sum::<f64>() / sizes.analysis as f64;
        Self {
            sizes,
            window: windows::synthesis(sizes)
                .iter()
                .map(|&w| (w * scale) as f32)
                .collect(),
            overlap: vec![0.0; sizes.synthesis],
            frame: transform.make_output_vec(),
            spectrum: transform.make_input_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    /// Takes the next spectrum (`2 * bins` values) and writes the `hop` samples that are complete
    /// with it. The imaginary parts at 0 Hz and at the Nyquist frequency have no meaning for real
    /// samples and are ignored.
    ///
    /// # Errors
    /// [`FrameError::Length`] when a slice does not fit; nothing has happened then.
    pub fn push(&mut self, spectrum: &[f32], hop: &mut [f32]) -> Result<(), FrameError> {
        let bins = self.sizes.bins();
        expect_length("the spectrum", 2 * bins, spectrum.len())?;
        expect_length("the hop", self.sizes.hop, hop.len())?;
        let (re, im) = spectrum.split_at(bins);
        for ((z, &re), &im) in self.spectrum.iter_mut().zip(re).zip(im) {
            *z = Complex::new(re, im);
        }
        self.spectrum[0].im = 0.0;
        if self.sizes.analysis.is_multiple_of(2) {
            self.spectrum[bins - 1].im = 0.0;
        }
        let done = self.transform.process_with_scratch(
            &mut self.spectrum,
            &mut self.frame,
            &mut self.scratch,
        );
        debug_assert!(
            done.is_ok(),
            "the buffers fit and the two imaginary parts are zero"
        );
        let given = &self.frame[self.sizes.analysis - self.sizes.synthesis..];
        for ((sum, x), w) in self.overlap.iter_mut().zip(given).zip(&self.window) {
            *sum += x * w;
        }
        hop.copy_from_slice(&self.overlap[..self.sizes.hop]);
        self.overlap.copy_within(self.sizes.hop.., 0);
        self.overlap[self.sizes.latency()..].fill(0.0);
        Ok(())
    }

    /// What the frames so far would still give to the next `synthesis - hop` samples, were there no
    /// further frame: the sound goes on and fades by the window.
    #[must_use]
    pub fn tail(&self) -> &[f32] {
        &self.overlap[..self.sizes.latency()]
    }

    /// Back to silence.
    pub fn reset(&mut self) {
        self.overlap.fill(0.0);
    }
}
