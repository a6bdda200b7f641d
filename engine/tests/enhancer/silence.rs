//! Silence in, silence out, and the rest of the network.

use super::common::{
    ASYMMETRIC, SYMMETRIC, counted, noise, spectral, spectral_gain, spectral_memory, waveform,
    waveform_fake,
};
use super::{all, at_48k, bits};
use limpid_engine::enhancer::Enhancer;
use std::sync::atomic::Ordering;

#[test]
fn silence_gives_silence_even_from_a_network_that_hums() {
    let hum = || waveform_fake(320, |_, _, y| y.fill(0.1));
    let own = Enhancer::new(&waveform(16_000, 320, 80), vec![hum()], 16_000, 1).unwrap();
    let other = at_48k(&waveform(16_000, 320, 80), vec![hum()], 1);
    let spectral = at_48k(&spectral(SYMMETRIC, 3), vec![spectral_memory(3)], 1);
    for mut enhancer in [own, other, spectral] {
        let second = 48_000 / enhancer.hop() * enhancer.hop();
        all(&mut enhancer, &noise(1, second), true);
        let parts = all(&mut enhancer, &vec![0.0; 3 * second], true);
        assert!(parts.voice[second / 2..].iter().all(|&x| x == 0.0));
        enhancer.reset();
        let parts = all(&mut enhancer, &vec![0.0; 3 * second], true);
        assert!(parts.voice.iter().chain(&parts.dry).all(|&x| x == 0.0));
    }
}

#[test]
fn after_a_second_of_silence_on_all_channels_the_network_rests() {
    let (network, hops) = counted(spectral_gain(1, 1.0));
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![network], 2);
    let ran = || hops.swap(0, Ordering::Relaxed);
    all(&mut enhancer, &vec![0.0; 2 * 300 * 480], true);
    assert_eq!(ran(), 100);
    // One sample on one channel wakes it, for a second.
    let mut one = vec![0.0; 2 * 300 * 480];
    one[300 * 480 + 480 * 7 + 5] = 0.1;
    all(&mut enhancer, &one, true);
    assert_eq!(ran(), 101);
    // A channel alone does not put it to rest.
    let half = [noise(1, 300 * 480), vec![0.0; 300 * 480]].concat();
    all(&mut enhancer, &half, true);
    assert_eq!(ran(), 300);
}

#[test]
fn a_word_after_a_rest_is_whole() {
    let pause = 350 * 240;
    let word = noise(2, 240 * 30);
    let input = [noise(1, 240 * 30), vec![0.0; pause], word].concat();
    let mut enhancer = at_48k(&spectral(ASYMMETRIC, 4), vec![spectral_memory(4)], 1);
    let rested = all(&mut enhancer, &input, true).voice;
    // The same without a rest: a sample too quiet to be heard keeps the network awake.
    let awake: Vec<f32> = input
        .iter()
        .map(|&x| if x == 0.0 { 1e-14 } else { x })
        .collect();
    enhancer.reset();
    let awake = all(&mut enhancer, &awake, true).voice;
    let from = 240 * 30 + pause;
    let worst = rested[from..]
        .iter()
        .zip(&awake[from..])
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-3, "{worst}");
    let energy: f32 = rested[from + 240..].iter().map(|x| x * x).sum();
    assert!(energy > 1.0);
}

#[test]
fn a_rest_changes_no_bit_of_what_a_network_without_memory_gives() {
    let input = [noise(3, 48_000), vec![0.0; 3 * 48_000], noise(4, 48_000)].concat();
    let make = || at_48k(&spectral(SYMMETRIC, 3), vec![spectral_gain(3, 0.5)], 1);
    let rested = all(&mut make(), &input, true).voice;
    let mut fresh = make();
    let before = all(&mut fresh, &input[..48_000 + 4_800], true).voice;
    let after = all(&mut fresh, &input[4 * 48_000..], true).voice;
    assert_eq!(bits(&rested[..52_800]), bits(&before));
    assert_eq!(bits(&rested[4 * 48_000..]), bits(&after));
}
