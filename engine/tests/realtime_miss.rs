//! A hop that is not there in time: counted, covered, aligned, forgotten.

mod common;
mod realtime_support;

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{ASYMMETRIC, BINS, SYMMETRIC};
use limpid_engine::frames::FrameSpec;
use limpid_engine::network::Network;
use realtime_support::{Host, RATE, Valve, enhancer_at, largest_step, made, sine, voice};

/// Four hops overlap: the tail of a hop outlives the next one.
const DENSE: FrameSpec = FrameSpec {
    window_ms: 20.0,
    hop_ms: 5.0,
    synthesis_ms: 20.0,
};

/// A host that plays `input` through this network behind a valve.
fn host(
    frames: FrameSpec,
    input: Vec<Vec<f32>>,
    network: impl Fn() -> Box<dyn Network>,
) -> (Host, Valve) {
    let valve = Valve::default();
    let through = enhancer_at(RATE, frames, input.len(), || valve.guard(network()));
    (Host::new(through, 128, input), valve)
}

/// Loud for seven hops, quiet for seven.
fn uneasy() -> Box<dyn Network> {
    common::spectral_fake(1, |hop, _, filter| {
        filter[..BINS].fill(if hop / 7 % 2 == 0 { 0.9 } else { 0.2 });
    })
}

#[test]
fn a_stall_costs_exactly_the_hops_that_fell_due() {
    let (mut host, valve) = host(SYMMETRIC, vec![sine(440.0, 0.5, 96_000)], || {
        common::spectral_gain(1, 0.5)
    });
    host.calmly(12_800, 128, &voice());
    assert_eq!(host.misses(), 0);
    valve.close();
    host.hastily(20_480, 128, &voice());
    let missed = host.due(12_800, 20_480);
    assert!(missed > 10);
    assert_eq!(host.misses(), missed);
    valve.open();
    host.settle();
    host.calmly(64_000, 128, &voice());
    assert_eq!(host.misses(), missed);
    assert_eq!(host.stream.worker.status().lost, 0);
}

#[test]
fn what_covers_is_aligned_and_as_loud_as_the_last_hop() {
    // The network only halves, so the cover must be the very thing that it stands for.
    for frames in [SYMMETRIC, ASYMMETRIC, DENSE] {
        let input = vec![sine(440.0, 0.5, 64_000), sine(770.0, 0.4, 64_000)];
        let (mut host, valve) = host(frames, input, || common::spectral_gain(1, 0.5));
        for stall in 1..20 {
            host.calmly(host.position + 2_560, 128, &voice());
            valve.close();
            host.hastily(host.position + 128 * stall / 3, 128, &voice());
            valve.open();
            host.settle();
        }
        assert!(host.misses() > 0);
        for channel in 0..2 {
            let settled = 2_000..host.position;
            let aligned = host.aligned(channel, settled.clone());
            for (n, x) in settled.zip(aligned) {
                let error = host.output[channel][n] - 0.5 * x;
                assert!(
                    error.abs() < 2e-3,
                    "{frames:?} channel {channel}: {error} at {n}"
                );
            }
        }
    }
}

#[test]
fn the_output_has_no_step_whenever_the_worker_stalls() {
    for frames in [SYMMETRIC, ASYMMETRIC, DENSE] {
        let input = sine(100.0, 0.5, 256_000);
        // Fades add as much again to the slope of the tone; a cut would be a step of up to 0.35.
        let limit = 2.0 * largest_step(&input);
        let (mut host, valve) = host(frames, vec![input], uneasy);
        for stall in common::noise(9, 200) {
            host.calmly(host.position + 512, 128, &voice());
            valve.close();
            let length = ((stall + 0.5) * 900.0) as usize;
            host.hastily(host.position + length, 128, &voice());
            valve.open();
            host.settle();
        }
        assert!(host.misses() > 50);
        let step = largest_step(&host.output[0][..host.position]);
        assert!(
            step < limit,
            "{frames:?}: a step of {step}, the limit is {limit}"
        );
    }
}

#[test]
fn a_waveform_model_stalls_without_a_step_at_its_own_rate_and_another() {
    for own in [RATE, 16_000] {
        let contract = common::waveform(own, 512, 128);
        let valve = Valve::default();
        let uneasy = || {
            valve.guard(common::waveform_fake(512, |hop, x, y| {
                let gain = if hop / 7 % 2 == 0 { 0.9 } else { 0.2 };
                y.iter_mut().zip(x).for_each(|(y, x)| *y = gain * x);
            }))
        };
        let input = sine(100.0, 0.5, 256_000);
        let limit = 2.0 * largest_step(&input);
        let through = made(&contract, RATE, 1, uneasy);
        let mut host = Host::new(through, 128, vec![input]);
        for stall in common::noise(9, 100) {
            host.calmly(host.position + 1_024, 128, &voice());
            valve.close();
            host.hastily(
                host.position + ((stall + 0.5) * 1_500.0) as usize,
                128,
                &voice(),
            );
            valve.open();
            host.settle();
        }
        assert!(host.misses() > 30);
        let step = largest_step(&host.output[0][..host.position]);
        assert!(
            step < limit,
            "{own} Hz: a step of {step}, the limit is {limit}"
        );
    }
}

#[test]
fn after_a_stall_the_output_is_what_it_would_have_been() {
    // What the network remembers is whole again, as no input was lost.
    let input = vec![common::noise(5, 96_000)];
    let (mut host, valve) = host(SYMMETRIC, input.clone(), || common::spectral_memory(1));
    host.calmly(9_600, 128, &voice());
    valve.close();
    host.hastily(12_800, 128, &voice());
    valve.open();
    host.settle();
    host.calmly(90_000, 128, &voice());
    let (mut calm, _) = self::host(SYMMETRIC, input, || common::spectral_memory(1));
    calm.calmly(90_000, 128, &voice());
    assert!(host.misses() > 0);
    assert_eq!(calm.misses(), 0);
    let recovered = 12_800 + 2_000;
    assert!(host.output[0][recovered..90_000] == calm.output[0][recovered..90_000]);
}

/// Plays on until a second has passed without a miss, however long it takes; gives that second.
fn recover(host: &mut Host) -> std::ops::Range<usize> {
    let mut since = (host.misses(), host.position);
    while host.position - since.1 < 48_000 {
        host.block(128, &voice());
        std::thread::sleep(Duration::from_micros(300));
        if host.misses() != since.0 {
            since = (host.misses(), host.position);
        }
    }
    since.1..host.position
}

#[test]
fn a_stall_longer_than_the_rings_is_survived() {
    let input = vec![sine(440.0, 0.5, 2_000_000)];
    let (mut host, valve) = host(SYMMETRIC, input, || common::spectral_gain(1, 0.5));
    host.calmly(12_800, 128, &voice());
    valve.close();
    host.hastily(300_032, 128, &voice());
    let status = host.stream.worker.status();
    assert!(status.lost > 0, "the rings hold no six seconds");
    assert_eq!(status.misses, host.due(12_800, 300_032));
    valve.open();
    let calm = recover(&mut host);
    let calm = calm.start + 2_000..calm.end;
    let aligned = host.aligned(0, calm.clone());
    for (y, x) in host.output[0][calm].iter().zip(aligned) {
        assert!((y - 0.5 * x).abs() < 2e-3);
    }
}

#[test]
fn hops_that_are_hopeless_are_not_computed() {
    let valve = Valve::default();
    let (counting, count) = common::counted(common::spectral_gain(1, 0.5));
    let network = Cell::new(Some(valve.guard(counting)));
    let through = enhancer_at(RATE, SYMMETRIC, 1, || network.take().unwrap());
    let mut host = Host::new(through, 128, vec![sine(440.0, 0.5, 2_000_000)]);
    host.calmly(4_800, 128, &voice());
    valve.close();
    host.hastily(24_000, 128, &voice());
    // As long as that one hop took is, as far as the worker knows, what a hop takes.
    std::thread::sleep(Duration::from_millis(600));
    valve.open();
    recover(&mut host);
    let computed = count.load(Ordering::Relaxed);
    assert!(computed < host.position / host.hop - 30, "{computed} hops");
}
