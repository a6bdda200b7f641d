//! A network's decision, applied to a spectrum.

use std::f64::consts::TAU;

/// Applies a filter of `taps` frames and the model's bins to spectra of the audio's own bins:
/// `Y[b] = sum over k of F[k, b] * X[k frames ago, b]`.
///
/// Bins that only the model has are ignored. Bins above the model's top bin get the top bin's
/// decision as one factor: what its filter does to a steady tone in its middle. The taps themselves
/// would not do, since the phase from frame to frame is another in each bin.
pub(super) struct Filter {
    /// Of the model.
    bins: usize,
    /// Of the audio.
    own_bins: usize,
    /// How a tone in the middle of the top bin lay `k` frames ago: `e^(-2 pi i (bins - 1) k / hops)`.
    turns: Vec<(f32, f32)>,
}

impl Filter {
    /// `hops`: hops in an analysis window.
    pub(super) fn new(bins: usize, taps: usize, own_bins: usize, hops: usize) -> Self {
        let turns = (0..taps)
            .map(|k| {
                let (sin, cos) = (TAU * ((bins - 1) * k % hops) as f64 / hops as f64).sin_cos();
                (cos as f32, -sin as f32)
            })
            .collect();
        Self {
            bins,
            own_bins,
            turns,
        }
    }

    /// `filter`: `[taps, 2, bins]`; `spectra`: `taps` spectra `[2, own_bins]`, the newest last.
    pub(super) fn apply(&self, filter: &[f32], spectra: &[f32], output: &mut [f32]) {
        let shared = self.bins.min(self.own_bins);
        let (out_re, out_im) = output.split_at_mut(self.own_bins);
        out_re.fill(0.0);
        out_im.fill(0.0);
        let newest_first = spectra.chunks_exact(2 * self.own_bins).rev();
        for (tap, spectrum) in filter.chunks_exact(2 * self.bins).zip(newest_first) {
            let (re, im) = tap.split_at(self.bins);
            let (x_re, x_im) = spectrum.split_at(self.own_bins);
            let bins = re.iter().zip(im).zip(x_re.iter().zip(x_im));
            let out = out_re.iter_mut().zip(out_im.iter_mut());
            for (((&re, &im), (&x_re, &x_im)), (y_re, y_im)) in bins.zip(out).take(shared) {
                *y_re += re * x_re - im * x_im;
                *y_im += re * x_im + im * x_re;
            }
        }
        if self.own_bins > self.bins {
            let newest = &spectra[spectra.len() - 2 * self.own_bins..];
            let (re, im) = self.top(filter);
            let (x_re, x_im) = newest.split_at(self.own_bins);
            for b in self.bins..self.own_bins {
                out_re[b] = re * x_re[b] - im * x_im[b];
                out_im[b] = re * x_im[b] + im * x_re[b];
            }
        }
    }

    /// The decision of the top bin as one complex factor.
    fn top(&self, filter: &[f32]) -> (f32, f32) {
        let taps = filter.chunks_exact(2 * self.bins).zip(&self.turns);
        taps.fold((0.0, 0.0), |sum, (tap, &(cos, sin))| {
            let (re, im) = (tap[self.bins - 1], tap[2 * self.bins - 1]);
            (sum.0 + re * cos - im * sin, sum.1 + re * sin + im * cos)
        })
    }
}
