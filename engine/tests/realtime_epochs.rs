//! A reset forgets, a jump of the transport does not.

mod common;
mod realtime_support;

use limpid_engine::realtime::Mode;
use realtime_support::{Host, Valve, call, direct, enhancer, play, stream, voice};

#[test]
fn after_a_reset_nothing_of_before_is_heard() {
    let valve = Valve::default();
    let through = enhancer(1, || valve.guard(common::spectral_gain(1, 1.0)));
    let mut input = vec![common::noise(1, 9_600)];
    input[0].extend(vec![0.0; 48_000]);
    let mut host = Host::new(through, 128, input);
    host.calmly(4_800, 128, &voice());
    // Hops wait in the worker and in both rings.
    valve.close();
    host.hastily(9_600, 128, &voice());
    host.stream.port.reset();
    let start = host.position;
    host.hastily(start + 1_280, 128, &voice());
    valve.open();
    while host.position < start + 24_000 {
        host.block(128, &voice());
        std::thread::yield_now();
    }
    assert!(
        host.output[0][start..host.position]
            .iter()
            .all(|&y| y == 0.0)
    );
}

#[test]
fn an_epoch_after_a_reset_is_as_the_first_one() {
    let mut stream = stream(enhancer(2, || common::spectral_memory(1)), 256);
    let warm = [common::noise(8, 30_000), common::noise(9, 30_000)];
    let input = vec![common::noise(1, 30_000), common::noise(2, 30_000)];
    let latency = stream.port.latency();
    let mut alone = enhancer(2, || common::spectral_memory(1));
    let expected = direct(&mut alone, latency, &input, &[(0, voice())]);
    for length in [100, 12_345, 30_000] {
        let part = warm.iter().map(|c| c[..length].to_vec()).collect();
        play(&mut stream.port, &part, &[256], &[(0, voice())]);
        stream.port.reset();
        assert!(play(&mut stream.port, &input, &[256], &[(0, voice())]) == expected);
        stream.port.reset();
    }
}

#[test]
fn resets_in_a_row_while_the_worker_stalls_are_survived() {
    let valve = Valve::default();
    let through = enhancer(1, || valve.guard(common::spectral_memory(1)));
    let mut stream = stream(through, 128);
    let input = vec![common::noise(1, 24_000)];
    valve.close();
    for n in 0..200 {
        let mut part = vec![input[0][..128 + n].to_vec()];
        call(
            &mut stream.port,
            &mut part,
            0..128,
            &voice(),
            Mode::RealTime,
        );
        stream.port.reset();
    }
    valve.open();
    let mut alone = enhancer(1, || common::spectral_memory(1));
    let expected = direct(&mut alone, stream.port.latency(), &input, &[(0, voice())]);
    assert!(play(&mut stream.port, &input, &[128], &[(0, voice())]) == expected);
}

#[test]
fn looped_playback_loses_nothing() {
    // The host jumps back each 10,007 samples and plays on without a reset. With delay compensation
    // it still wants what it sent before the jump.
    let bar = common::noise(6, 10_007);
    let input: Vec<f32> = bar.iter().copied().cycle().take(80_000).collect();
    let mut stream = stream(enhancer(1, || common::spectral_gain(1, 1.0)), 512);
    let latency = stream.port.latency();
    let output = play(
        &mut stream.port,
        &vec![input.clone()],
        &[512],
        &[(0, voice())],
    );
    assert!(common::error_db(&output[0][latency..], &input) < -100.0);
}
