//! Broken samples and broken networks.

use super::common::{
    BINS, SYMMETRIC, error_db, noise, refusing, spectral, spectral_fake, spectral_gain,
    spectral_memory, waveform, waveform_fake, waveform_gain,
};
use super::{all, at_48k};
use limpid_engine::enhancer::{Enhancer, EnhancerError, Parts};
use proptest::prelude::*;

fn is_finite(parts: &Parts) -> bool {
    parts.voice.iter().chain(&parts.dry).all(|x| x.is_finite())
}

#[test]
fn samples_that_are_no_sound_count_as_silence_and_the_loudest_are_cut() {
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![spectral_gain(1, 1.0)], 1);
    let mut input = noise(1, 480);
    let mut expected = input.clone();
    let cases = [
        (f32::NAN, 0.0),
        (f32::INFINITY, 0.0),
        (f32::NEG_INFINITY, 0.0),
        (1e-40, 0.0),
        (9e-16, 0.0),
        (-2e-15, -2e-15),
        (f32::MAX, 1e6),
        (-2e6, -1e6),
    ];
    for (n, (x, y)) in cases.into_iter().enumerate() {
        (input[n], expected[n]) = (x, y);
    }
    all(&mut enhancer, &input, true);
    let dry = all(&mut enhancer, &[0.0; 480], true).dry;
    assert_eq!(dry, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_bits_come_in_what_goes_out_is_finite(
        words in prop::collection::vec(any::<u32>(), 64..512),
        link in any::<bool>(),
        waveform_model in any::<bool>(),
    ) {
        let input: Vec<f32> =
            words.iter().cycle().take(2 * 20 * 384).map(|&w| f32::from_bits(w)).collect();
        let mut enhancer = if waveform_model {
            let networks = vec![waveform_gain(320, 1e3), waveform_gain(320, 1e3)];
            at_48k(&waveform(16_000, 320, 80), networks, 2)
        } else {
            at_48k(&spectral(SYMMETRIC, 3), vec![spectral_memory(3), spectral_memory(3)], 2)
        };
        let whole = input.len() / (2 * enhancer.hop()) * 2 * enhancer.hop();
        prop_assert!(is_finite(&all(&mut enhancer, &input[..whole], link)));
    }
}

/// A network that closes everything, save that it gives `bad` in hop 20 after each start.
fn broken(bad: f32) -> Box<dyn limpid_engine::network::Network> {
    spectral_fake(2, move |hop, _, filter| {
        if hop == 20 {
            filter[3 * BINS + 17] = bad;
        }
    })
}

#[test]
fn a_hop_that_the_network_fails_at_has_the_aligned_input_as_voice() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        for batch in [1, 8] {
            let mut enhancer =
                at_48k(&spectral(SYMMETRIC, 2), vec![broken(bad)], 1).with_batch(batch);
            let parts = all(&mut enhancer, &noise(2, 41 * 480), true);
            assert!(is_finite(&parts));
            // Hop 20 is one frame, which the windows fade in and out; hop 21 is the first again.
            assert_eq!(enhancer.faults(), 1);
            let silent = |from: usize, to: usize| {
                parts.voice[from * 480..to * 480].iter().all(|&x| x == 0.0)
            };
            assert!(silent(0, 20) && !silent(20, 21) && !silent(21, 22) && silent(22, 41));
            let middle = 21 * 480 - 5..21 * 480 + 5;
            let error = error_db(&parts.voice[middle.clone()], &parts.dry[middle]);
            assert!(error < -60.0, "{error:.1} dB");
        }
    }
}

#[test]
fn a_fault_puts_the_network_back_to_its_start() {
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 2), vec![broken(f32::NAN)], 1);
    all(&mut enhancer, &noise(3, (21 * 5 + 1) * 480), true);
    assert_eq!(enhancer.faults(), 5);
}

#[test]
fn without_link_a_fault_stays_with_its_channel() {
    let networks = vec![broken(f32::NAN), spectral_gain(2, 1.0)];
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 2), networks, 2);
    let parts = all(&mut enhancer, &noise(4, 2 * 30 * 480), false);
    assert_eq!(enhancer.faults(), 1);
    assert!(error_db(&parts.voice[30 * 480..], &parts.dry[30 * 480..]) < -110.0);
}

#[test]
fn a_decision_that_would_overflow_is_a_fault_too() {
    let loud = spectral_fake(1, |_, _, filter| filter[..BINS].fill(9e11));
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![loud], 1);
    let input: Vec<f32> = noise(5, 10 * 480).iter().map(|x| x * 1e6).collect();
    let parts = all(&mut enhancer, &input, true);
    assert!(is_finite(&parts));
    assert_eq!(enhancer.faults(), 10);
    assert!(error_db(&parts.voice, &parts.dry) < -110.0);
}

#[test]
fn a_network_that_refuses_is_an_error_and_the_parts_are_whole() {
    for batch in [1, 8] {
        let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![refusing(10)], 1).with_batch(batch);
        let mut parts = Parts::default();
        let error = enhancer
            .process(&noise(6, 15 * 480), true, &mut parts)
            .unwrap_err();
        assert!(matches!(error, EnhancerError::Network(_)), "{error}");
        assert_eq!(enhancer.faults(), 1);
        let difference = error_db(&parts.voice, &parts.dry);
        assert!(difference < -110.0, "{difference:.1} dB");
        assert!(
            enhancer
                .process(&noise(7, 5 * 480), true, &mut parts)
                .is_ok()
        );
    }
}

#[test]
fn a_waveform_model_fails_into_the_aligned_input_too() {
    let network = waveform_fake(960, |hop, _, y| {
        y.fill(0.0);
        if hop == 20 {
            y[3] = f32::NAN;
        }
    });
    let contract = waveform(48_000, 960, 480);
    let mut enhancer = Enhancer::new(&contract, vec![network], 48_000, 1).unwrap();
    let parts = all(&mut enhancer, &noise(8, 41 * 480), true);
    assert!(is_finite(&parts));
    assert_eq!(enhancer.faults(), 1);
    let middle = 21 * 480 - 5..21 * 480 + 5;
    assert!(error_db(&parts.voice[middle.clone()], &parts.dry[middle]) < -60.0);
    assert!(parts.voice[22 * 480..].iter().all(|&x| x == 0.0));
}
