//! One decision for all channels, or each for itself.

use super::common::{
    BINS, SYMMETRIC, counted, error_db, noise, spectral, spectral_fake, spectral_gain,
    spectral_memory,
};
use super::{all, at_48k, bits};
use limpid_engine::enhancer::EnhancerError;
use limpid_engine::network::Network;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

const LENGTH: usize = 40 * 480;

/// Lets everything through and keeps what it heard last.
fn listener() -> (Box<dyn Network>, Arc<Mutex<Vec<f32>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    let network = spectral_fake(1, move |_, x, filter| {
        filter[..BINS].fill(1.0);
        *kept.lock().unwrap() = x.to_vec();
    });
    (network, heard)
}

/// What the first network hears of linked `channels`.
fn heard(channels: &[&[f32]]) -> Vec<f32> {
    let (network, heard) = listener();
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![network], channels.len());
    all(&mut enhancer, &channels.concat(), true);
    heard.lock().unwrap().clone()
}

fn scaled(input: &[f32], gain: f32) -> Vec<f32> {
    input.iter().map(|x| x * gain).collect()
}

#[test]
fn linked_channels_are_heard_as_their_rms_with_the_phase_of_their_sum() {
    let mono = noise(1, LENGTH);
    let alone = heard(&[&mono]);
    let same = heard(&[&mono, &mono]);
    assert!(error_db(&same, &alone) < -110.0);
    let panned = heard(&[&mono, &scaled(&mono, 0.5)]);
    let rms = (1.25f32 / 2.0).sqrt();
    assert!(error_db(&panned, &scaled(&alone, rms)) < -110.0);
    let three = heard(&[&mono, &scaled(&mono, 2.0), &scaled(&mono, -1.0)]);
    assert!(error_db(&three, &scaled(&alone, 2f32.sqrt())) < -110.0);
}

#[test]
fn channels_that_cancel_are_heard_with_the_phase_of_the_louder() {
    let mono = noise(2, LENGTH);
    let alone = heard(&[&mono]);
    let opposite = heard(&[&mono, &scaled(&mono, -1.0)]);
    assert!(error_db(&opposite, &alone) < -110.0);
    let right_louder = heard(&[&mono, &scaled(&mono, -1.0005)]);
    assert!(error_db(&right_louder, &scaled(&alone, -1.0)) < -60.0);
}

#[test]
fn linked_channels_share_one_filter_so_the_image_stays() {
    let left = noise(3, LENGTH);
    let input = [left.clone(), scaled(&left, 0.25)].concat();
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 3), vec![spectral_memory(3)], 2);
    let voice = all(&mut enhancer, &input, true).voice;
    assert!(voice.iter().any(|x| x.abs() > 0.01));
    for (l, r) in voice[..LENGTH].iter().zip(&voice[LENGTH..]) {
        assert!((r - 0.25 * l).abs() < 1e-6);
    }
}

#[test]
fn channels_that_are_not_linked_equal_as_many_single_ones_bit_for_bit() {
    let input = noise(4, 2 * LENGTH);
    let contract = spectral(SYMMETRIC, 3);
    let networks = vec![spectral_memory(3), spectral_memory(3)];
    let both = all(&mut at_48k(&contract, networks, 2), &input, false);
    for c in 0..2 {
        let own = &input[c * LENGTH..(c + 1) * LENGTH];
        for link in [true, false] {
            let single = all(
                &mut at_48k(&contract, vec![spectral_memory(3)], 1),
                own,
                link,
            );
            assert_eq!(
                bits(&single.voice),
                bits(&both.voice[c * LENGTH..(c + 1) * LENGTH])
            );
        }
    }
}

#[test]
fn linked_channels_run_one_network_and_the_others_one_each() {
    let (first, first_hops) = counted(spectral_gain(1, 1.0));
    let (second, second_hops) = counted(spectral_gain(1, 1.0));
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![first, second], 2);
    let hops = || {
        (
            first_hops.load(Ordering::Relaxed),
            second_hops.load(Ordering::Relaxed),
        )
    };
    all(&mut enhancer, &noise(5, 2 * LENGTH), true);
    assert_eq!(hops(), (40, 0));
    all(&mut enhancer, &noise(6, 2 * LENGTH), false);
    assert_eq!(hops(), (80, 40));
}

#[test]
fn the_switch_makes_no_step_and_the_second_network_starts_from_rest() {
    // The first one halves, the second one's gain grows with the hops since its start.
    let second = spectral_fake(1, |hop, _, filter| filter[..BINS].fill(hop as f32 / 100.0));
    let networks = vec![spectral_gain(1, 0.5), second];
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), networks, 2);
    let tone: Vec<f32> = (0..LENGTH).map(|n| (n as f32 * 0.02).sin()).collect();
    let mut right = Vec::new();
    for link in [true, false, true, false] {
        let voice = all(&mut enhancer, &[tone.clone(), tone.clone()].concat(), link).voice;
        right.extend_from_slice(&voice[LENGTH..]);
    }
    // Each stretch begins anew at the sine's first sample, half a full scale later than no step.
    let joins: Vec<usize> = (1..4).map(|n| n * LENGTH + 480).collect();
    for (n, pair) in right.windows(2).enumerate().skip(1_000) {
        let step = (pair[1] - pair[0]).abs();
        assert!(step < 0.02 || joins.contains(&(n + 1)), "{step} at {n}");
    }
    let frame = |from: usize| {
        right[from..from + 480]
            .iter()
            .fold(0.0f32, |m, x| m.max(x.abs()))
    };
    for from in [LENGTH, 3 * LENGTH] {
        let (start, later) = (frame(from + 2 * 480), frame(from + 38 * 480));
        assert!(
            start < 0.05 && (later - 0.37).abs() < 0.03,
            "{start} {later}"
        );
    }
}

#[test]
fn one_network_for_two_channels_can_only_be_linked() {
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![spectral_gain(1, 1.0)], 2);
    let mut parts = Default::default();
    let refused = enhancer
        .process(&[0.0; 960], false, &mut parts)
        .unwrap_err();
    assert!(matches!(refused, EnhancerError::OnlyLinked { channels: 2 }));
    assert!(enhancer.process(&[0.0; 960], true, &mut parts).is_ok());
}
