//! Bypass: the input itself, later, whatever the worker does.

mod common;
mod realtime_support;

use limpid_engine::controls::Controls;
use limpid_engine::realtime::{BYPASS_MS, Mode};
use realtime_support::{
    call, controls, enhancer, largest_step, play, random_blocks, sine, stream, voice,
};

fn bypassed() -> Controls {
    Controls {
        bypass: true,
        ..voice()
    }
}

const FADE: usize = 48 * BYPASS_MS as usize;

#[test]
fn bypass_is_the_input_bit_for_bit() {
    let mut stream = stream(enhancer(2, || common::spectral_gain(1, 0.3)), 700);
    let input = vec![common::noise(1, 48_000), common::noise(2, 48_000)];
    let blocks = random_blocks(3, 700, 40);
    let output = play(&mut stream.port, &input, &blocks, &[(0, bypassed())]);
    let latency = stream.port.latency();
    for (before, after) in input.iter().zip(&output) {
        assert!(after[..latency].iter().all(|&y| y == 0.0));
        assert!(after[latency..] == before[..48_000 - latency]);
    }
}

#[test]
fn bypass_fades_in_and_out_without_a_step() {
    let mut stream = stream(enhancer(1, || common::spectral_gain(1, 0.1)), 256);
    let input = vec![sine(200.0, 0.5, 48_000)];
    let changes = [(0, voice()), (12_000, bypassed()), (30_000, voice())];
    let output = play(&mut stream.port, &input, &[256], &changes);
    let latency = stream.port.latency();
    let (input, output) = (&input[0], &output[0]);
    assert!(largest_step(output) < 1.3 * largest_step(input));
    let bypassed = 12_000 + FADE..30_000;
    let aligned = bypassed.start - latency..bypassed.end - latency;
    assert!(output[bypassed] == input[aligned]);
    for n in (6_000..12_000).chain(30_000 + FADE..48_000) {
        let error = output[n] - 0.1 * input[n - latency];
        assert!(error.abs() < 1e-5, "sample {n}");
    }
}

#[test]
fn bypass_switched_within_its_own_fade_turns_round() {
    let mut stream = stream(enhancer(1, || common::spectral_gain(1, 0.0)), 64);
    let input = vec![vec![1.0; 9_600]];
    let changes = [(0, voice()), (4_800, bypassed()), (5_040, voice())];
    let output = play(&mut stream.port, &input, &[64], &changes);
    let peak = output[0][4_000..].iter().copied().fold(0.0, f32::max);
    assert!((peak - 0.5).abs() < 0.01, "{peak}");
    assert!(largest_step(&output[0][4_000..]) < 1.1 / FADE as f32);
}

#[test]
fn bypass_needs_no_worker() {
    let stream = stream(enhancer(1, || common::spectral_gain(1, 0.3)), 128);
    let mut port = stream.port;
    drop(stream.worker);
    let input = vec![common::noise(1, 9_600)];
    let output = play(&mut port, &input, &[128], &[(0, bypassed())]);
    assert!(output[0][port.latency()..] == input[0][..9_600 - port.latency()]);
}

#[test]
fn what_is_no_number_becomes_silence_and_goes_no_further() {
    let mut stream = stream(enhancer(1, || common::spectral_memory(1)), 128);
    let mut input = vec![common::noise(1, 24_000)];
    for n in [5_000, 5_001, 7_300] {
        input[0][n] = f32::NAN;
        input[0][n + 10] = f32::INFINITY;
        input[0][n + 20] = f32::NEG_INFINITY;
    }
    let changes = [(0, voice()), (6_000, bypassed()), (9_000, voice())];
    let output = play(&mut stream.port, &input, &[128], &changes);
    assert!(output[0].iter().all(|y| y.is_finite()));
    assert_eq!(stream.worker.status().misses, 0);
    assert_eq!(stream.worker.status().failed, None);
}

#[test]
fn the_largest_numbers_there_are_stay_finite() {
    let mut stream = stream(enhancer(1, || common::spectral_memory(1)), 333);
    let extremes = [f32::MAX, f32::MIN, 1e38, -2e38, 0.0, f32::MIN, f32::MAX];
    let input = vec![extremes.iter().copied().cycle().take(24_000).collect()];
    for loud in [0.0, 100.0, 700.0, 5_000.0, f32::INFINITY] {
        stream.port.reset();
        let (on, off) = (controls(loud, 0.0), controls(0.0, loud));
        let bypassed = Controls {
            bypass: true,
            ..off
        };
        let changes = [(0, on), (6_000, off), (9_000, bypassed), (15_000, off)];
        let output = play(&mut stream.port, &input, &[333], &changes);
        assert!(output[0].iter().all(|y| y.is_finite()), "{loud} dB");
    }
}

#[test]
fn channels_beyond_the_announced_are_silent_and_missing_ones_do_not_matter() {
    let mut stream = stream(enhancer(2, || common::spectral_gain(1, 1.0)), 128);
    let mut three = vec![vec![1.0; 12_800]; 3];
    for n in 0..100 {
        let range = 128 * n..128 * (n + 1);
        call(&mut stream.port, &mut three, range, &voice(), Mode::Offline);
    }
    assert!(three[2].iter().all(|&y| y == 0.0));
    assert!((three[1][12_000] - 1.0).abs() < 1e-3);
    let mut one = vec![vec![0.0; 12_800]];
    for n in 0..100 {
        let range = 128 * n..128 * (n + 1);
        call(&mut stream.port, &mut one, range, &voice(), Mode::Offline);
    }
    assert!(one[0][3_000..].iter().all(|y| y.abs() < 1e-3));
}
