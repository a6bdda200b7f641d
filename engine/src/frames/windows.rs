//! The pair of windows, in double precision.
//!
//! With `w_M` the periodic Hann window of length `M`, `A` the analysis and `S` the synthesis length:
//!
//! - `S = A`: both are the root of `w_A`.
//! - `S < A`: the analysis rises slowly, as the root of `w_(2A-S)`, up to sample `A - S/2`, and
//!   falls as the root of `w_S` from there; the synthesis is `w_S` over it on the last `S` samples.
//!
//! Either way their product is `w_S`, whose overlap-add at `hop` is `S / (2 * hop)`. The asymmetric
//! pair is that of Mauler and Martin, "A low delay, variable resolution, perfect reconstruction
//! spectral analysis-synthesis system for speech enhancement" (EUSIPCO 2007), with a root of Hann.

use super::FrameSizes;
use std::f64::consts::PI;

/// Periodic Hann window of `length` at sample `n`.
fn hann(n: usize, length: usize) -> f64 {
    0.5 - 0.5 * (2.0 * PI * n as f64 / length as f64).cos()
}

/// What a frame is multiplied with before its transform; `analysis` values.
pub(super) fn analysis(sizes: FrameSizes) -> Vec<f64> {
    let (a, s) = (sizes.analysis, sizes.synthesis);
    (0..a)
        .map(|n| {
            // Doubled, so that the middle of an odd synthesis window needs no half sample. For
            // S = A both branches are the root of w_A.
            if 2 * n < 2 * a - s {
                hann(n, 2 * a - s).sqrt()
            } else {
                hann(n + s - a, s).sqrt()
            }
        })
        .collect()
}

/// What the last `synthesis` samples of a frame are multiplied with, so that frames add up to one.
pub(super) fn synthesis(sizes: FrameSizes) -> Vec<f64> {
    let (a, s) = (sizes.analysis, sizes.synthesis);
    let overlap = 2.0 * sizes.hop as f64 / s as f64;
    analysis(sizes)[a - s..]
        .iter()
        .enumerate()
        // Where the analysis is zero (the first sample when S = A) the Hann window is zero too.
        .map(|(n, &at)| {
            if at == 0.0 {
                0.0
            } else {
                overlap * hann(n, s) / at
            }
        })
        .collect()
}
