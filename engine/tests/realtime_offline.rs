//! Offline, and for any way of cutting the input into blocks: the same bits.

mod common;
mod realtime_support;

use limpid_engine::controls::{Controls, Solo};
use realtime_support::{Planar, controls, direct, enhancer, play, random_blocks, stream};

/// Faders in motion, among them changes one sample apart and within a ramp, and a link that is
/// switched.
fn moving() -> Vec<(usize, Controls)> {
    let unlinked = Controls {
        link: false,
        ..controls(-3.0, -9.0)
    };
    let solo = Controls {
        solo: Solo::Background,
        ..unlinked
    };
    let mut changes = vec![(0, controls(0.0, f32::NEG_INFINITY))];
    changes.push((700, controls(-6.0, -20.0)));
    changes.extend((0..40).map(|i| (1_000 + i, controls(-(i as f32) / 8.0, -20.0))));
    changes.push((4_803, unlinked));
    changes.push((9_601, solo));
    changes.push((13_000, controls(0.0, 0.0)));
    changes
}

fn stereo(length: usize) -> Planar {
    vec![common::noise(3, length), common::noise(4, length)]
}

#[test]
fn a_thousand_ways_of_cutting_give_the_same_bits() {
    let input = stereo(16_000);
    let mut stream = stream(enhancer(2, || common::spectral_memory(1)), 1_024);
    let expected = play(&mut stream.port, &input, &[1_024], &moving());
    for seed in 0..1_000 {
        stream.port.reset();
        let longest = [3, 17, 160, 1_024][seed as usize % 4];
        let blocks = random_blocks(seed + 1, longest, 61);
        let output = play(&mut stream.port, &input, &blocks, &moving());
        assert!(output == expected, "cut number {seed}");
    }
    assert_eq!(stream.worker.status().misses, 0);
}

#[test]
fn a_stream_equals_enhancer_and_mixer_alone() {
    let input = stereo(48_000);
    for longest in [1, 128, 4_096] {
        let mut stream = stream(enhancer(2, || common::spectral_memory(1)), longest);
        let output = play(&mut stream.port, &input, &[longest], &moving());
        let mut alone = enhancer(2, || common::spectral_memory(1));
        let expected = direct(&mut alone, stream.port.latency(), &input, &moving());
        assert!(output == expected, "longest block {longest}");
    }
}

#[test]
fn six_channels_keep_their_places() {
    let input: Planar = (0..6).map(|c| common::noise(20 + c, 20_000)).collect();
    let mut stream = stream(enhancer(6, || common::spectral_memory(1)), 300);
    let output = play(&mut stream.port, &input, &[300, 1, 299], &moving());
    let mut alone = enhancer(6, || common::spectral_memory(1));
    let expected = direct(&mut alone, stream.port.latency(), &input, &moving());
    assert!(output == expected);
}
