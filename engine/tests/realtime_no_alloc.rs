//! The audio thread neither allocates nor frees, whatever happens around it.

mod common;
mod realtime_support;

use allocation_counter::measure;
use limpid_engine::controls::Controls;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::realtime::{Mode, Port};
use realtime_support::{Valve, controls, enhancer, enhancer_at, stream, until, voice};

/// Runs `call` and asserts that this thread neither allocated nor freed in it.
fn assert_no_alloc(call: impl FnOnce()) {
    let info = measure(call);
    assert_eq!((info.count_total, info.count_current), (0, 0));
}

#[test]
fn the_counter_sees_an_allocation_and_a_free() {
    let mut kept = None;
    assert_eq!(measure(|| kept = Some(Box::new(1))).count_total, 1);
    assert_eq!(measure(|| drop(kept.take())).count_current, -1);
}

/// One second of noise in blocks of 100 samples, each call without an allocation.
fn second(port: &mut Port, controls: &Controls, mode: Mode, mut between: impl FnMut(usize)) {
    let (mut left, mut right) = (common::noise(1, 48_000), common::noise(2, 48_000));
    let blocks = left.chunks_mut(100).zip(right.chunks_mut(100));
    for (n, (left, right)) in blocks.enumerate() {
        between(n);
        assert_no_alloc(|| port.process(&mut [left, right], controls, mode));
    }
}

fn two(gain: f32) -> Box<Enhancer> {
    enhancer(2, || common::spectral_gain(1, gain))
}

#[test]
fn playing_in_real_time_and_offline() {
    let mut stream = stream(two(0.5), 64);
    for mode in [Mode::RealTime, Mode::Offline] {
        second(&mut stream.port, &voice(), mode, |_| {});
        second(&mut stream.port, &controls(-3.0, -12.0), mode, |_| {});
        let bypassed = Controls {
            bypass: true,
            ..voice()
        };
        second(&mut stream.port, &bypassed, mode, |_| {});
    }
}

#[test]
fn resting_and_waking() {
    let mut stream = stream(two(0.5), 64);
    let mut position = 0;
    for sound in [false, false, false, true, false] {
        let mut left = vec![0.0; 48_000];
        if sound {
            left[100] = 0.5;
        }
        let mut right = left.clone();
        for (left, right) in left.chunks_mut(64).zip(right.chunks_mut(64)) {
            let before = stream.worker.status().wakes;
            let block: &mut [&mut [f32]] = &mut [left, right];
            assert_no_alloc(|| stream.port.process(block, &voice(), Mode::RealTime));
            position += 64;
            if stream.worker.status().wakes != before {
                until(&stream.worker, "hops", |s| s.hops >= position / 480);
            }
        }
    }
    let status = stream.worker.status();
    assert!(status.wakes < 400, "{status:?}");
}

#[test]
fn missing_and_overflowing() {
    let valve = Valve::default();
    let through = enhancer(2, || valve.guard(common::spectral_gain(1, 0.5)));
    let mut stream = stream(through, 128);
    second(&mut stream.port, &voice(), Mode::RealTime, |n| {
        // Longer and longer stalls.
        if (n as f64).sqrt().fract() < 0.3 {
            valve.close();
        } else {
            valve.open();
        }
    });
    valve.close();
    for _ in 0..3 {
        second(&mut stream.port, &voice(), Mode::RealTime, |_| {});
    }
    valve.open();
    assert!(stream.worker.status().misses > 0);
    assert!(stream.worker.status().lost > 0);
}

#[test]
fn resetting() {
    let mut stream = stream(two(0.5), 128);
    for n in 0..20 {
        let mut left = common::noise(n, 1_280);
        let mut right = left.clone();
        for at in (0..1_280).step_by(128) {
            let block: &mut [&mut [f32]] = &mut [&mut left[at..at + 128], &mut right[at..at + 128]];
            assert_no_alloc(|| stream.port.process(block, &voice(), Mode::RealTime));
        }
        assert_no_alloc(|| stream.port.reset());
    }
}

#[test]
fn changing_models_a_hundred_times() {
    let mut stream = stream(two(0.5), 128);
    let mut taken = 0;
    let (port, loader) = (&mut stream.port, &mut stream.loader);
    while taken < 100 {
        second(port, &voice(), Mode::Offline, |n| {
            if n % 10 == 0 && loader.offer(two(0.25)).is_ok() {
                taken += 1;
            }
        });
    }
    assert_eq!(stream.worker.status().misses, 0);
}

#[test]
fn failing() {
    let panicking = enhancer_at(48_000, common::SYMMETRIC, 2, || {
        common::spectral_fake(1, |hop, _, _| assert!(hop < 20, "out of luck"))
    });
    let mut stream = stream(panicking, 128);
    second(&mut stream.port, &voice(), Mode::Offline, |_| {});
    until(&stream.worker, "failure told", |s| s.failed.is_some());
    drop(stream.worker);
    second(&mut stream.port, &voice(), Mode::RealTime, |_| {});
}
