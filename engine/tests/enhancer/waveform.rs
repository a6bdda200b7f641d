//! Models that give samples for samples, at their own rate and at others.

use super::all;
use super::common::{RATES, error_db, noise, waveform, waveform_fake, waveform_gain};
use limpid_engine::enhancer::Enhancer;
use std::f64::consts::TAU;

fn identity(own: u32, window: usize, hop: usize, rate: u32) -> Enhancer {
    Enhancer::new(
        &waveform(own, window, hop),
        vec![waveform_gain(window, 1.0)],
        rate,
        1,
    )
    .unwrap()
}

/// Window and hop at the model's rate that the tests run, whole and awkward to the blocks.
const MODELS: [(u32, usize, usize); 4] = [
    (16_000, 320, 160),
    (16_000, 1024, 256),
    (48_000, 960, 480),
    (44_100, 882, 294),
];

#[test]
fn at_its_own_rate_an_identity_gives_the_aligned_input() {
    for (rate, window, hop) in MODELS {
        let mut enhancer = identity(rate, window, hop, rate);
        assert_eq!((enhancer.hop(), enhancer.latency()), (hop, window - hop));
        let parts = all(&mut enhancer, &noise(1, 40 * hop), true);
        assert!(error_db(&parts.voice, &parts.dry) < -110.0);
        assert_eq!(enhancer.tail(0).len(), window - hop);
    }
}

#[test]
fn the_network_sees_the_newest_window_and_nothing_else() {
    let mut seen = 0.0;
    let network = waveform_fake(6, move |hop, x, y| {
        let newest = (hop + 1) as f32 * 2.0;
        let expected: Vec<f32> = (0..6).map(|n| (newest - 5.0 + n as f32).max(0.0)).collect();
        assert_eq!(x, expected);
        seen += 1.0;
        y.fill(seen);
    });
    let mut enhancer = Enhancer::new(&waveform(8_000, 6, 2), vec![network], 8_000, 1).unwrap();
    let ramp: Vec<f32> = (1..=40).map(|n| n as f32).collect();
    all(&mut enhancer, &ramp, true);
}

#[test]
fn at_any_rate_an_impulse_peaks_within_a_sample_of_the_latency() {
    for (own, window, hop) in MODELS {
        for rate in RATES {
            let mut enhancer = identity(own, window, hop, rate);
            let length = (4 * enhancer.latency()).next_multiple_of(enhancer.hop());
            for at in [enhancer.hop() - 1, enhancer.latency() + 3] {
                enhancer.reset();
                let mut input = vec![0.0; length];
                input[at] = 1.0;
                let parts = all(&mut enhancer, &input, true);
                let loudest = |signal: &[f32]| {
                    (0..length)
                        .max_by(|&a, &b| signal[a].abs().total_cmp(&signal[b].abs()))
                        .unwrap()
                };
                assert_eq!(loudest(&parts.dry), at + enhancer.latency());
                let off = loudest(&parts.voice).abs_diff(at + enhancer.latency());
                assert!(
                    off <= 1,
                    "model of {own} Hz, {window} by {hop}, at {rate} Hz: {off}"
                );
            }
        }
    }
}

#[test]
fn at_any_rate_voice_and_aligned_input_cancel_within_the_models_band() {
    for (own, window, hop) in MODELS {
        for rate in RATES {
            let mut enhancer = identity(own, window, hop, rate);
            let length = (rate as usize / 2).next_multiple_of(enhancer.hop());
            let band = f64::from(own.min(rate)) / 2.0;
            for share in [0.02, 0.2, 0.5, 0.8] {
                let step = TAU * share * band / f64::from(rate);
                let tone: Vec<f32> = (0..length)
                    .map(|n| 0.5 * (n as f64 * step).sin() as f32)
                    .collect();
                enhancer.reset();
                let parts = all(&mut enhancer, &tone, true);
                let settled = 3 * length / 4;
                let error = error_db(&parts.voice[settled..], &parts.dry[settled..]);
                assert!(
                    error < -26.0,
                    "{own} at {rate} Hz, {share} of the band: {error:.1} dB"
                );
            }
        }
    }
}

#[test]
fn at_another_rate_the_tail_goes_on_where_the_voice_ends_and_fades_to_nothing() {
    for rate in [8_000, 44_100, 48_000, 192_000] {
        let mut enhancer = identity(16_000, 512, 128, rate);
        let length = (rate as usize / 4).next_multiple_of(enhancer.hop());
        let step = TAU * 300.0 / f64::from(rate);
        let tone: Vec<f32> = (0..length)
            .map(|n| (n as f64 * step).sin() as f32)
            .collect();
        let mut rest = tone.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(enhancer.hop());
            let voice = all(&mut enhancer, now, true).voice;
            rest = later;
            if later.len() > length / 2 {
                continue;
            }
            let tail = enhancer.tail(0);
            assert!(tail.len() > rate as usize / 100);
            let joined: Vec<f32> = voice.iter().chain(tail).copied().collect();
            let worst = joined
                .windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f32::max);
            assert!(
                worst < 1.05 * step as f32,
                "{rate} Hz: {worst} against {step}"
            );
            assert!(tail[tail.len() - 1].abs() < 1e-3);
        }
    }
}
