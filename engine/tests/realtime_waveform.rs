//! A waveform model in the real runtime behind the two real-time halves: true latency at its own rate
//! and at every other, and what the enhancer alone makes of the same sound.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is the failure of the test"
)]

mod common;
mod realtime_support;
mod support;

use limpid_engine::enhancer::{Enhancer, latency_of};
use limpid_engine::network::Network;
use limpid_engine::realtime::{DEFAULT_RESERVE, Setup, Stream, latency, start};
use realtime_support::{Host, Planar, RATE, direct, play, random_blocks, voice};

/// The model's own rate.
const OWN: u32 = 16_000;

/// An enhancer round a convolution over three samples, a quarter, a half, a quarter.
fn smooth(rate: u32, channels: usize) -> Box<Enhancer> {
    let model = support::model("waveform_smooth");
    let networks = (0..channels)
        .map(|_| Box::new(model.open_stream().unwrap()) as Box<dyn Network>)
        .collect();
    Box::new(Enhancer::new(model.contract(), networks, rate, channels).unwrap())
}

fn stream(rate: u32, longest: usize) -> Stream {
    start(Setup::new(rate, 1, longest), smooth(rate, 1)).unwrap()
}

/// What comes out of an impulse at sample `at`, and the latency that the port states.
fn impulse(rate: u32, longest: usize, blocks: &[usize], at: usize) -> (Vec<f32>, usize) {
    let mut stream = stream(rate, longest);
    let stated = stream.port.latency();
    let mut input: Planar = vec![vec![0.0; at + 2 * stated + longest]];
    input[0][at] = 1.0;
    let output = play(&mut stream.port, &input, blocks, &[(0, voice())]);
    assert_eq!(stream.worker.status().misses, 0);
    (output.into_iter().next().unwrap(), stated)
}

#[test]
fn at_its_own_rate_an_impulse_comes_out_on_the_sample() {
    for (longest, at) in [(1, 500), (64, 1_001), (512, 2_345), (4_096, 128)] {
        let blocks = random_blocks(at as u64, longest, 50);
        let (output, stated) = impulse(OWN, longest, &blocks, at);
        for (n, y) in output.into_iter().enumerate() {
            let expected = match n.abs_diff(at + stated) {
                0 => 0.5,
                1 => 0.25,
                _ => 0.0,
            };
            // Where a frame ends, the convolution misses its neighbour, under the window's outermost 1e-4.
            assert!(
                (y - expected).abs() < 1e-4,
                "blocks of up to {longest}: {y} at {n}"
            );
        }
    }
}

#[test]
fn at_another_rate_an_impulse_peaks_within_a_sample_of_the_stated_latency() {
    for rate in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000] {
        for longest in [64, 1_000] {
            let at = rate as usize / 50;
            let (output, stated) = impulse(rate, longest, &[longest, 7, longest / 2], at);
            let loudest = (0..output.len())
                .max_by(|&a, &b| output[a].abs().total_cmp(&output[b].abs()))
                .unwrap();
            assert!(
                loudest.abs_diff(at + stated) <= 1,
                "{rate} Hz: stated {stated}, came after {}",
                loudest - at
            );
        }
    }
}

#[test]
fn the_stated_latency_follows_from_the_model_and_the_setup_alone() {
    let model = support::model("waveform_smooth");
    for rate in [OWN, 44_100, 48_000] {
        let (hop, overlap) = latency_of(model.contract(), rate).unwrap();
        for longest in [32, 2_048] {
            let expected = latency(rate, longest, DEFAULT_RESERVE, hop, overlap);
            assert_eq!(stream(rate, longest).port.latency(), expected);
        }
    }
    // A window of 256 samples, and a reserve of 5 ms.
    assert_eq!(stream(OWN, 32).port.latency(), 256 + 80);
}

#[test]
fn what_comes_out_is_the_enhancers_bit_for_bit() {
    let input: Planar = vec![common::noise(5, 30_000)];
    for rate in [OWN, 44_100, 48_000] {
        let mut stream = stream(rate, 700);
        let blocks = random_blocks(u64::from(rate), 700, 80);
        let output = play(&mut stream.port, &input, &blocks, &[(0, voice())]);
        let stated = stream.port.latency();
        let expected = direct(&mut smooth(rate, 1), stated, &input, &[(0, voice())]);
        assert!(output[0][..expected[0].len()] == expected[0], "{rate} Hz");
        assert!(output[0].iter().any(|y| y.abs() > 0.1));
    }
}

#[test]
fn in_real_time_it_is_the_same_bits_as_offline() {
    let input: Planar = vec![common::noise(6, 24_000), common::noise(7, 24_000)];
    let mut offline = start(Setup::new(RATE, 2, 480), smooth(RATE, 2)).unwrap();
    let expected = play(&mut offline.port, &input, &[480], &[(0, voice())]);
    let mut host = Host::new(smooth(RATE, 2), 480, input);
    host.calmly(24_000, 480, &voice());
    assert_eq!(host.misses(), 0);
    assert!(host.output == expected);
}
