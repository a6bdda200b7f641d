//! What comes out when, and how whole.

use super::common::{
    ASYMMETRIC, RATES, SYMMETRIC, error_db, noise, spectral, spectral_gain, waveform, waveform_gain,
};
use super::{all, at_48k};
use limpid_engine::enhancer::{Enhancer, latency_of};

#[test]
fn hop_and_latency_follow_from_contract_and_rate_alone() {
    let at = |contract, rate| latency_of(&contract, rate).unwrap();
    assert_eq!(at(spectral(SYMMETRIC, 1), 48_000), (480, 480));
    assert_eq!(at(spectral(ASYMMETRIC, 5), 48_000), (240, 240));
    assert_eq!(at(spectral(SYMMETRIC, 1), 44_100), (441, 441));
    assert_eq!(at(spectral(ASYMMETRIC, 1), 44_100), (221, 221));
    assert_eq!(at(spectral(SYMMETRIC, 1), 8_000), (80, 80));
    assert_eq!(at(waveform(48_000, 960, 480), 48_000), (480, 480));
    assert_eq!(at(waveform(16_000, 1024, 256), 16_000), (256, 768));
    for rate in RATES {
        let contract = spectral(ASYMMETRIC, 1);
        let enhancer = Enhancer::new(&contract, vec![spectral_gain(1, 1.0)], rate, 1).unwrap();
        assert_eq!((enhancer.hop(), enhancer.latency()), at(contract, rate));
        let contract = waveform(16_000, 512, 128);
        let enhancer = Enhancer::new(&contract, vec![waveform_gain(512, 1.0)], rate, 1).unwrap();
        assert_eq!((enhancer.hop(), enhancer.latency()), at(contract, rate));
    }
}

#[test]
fn the_aligned_input_is_the_input_bit_for_bit_and_an_open_filter_gives_it_as_voice() {
    for spec in [SYMMETRIC, ASYMMETRIC] {
        for rate in RATES {
            let contract = spectral(spec, 3);
            let networks = vec![spectral_gain(3, 1.0), spectral_gain(3, 1.0)];
            let mut enhancer = Enhancer::new(&contract, networks, rate, 2).unwrap();
            let length = 50 * enhancer.hop();
            let input = noise(u64::from(rate), 2 * length);
            let late = enhancer.latency();
            for link in [true, false] {
                enhancer.reset();
                let parts = all(&mut enhancer, &input, link);
                for (c, input) in input.chunks(length).enumerate() {
                    let dry = &parts.dry[c * length..(c + 1) * length];
                    assert_eq!(dry[late..], input[..length - late], "{rate} Hz");
                    assert!(dry[..late].iter().all(|&x| x == 0.0));
                    let error = error_db(&parts.voice[c * length..(c + 1) * length], dry);
                    assert!(error < -110.0, "{spec:?} at {rate} Hz: {error:.1} dB");
                }
            }
        }
    }
}

#[test]
fn the_tail_goes_on_where_the_voice_ends_and_fades_to_nothing() {
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![spectral_gain(1, 1.0)], 1);
    let sine: Vec<f32> = (0..4_800).map(|n| (n as f32 * 0.05).sin()).collect();
    let voice = all(&mut enhancer, &sine, true).voice;
    let tail = enhancer.tail(0);
    assert_eq!(tail.len(), enhancer.latency());
    let joined: Vec<f32> = voice.iter().chain(tail).copied().skip(960).collect();
    let step = joined
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(0.0, f32::max);
    assert!(step < 0.051, "{step}");
    assert!(tail[tail.len() - 1].abs() < 1e-3);
    assert!(enhancer.tail(1).is_empty());
}
