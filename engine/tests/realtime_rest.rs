//! On digital silence the worker is let sleep, and nobody hears a difference.

mod common;
mod realtime_support;

use limpid_engine::controls::Controls;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::realtime::{Mode, Offered};
use realtime_support::{
    Host, Planar, RATE, call, controls, direct, enhancer, largest_step, sine, voice,
};

/// Seconds of silence in samples.
const fn seconds(n: usize) -> usize {
    n * RATE as usize
}

fn half(channels: usize) -> Box<Enhancer> {
    enhancer(channels, || common::spectral_gain(1, 0.5))
}

/// Plays up to sample `end`; each time that the port has woken the worker, the worker is done before the
/// next block, as in real time. Gives how often it was woken.
fn play(host: &mut Host, end: usize, length: usize, controls: &Controls) -> u64 {
    let begun = host.stream.worker.status().wakes;
    while host.position < end {
        let before = host.stream.worker.status().wakes;
        host.block(length.min(end - host.position), controls);
        if host.stream.worker.status().wakes != before {
            host.settle();
        }
    }
    host.stream.worker.status().wakes - begun
}

/// Noise, silence, noise and so on, of these lengths.
fn now_and_then(seed: u64, lengths: &[usize]) -> Vec<f32> {
    let parts = lengths.iter().enumerate().map(|(n, &length)| {
        if n % 2 == 0 {
            common::noise(seed + n as u64, length)
        } else {
            // What is muted by a factor has zeros of both signs.
            common::noise(seed, length)
                .iter()
                .map(|x| 0.0 * x)
                .collect()
        }
    });
    parts.flatten().collect()
}

fn bits(planar: &Planar) -> Vec<Vec<u32>> {
    let channel = |samples: &Vec<f32>| samples.iter().map(|x| x.to_bits()).collect();
    planar.iter().map(channel).collect()
}

#[track_caller]
fn assert_calm(host: &Host) {
    let status = host.stream.worker.status();
    assert_eq!((status.misses, status.lost), (0, 0));
    assert!(status.slack.is_some_and(|slack| slack >= 0), "{status:?}");
}

#[test]
fn the_same_bits_come_out_with_rests_as_without() {
    for (block, begins) in [(64, 0), (128, 5), (480, 77), (1_000, 479)] {
        let lengths = [
            9_600,
            seconds(10) + begins,
            4_800,
            seconds(3),
            1,
            seconds(2),
            9_600,
        ];
        // The second channel speaks once more often than the first.
        let mut left = now_and_then(1, &lengths);
        let right = left.clone();
        left[9_600 + seconds(10) + begins..][..4_800].fill(0.0);
        let input = vec![left, right];
        let mut host = Host::new(half(2), block, input.clone());
        play(&mut host, input[0].len(), block, &voice());
        let latency = host.stream.port.latency();
        let expected = direct(&mut half(2), latency, &input, &[(0, voice())]);
        assert!(bits(&host.output) == bits(&expected), "blocks of {block}");
        assert_calm(&host);
    }
}

#[test]
fn at_rest_the_worker_is_woken_ten_times_a_second() {
    let input = vec![now_and_then(1, &[4_800, seconds(13), 48_000])];
    let mut host = Host::new(half(1), 128, input.clone());
    play(&mut host, seconds(3), 128, &voice());
    let woken = play(&mut host, seconds(13), 128, &voice());
    assert!((90..=110).contains(&woken), "{woken}");
    play(&mut host, 4_800 + seconds(13), 128, &voice());
    let sounding = play(&mut host, input[0].len(), 128, &voice());
    assert!((98..=103).contains(&sounding), "{sounding}");
    assert_calm(&host);
}

#[test]
fn a_voice_after_a_rest_begins_at_its_first_sample() {
    let begins = seconds(10) + 333;
    let mut input = vec![0.0; begins + 24_000];
    input[begins..].copy_from_slice(&sine(300.0, 0.5, 24_000));
    let mut host = Host::new(half(1), 128, vec![input]);
    play(&mut host, begins + 24_000, 128, &voice());
    let latency = host.stream.port.latency();
    let heard = &host.output[0];
    assert!(heard[..begins].iter().all(|&x| x == 0.0));
    assert!(
        heard[begins..begins + latency]
            .iter()
            .all(|x| x.abs() < 1e-6)
    );
    for (n, &x) in heard[begins + latency..].iter().enumerate() {
        let expected = 0.5 * host.input[0][begins + n];
        assert!((x - expected).abs() < 1e-3, "{n}: {x} for {expected}");
    }
    assert_calm(&host);
}

#[test]
fn a_model_that_is_changed_at_rest_takes_over_and_rests_as_well() {
    for block in [128, 480, 512, 1_000] {
        let begins = seconds(8);
        let input: Vec<f32> = [vec![0.0; begins], sine(300.0, 0.5, 48_000)].concat();
        let length = input.len();
        let mut host = Host::new(half(1), block, vec![input]);
        play(&mut host, seconds(4), block, &voice());
        let quarter = enhancer(1, || common::spectral_gain(1, 0.25));
        assert_eq!(host.stream.loader.offer(quarter).unwrap(), Offered::Now);
        play(&mut host, seconds(6), block, &voice());
        assert_eq!(host.stream.loader.collect(), 1);
        let woken = play(&mut host, seconds(8), block, &voice());
        assert!(woken <= 25, "{woken}");
        play(&mut host, length, block, &voice());
        let latency = host.stream.port.latency();
        let heard = &host.output[0][begins + latency..];
        let peak = heard.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        assert!((peak - 0.125).abs() < 1e-3, "{peak}");
        assert!(largest_step(heard) < 0.01);
        assert_calm(&host);
    }
}

#[test]
fn bypass_and_a_new_start_do_at_rest_what_they_always_do() {
    let begins = seconds(3);
    let sound = common::noise(1, 24_000);
    let input: Vec<f32> = [vec![0.0; begins], sound.clone()].concat();
    let mut host = Host::new(half(1), 128, vec![input.clone()]);
    play(&mut host, begins, 128, &voice());
    let bypassed = Controls {
        bypass: true,
        ..voice()
    };
    play(&mut host, input.len(), 128, &bypassed);
    assert_eq!(host.output[0], host.aligned(0, 0..input.len()));
    assert_calm(&host);

    let mut host = Host::new(half(1), 128, vec![input.clone()]);
    play(&mut host, begins, 128, &voice());
    host.stream.port.reset();
    let heard: Planar = vec![sound.clone()];
    let mut again = heard.clone();
    for at in (0..24_000).step_by(96) {
        call(
            &mut host.stream.port,
            &mut again,
            at..at + 96,
            &voice(),
            Mode::Offline,
        );
    }
    let latency = host.stream.port.latency();
    let expected = direct(&mut half(1), latency, &heard, &[(0, voice())]);
    assert!(bits(&again) == bits(&expected));
}

#[test]
fn a_render_that_begins_at_rest_waits_for_nothing_that_does_not_come() {
    let lengths = [4_800, seconds(4), 9_600, seconds(3), 4_800];
    let input = vec![now_and_then(3, &lengths)];
    let mut host = Host::new(half(1), 100, input.clone());
    // Some hops wait for the worker then, and part of another. The clock stands still: what waits for them
    // hangs here.
    play(&mut host, seconds(3) + 2_000, 100, &voice());
    for at in (host.position..input[0].len()).step_by(100) {
        call(
            &mut host.stream.port,
            &mut host.output,
            at..at + 100,
            &voice(),
            Mode::Offline,
        );
    }
    let latency = host.stream.port.latency();
    let expected = direct(&mut half(1), latency, &input, &[(0, voice())]);
    assert!(bits(&host.output) == bits(&expected));
    assert_calm(&host);
}

#[test]
fn faders_that_move_with_each_sample_of_a_rest_lose_none() {
    let input = vec![now_and_then(5, &[4_800, seconds(3), 4_800])];
    let mut host = Host::new(half(1), 16, input.clone());
    play(&mut host, seconds(2), 16, &voice());
    for n in 0..seconds(1) / 4 {
        let moving = controls(-(n as f32 % 60.0), f32::NEG_INFINITY);
        let end = host.position + 4;
        play(&mut host, end, 4, &moving);
    }
    play(&mut host, input[0].len(), 16, &voice());
    assert_calm(&host);
}
