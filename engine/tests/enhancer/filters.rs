//! What a network's filter does to the sound.

use super::common::{ASYMMETRIC, BINS, SYMMETRIC, error_db, noise, spectral, spectral_fake};
use super::{all, at_48k};
use limpid_engine::enhancer::Enhancer;
use std::f32::consts::TAU;

/// RMS of a tone of amplitude `sqrt(2)` after the enhancer, once it has settled: its gain.
fn gain_at(enhancer: &mut Enhancer, rate: u32, frequency: f64) -> f64 {
    let length = 100 * enhancer.hop();
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    let tone: Vec<f32> = (0..length)
        .map(|n| ((n as f64 * step).sin() * 2f64.sqrt()) as f32)
        .collect();
    let voice = all(enhancer, &tone, true).voice;
    let settled = &voice[length / 2..];
    let power: f64 = settled.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (power / settled.len() as f64).sqrt()
}

#[test]
fn a_tap_reaches_as_many_hops_back_as_its_number() {
    for tap in 0..4 {
        let delay = spectral_fake(4, move |_, _, filter| {
            filter[tap * 2 * BINS..][..BINS].fill(1.0);
        });
        let mut enhancer = at_48k(&spectral(ASYMMETRIC, 4), vec![delay], 1);
        let input = noise(1, 60 * 240);
        let parts = all(&mut enhancer, &input, true);
        let late = enhancer.latency() + tap * 240;
        let error = error_db(&parts.voice[late..], &input);
        assert!(error < -110.0, "tap {tap}: {error:.1} dB");
    }
}

#[test]
fn the_imaginary_part_turns_the_phase_forward_without_a_conjugate() {
    let quarter = spectral_fake(1, |_, _, filter| filter[BINS..].fill(1.0));
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![quarter], 1);
    let step = TAU * 1_000.0 / 48_000.0;
    let cosine: Vec<f32> = (0..9_600).map(|n| (n as f32 * step).cos()).collect();
    let minus_sine: Vec<f32> = (0..9_600).map(|n| -(n as f32 * step).sin()).collect();
    let voice = all(&mut enhancer, &cosine, true).voice;
    let error = error_db(&voice[1_440..], &minus_sine[1_440 - 480..]);
    assert!(error < -60.0, "{error:.1} dB");
}

#[test]
fn a_bin_lies_at_the_same_frequency_at_every_rate() {
    for rate in [8_000, 16_000, 44_100, 48_000, 96_000, 192_000] {
        // Open from 1975 to 2025 Hz alone.
        let band = spectral_fake(1, |_, _, filter| filter[40] = 1.0);
        let mut enhancer = Enhancer::new(&spectral(SYMMETRIC, 1), vec![band], rate, 1).unwrap();
        let inside = gain_at(&mut enhancer, rate, 2_000.0);
        enhancer.reset();
        let outside = gain_at(&mut enhancer, rate, 2_200.0);
        assert!(
            inside > 0.5 && outside < 0.02,
            "{rate} Hz: {inside} {outside}"
        );
    }
}

#[test]
fn bins_above_the_nyquist_frequency_are_silent_to_the_network_and_their_decision_is_ignored() {
    let network = spectral_fake(2, |_, x, filter| {
        for part in x.chunks(BINS) {
            assert!(part[..161].iter().any(|&x| x != 0.0));
            assert!(part[161..].iter().all(|&x| x == 0.0));
        }
        filter[..161].fill(1.0);
        filter[161..BINS].fill(1e6);
    });
    let mut enhancer = Enhancer::new(&spectral(SYMMETRIC, 2), vec![network], 16_000, 1).unwrap();
    let parts = all(&mut enhancer, &noise(7, 60 * 160), true);
    assert!(error_db(&parts.voice, &parts.dry) < -110.0);
}

#[test]
fn above_the_top_bin_its_decision_holds_for_tones_at_any_bin() {
    for (spec, hops) in [(SYMMETRIC, 2), (ASYMMETRIC, 4)] {
        // Both taps agree for a tone at the top bin, which turns by this much in a hop: gain 0.8.
        let network = spectral_fake(2, move |_, _, filter| {
            let turn = TAU * (BINS - 1) as f32 / hops as f32;
            filter[BINS - 1] = 0.3;
            filter[3 * BINS - 1] = 0.5 * turn.cos();
            filter[4 * BINS - 1] = 0.5 * turn.sin();
        });
        let mut enhancer = Enhancer::new(&spectral(spec, 2), vec![network], 192_000, 1).unwrap();
        for frequency in [24_500.0, 30_000.0, 30_050.0, 30_100.0, 30_150.0, 72_000.0] {
            enhancer.reset();
            let gain = gain_at(&mut enhancer, 192_000, frequency);
            assert!(
                (gain - 0.8).abs() < 1e-3,
                "{frequency} Hz in {hops} hops: {gain}"
            );
        }
    }
}
