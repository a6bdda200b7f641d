//! How alike two recordings are of which one is later, by a time that may drift a little.

use std::f64::consts::PI;
use std::sync::OnceLock;

use realfft::RealFftPlanner;

/// Samples that are compared at once: two clocks hardly move within it.
const PIECE: usize = 1200;
/// Taps on each side of the interpolation.
const REACH: isize = 32;
/// Parts of a sample that it knows.
const PHASES: usize = 4096;
/// Share by which two clocks that are steered may differ, and the steps in which it is looked for.
const PACE: f64 = 2e-3;
const PACES: i32 = 16;

/// Where `wanted` lies in `heard`, up to `most` samples in: by the highest correlation.
pub fn place(wanted: &[f32], heard: &[f32], most: usize) -> usize {
    let length = (wanted.len() + heard.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let forward = planner.plan_fft_forward(length);
    let spectrum = |samples: &[f32]| {
        let mut padded = samples.to_vec();
        padded.resize(length, 0.0);
        let mut bins = forward.make_output_vec();
        forward.process(&mut padded, &mut bins).expect("a spectrum");
        bins
    };
    let mut product = spectrum(heard);
    for (bin, wanted) in product.iter_mut().zip(spectrum(wanted)) {
        *bin *= wanted.conj();
    }
    // Rounding leaves something there, which no real signal has.
    product[0].im = 0.0;
    product[length / 2].im = 0.0;
    let inverse = planner.plan_fft_inverse(length);
    let mut likeness = inverse.make_output_vec();
    inverse
        .process(&mut product, &mut likeness)
        .expect("a correlation");
    let limit = most.min(heard.len().saturating_sub(1));
    (0..=limit)
        .max_by(|a, b| likeness[*a].total_cmp(&likeness[*b]))
        .expect("a place")
}

/// Energy of `wanted` over what is left when `heard` is subtracted, in dB, each piece aligned for
/// itself near the one before, `at` at first; pieces that are nearly silent do not count. Gives what
/// three quarters of the pieces surpass: a server that lost a block has spoilt those that it lies in.
pub fn match_db(wanted: &[f32], heard: &[f32], at: usize) -> f64 {
    let mut near = at as f64;
    let results = pieces(wanted, heard, |start| {
        (near, _) = align(wanted, heard, start, near);
        near
    });
    results[results.len() / 4]
}

/// The same for a server that puts in and leaves out silence as it likes: only pieces that no gap lies
/// in count. Gives what three quarters of them surpass; fails when there are hardly any.
///
/// Each quarter of a second is looked for anew. A gap that puts in or leaves out sound moves what comes
/// after it, so a quarter that lies elsewhere than the one before or after it does not count; nor does a
/// piece that holds a moment of digital silence, which no enhanced sound has.
pub fn match_db_between_gaps(wanted: &[f32], heard: &[f32]) -> f64 {
    const SPAN: usize = 10 * PIECE;
    // Two clocks that are steered move by less than this from one quarter to the next.
    const TOGETHER: f64 = 32.0;
    let loudest = energy(wanted, 0, wanted.len()) / wanted.len() as f64;
    let places: Vec<Option<f64>> = (0..wanted.len())
        .step_by(SPAN)
        .map(|first| {
            let part = &wanted[first..(first + SPAN).min(wanted.len())];
            // Silence lies anywhere.
            let loud = energy(part, 0, part.len()) > 0.02 * loudest * part.len() as f64;
            loud.then(|| place(part, heard, heard.len()) as f64 - first as f64)
        })
        .collect();
    let is_whole = |span: usize, here: f64| {
        let beside = [span.checked_sub(1), Some(span + 1)].into_iter().flatten();
        let mut beside = beside.filter_map(|other| *places.get(other)?);
        beside.all(|other| (other - here).abs() <= TOGETHER)
    };
    let mut near = f64::NAN;
    let mut last = usize::MAX;
    let all = wanted.len() / PIECE;
    let mut results = pieces(wanted, heard, |start| {
        let span = start / SPAN;
        let Some(here) = places[span] else {
            return f64::NAN;
        };
        if span != last {
            (last, near) = (span, here);
        }
        let first = usize::try_from(start as isize + near as isize).unwrap_or(0);
        let there = heard.get(first..first + PIECE).unwrap_or_default();
        let silent = there.chunks_exact(48).any(|c| c.iter().all(|x| *x == 0.0));
        if silent || !is_whole(span, here) {
            return f64::NAN;
        }
        (near, _) = align(wanted, heard, start, near);
        near
    });
    results.retain(|result| result.is_finite());
    assert!(results.len() > all / 8, "nothing but gaps: {places:?}");
    results[results.len() / 4]
}

/// The results of all pieces, the worst first; `near` tells about where a piece lies, or not a number for
/// one that does not count, whose result is none either.
fn pieces(wanted: &[f32], heard: &[f32], mut near: impl FnMut(usize) -> f64) -> Vec<f64> {
    let loudest = energy(wanted, 0, wanted.len()) / wanted.len() as f64;
    let mut results = Vec::new();
    let mut start = 2 * PIECE;
    while start + PIECE < wanted.len() {
        let power = energy(wanted, start, PIECE) / PIECE as f64;
        if power > loudest * 0.02 {
            let at = near(start);
            let (at, left) = align(wanted, heard, start, at);
            let left = left.min(at_best_pace(wanted, heard, start, at));
            let result = 10.0 * (power * PIECE as f64 / left.max(1e-12)).log10();
            results.push(if at.is_nan() { f64::NAN } else { result });
        }
        start += PIECE;
    }
    assert!(results.len() > 20, "there is hardly any sound to compare");
    results.sort_by(f64::total_cmp);
    results
}

fn energy(samples: &[f32], start: usize, length: usize) -> f64 {
    let piece = &samples[start..start + length];
    piece.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

/// The offset near `near` at which a piece leaves the least, and what it leaves.
fn align(wanted: &[f32], heard: &[f32], start: usize, near: f64) -> (f64, f64) {
    let mut best = (near, f64::INFINITY);
    for step in [0.5, 0.1, 0.02, 0.004] {
        let middle = best.0;
        for k in -6..=6 {
            let offset = middle + step * f64::from(k);
            let left = remainder(wanted, heard, start, offset);
            if left < best.1 {
                best = (offset, left);
            }
        }
    }
    best
}

/// What a piece leaves at the pace at which it leaves the least: a bridge between two clocks moves the pitch.
fn at_best_pace(wanted: &[f32], heard: &[f32], start: usize, at: f64) -> f64 {
    let left = |pace| remainder_at_pace(wanted, heard, start, at, pace);
    let paces = (-PACES..=PACES).map(|k| PACE * f64::from(k) / f64::from(PACES));
    paces.map(left).fold(f64::INFINITY, f64::min)
}

/// What is left of a piece at an offset, by windowed-sinc interpolation.
fn remainder(wanted: &[f32], heard: &[f32], start: usize, offset: f64) -> f64 {
    remainder_at_pace(wanted, heard, start, offset, 0.0)
}

/// The same where one clock runs faster by `pace`, as a share, and both meet in the middle of the piece.
fn remainder_at_pace(wanted: &[f32], heard: &[f32], start: usize, offset: f64, pace: f64) -> f64 {
    let taps = taps();
    let middle = start as f64 + PIECE as f64 / 2.0;
    let sample = |n: usize| -> f64 {
        let at = n as f64 + offset + pace * (n as f64 - middle);
        let whole = at.floor();
        let phase = ((at - whole) * PHASES as f64).round() as usize;
        let reached = taps[phase].iter().zip(whole as isize - REACH..);
        reached
            .map(|(tap, i)| {
                let there = usize::try_from(i).ok().and_then(|i| heard.get(i));
                tap * f64::from(*there.unwrap_or(&0.0))
            })
            .sum()
    };
    (start..start + PIECE)
        .step_by(3)
        .map(|n| 3.0 * (f64::from(wanted[n]) - sample(n)).powi(2))
        .sum()
}

/// Taps of the interpolation, for each part of a sample.
fn taps() -> &'static [Vec<f64>] {
    static TAPS: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    TAPS.get_or_init(|| {
        let tap = |k: isize, share: f64| {
            let x = k as f64 - share;
            let sinc = if x.abs() < 1e-9 {
                1.0
            } else {
                (PI * x).sin() / (PI * x)
            };
            let window = (PI * x / (2.0 * (REACH as f64 + 1.0))).cos();
            sinc * window * window
        };
        let phase = |phase: usize| {
            let share = phase as f64 / PHASES as f64;
            (-REACH..=REACH).map(|k| tap(k, share)).collect()
        };
        (0..=PHASES).map(phase).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let (mut x, mut low) = (seed, 0.0);
        let next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Like speech, most of it below a few kHz.
            low += 0.2 * (x as f32 / u32::MAX as f32 - 0.5 - low);
            low
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn the_same_sound_later_matches_and_another_does_not() {
        let wanted = noise(96_000, 1);
        let mut heard = vec![0.0; 5000];
        heard.extend(&wanted);
        heard.extend([0.0; 5000]);
        assert_eq!(place(&wanted, &heard, 9000), 5000);
        assert!(match_db(&wanted, &heard, 5000) > 80.0);
        assert!(match_db_between_gaps(&wanted, &heard) > 80.0);
        let other = noise(110_000, 9);
        assert!(match_db(&wanted, &other, 5000) < 6.0);
        let apart = std::panic::catch_unwind(|| match_db_between_gaps(&wanted, &other));
        assert!(apart.is_err() || apart.is_ok_and(|db| db < 6.0));
        let mut louder = heard.clone();
        louder.iter_mut().for_each(|x| *x *= 1.1);
        assert!(match_db(&wanted, &louder, 5000) < 21.0);
        // Sound that is spoilt everywhere is not taken for gaps.
        assert!(match_db_between_gaps(&wanted, &louder) < 21.0);
        // Silence put in is.
        heard.splice(40_000..40_000, [0.0; 3000]);
        assert!(match_db_between_gaps(&wanted, &heard) > 80.0);
    }
}
