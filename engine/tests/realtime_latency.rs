//! The latency that is stated is the latency that there is, to the sample.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure here is the failure of the test"
)]

mod common;
mod realtime_support;

use std::time::Duration;

use common::{ASYMMETRIC, SYMMETRIC};
use limpid_engine::contract::Kind;
use limpid_engine::controls::Controls;
use limpid_engine::enhancer::{Enhancer, latency_of};
use limpid_engine::frames::FrameSpec;
use limpid_engine::realtime::{
    DEFAULT_RESERVE, Mode, Setup, StreamError, default_reserve, latency, start,
};
use realtime_support::{controls, enhancer, enhancer_at, made, play, random_blocks, stream, voice};

/// Rate, model, longest block, reserve in microseconds, latency.
const TABLE: [(u32, FrameSpec, usize, u64, usize); 16] = [
    (48_000, SYMMETRIC, 64, 5_000, 960 + 240),
    (48_000, SYMMETRIC, 128, 5_000, 960 + 240),
    (48_000, SYMMETRIC, 240, 5_000, 960 + 240),
    (48_000, SYMMETRIC, 241, 5_000, 960 + 241),
    (48_000, SYMMETRIC, 1_024, 5_000, 960 + 1_024),
    (48_000, SYMMETRIC, 128, 10_000, 960 + 480),
    (48_000, SYMMETRIC, 1, 0, 960 + 1),
    (48_000, ASYMMETRIC, 128, 5_000, 480 + 240),
    (48_000, ASYMMETRIC, 480, 5_000, 480 + 480),
    (44_100, SYMMETRIC, 128, 5_000, 882 + 221),
    (44_100, ASYMMETRIC, 512, 5_000, 442 + 512),
    (8_000, SYMMETRIC, 16, 5_000, 160 + 40),
    (16_000, ASYMMETRIC, 16, 5_000, 160 + 80),
    (11_025, SYMMETRIC, 16, 5_000, 220 + 56),
    (96_000, SYMMETRIC, 4_096, 5_000, 1_920 + 4_096),
    (192_000, ASYMMETRIC, 128, 5_000, 1_920 + 960),
];

#[test]
fn latency_is_synthesis_plus_the_longest_block_or_the_reserve() {
    for (rate, frames, longest, micros, expected) in TABLE {
        let (hop, overlap) = latency_of(&common::spectral(frames, 1), rate).unwrap();
        let reserve = Duration::from_micros(micros);
        let stated = latency(rate, longest, reserve, hop, overlap);
        assert_eq!(
            stated, expected,
            "{rate} Hz, {frames:?}, {longest}, {micros} us"
        );
        let through = enhancer_at(rate, frames, 1, || common::spectral_gain(1, 1.0));
        let mut setup = Setup::new(rate, 1, longest);
        setup.reserve = reserve;
        assert_eq!(start(setup, through).unwrap().port.latency(), expected);
    }
}

/// Plays an impulse at sample `at`; gives where the peak came out and what stood elsewhere.
fn impulse(through: Box<Enhancer>, rate: u32, longest: usize, blocks: &[usize], at: usize) {
    let mut stream = start(Setup::new(rate, 1, longest), through).unwrap();
    let latency = stream.port.latency();
    let mut input = vec![vec![0.0; at + latency + longest + 2 * rate as usize / 100]];
    input[0][at] = 1.0;
    let everything: [(usize, Controls); 1] = [(0, voice())];
    let output = play(&mut stream.port, &input, blocks, &everything);
    for (n, &y) in output[0].iter().enumerate() {
        let expected = if n == at + latency { 1.0 } else { 0.0 };
        assert!(
            (y - expected).abs() < 1e-5,
            "{rate} Hz, blocks of {:?}: {y} at {n}, the impulse was due at {}",
            &blocks[..blocks.len().min(3)],
            at + latency,
        );
    }
    assert_eq!(stream.worker.status().misses, 0);
}

#[test]
fn an_impulse_arrives_on_the_sample_for_every_fixed_block() {
    for block in [1, 7, 64, 128, 480, 512, 1_024, 4_096] {
        for frames in [SYMMETRIC, ASYMMETRIC] {
            let through = enhancer_at(48_000, frames, 1, || common::spectral_gain(1, 1.0));
            impulse(through, 48_000, block, &[block], 1_000);
        }
    }
}

#[test]
fn an_impulse_arrives_on_the_sample_for_random_blocks_at_every_rate() {
    for (seed, rate) in common::RATES.into_iter().enumerate() {
        let blocks = random_blocks(seed as u64 + 1, 700, 50);
        let through = enhancer_at(rate, SYMMETRIC, 1, || common::spectral_gain(1, 1.0));
        impulse(through, rate, 700, &blocks, 777 + seed);
    }
}

#[test]
fn an_impulse_arrives_on_the_sample_through_a_waveform_model() {
    for block in [1, 100, 512, 2_000] {
        let contract = common::waveform(48_000, 1_024, 256);
        let through = made(&contract, 48_000, 1, || common::waveform_gain(1_024, 1.0));
        impulse(through, 48_000, block, &[block], 2_345);
    }
}

#[test]
fn blocks_longer_than_announced_arrive_on_the_sample_too() {
    let through = enhancer(1, || common::spectral_gain(1, 1.0));
    impulse(through, 48_000, 100, &[1_000, 50, 101], 1_234);
}

#[test]
fn an_empty_block_changes_nothing() {
    let mut stream = stream(enhancer(1, || common::spectral_gain(1, 1.0)), 64);
    for _ in 0..10 {
        let mut empty: [&mut [f32]; 1] = [&mut []];
        stream.port.process(&mut empty, &voice(), Mode::Offline);
        stream.port.process(&mut [], &voice(), Mode::RealTime);
    }
    let mut input = vec![vec![0.0; 4_800]];
    input[0][0] = 1.0;
    let output = play(&mut stream.port, &input, &[64], &[(0, voice())]);
    assert!((output[0][stream.port.latency()] - 1.0).abs() < 1e-5);
}

#[test]
fn both_faders_at_zero_give_the_input_back_only_later() {
    let mut stream = stream(enhancer(2, || common::spectral_memory(1)), 512);
    let input = vec![common::noise(1, 48_000), common::noise(2, 48_000)];
    let output = play(&mut stream.port, &input, &[512], &[(0, controls(0.0, 0.0))]);
    let latency = stream.port.latency();
    for (before, after) in input.iter().zip(&output) {
        assert!(common::error_db(&after[latency..], before) < -100.0);
    }
}

#[test]
fn a_setup_that_cannot_be_is_refused_by_name() {
    let through = || enhancer(1, || common::spectral_gain(1, 1.0));
    let refused = |setup: Setup| start(setup, through()).err().unwrap();
    assert!(matches!(
        refused(Setup::new(48_000, 2, 64)),
        StreamError::Channels {
            channels: 2,
            enhancer: 1
        }
    ));
    assert!(matches!(
        refused(Setup::new(48_000, 1, 0)),
        StreamError::Block(0)
    ));
    let mut setup = Setup::new(48_000, 1, 64);
    setup.reserve = Duration::from_secs(2);
    assert!(matches!(refused(setup), StreamError::Reserve(_)));
}

#[test]
fn the_reserve_is_half_of_the_models_hop_and_at_least_five_milliseconds() {
    let waveform = |hop| Kind::Waveform {
        sample_rate: 16_000,
        window: 2 * hop,
        hop,
    };
    for (hop, milliseconds) in [(32, 5), (160, 5), (512, 16)] {
        let expected = Duration::from_millis(milliseconds);
        assert_eq!(default_reserve(&waveform(hop)), expected);
    }
    assert_eq!(DEFAULT_RESERVE, Duration::from_millis(5));
    for frames in [SYMMETRIC, ASYMMETRIC] {
        let kind = Kind::Spectral {
            frames,
            bins: 481,
            taps: 1,
        };
        assert_eq!(default_reserve(&kind), DEFAULT_RESERVE);
    }
}
