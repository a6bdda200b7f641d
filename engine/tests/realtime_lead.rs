//! Waiting: never in real time, within its lead for a host that runs ahead, for long offline.

mod common;
mod realtime_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use limpid_engine::realtime::{Clock, Mode, Monotonic};
use realtime_support::{
    HandClock, Planar, RATE, Valve, call, direct, enhancer, stream, stream_by, until, voice,
};

/// The system's clock, and jumps.
#[derive(Default)]
struct Jumping(Monotonic, Arc<AtomicU64>);

impl Clock for Jumping {
    fn now(&self) -> Duration {
        self.0.now() + Duration::from_millis(self.1.load(Ordering::Relaxed))
    }
}

#[test]
fn bursts_of_ten_blocks_miss_nothing() {
    let clock = Jumping::default();
    let jump = Arc::clone(&clock.1);
    let block = 24_000;
    let mut stream = stream_by(enhancer(1, || common::spectral_memory(1)), block, clock);
    let mut audio: Planar = vec![common::noise(1, 40 * block)];
    let mut alone = enhancer(1, || common::spectral_memory(1));
    let latency = stream.port.latency();
    let expected = direct(&mut alone, latency, &audio, &[(0, voice())]);
    for burst in 0..4 {
        for n in 0..10 {
            let at = (10 * burst + n) * block;
            call(
                &mut stream.port,
                &mut audio,
                at..at + block,
                &voice(),
                Mode::RealTime,
            );
        }
        // Ten blocks last five seconds, in which the worker has long done its part; once the host
        // pauses for longer.
        let hops = (10 * (burst + 1) * block / 480) as u64;
        until(&stream.worker, "hops computed", |s| s.hops == hops);
        let pause = if burst == 1 { 60_000 } else { 5_000 };
        jump.fetch_add(pause, Ordering::Relaxed);
    }
    assert_eq!(stream.worker.status().misses, 0);
    assert!(audio == expected);
}

/// Waits of the calls of a burst, with a worker that gives nothing and a clock that moves when read.
fn waits(block: usize, blocks: usize) -> Vec<Duration> {
    let (clock, valve) = (HandClock::default(), Valve::default());
    let through = enhancer(1, || valve.guard(common::spectral_gain(1, 1.0)));
    let mut stream = stream_by(through, block, clock.clone());
    valve.close();
    clock.tick(Duration::from_millis(1));
    let mut audio = vec![vec![0.0; block]];
    let waits = (0..blocks)
        .map(|_| {
            let before = clock.time();
            call(
                &mut stream.port,
                &mut audio,
                0..block,
                &voice(),
                Mode::RealTime,
            );
            clock.time() - before
        })
        .collect();
    valve.open();
    waits
}

#[test]
fn a_host_ahead_is_never_held_for_longer_than_its_lead_less_one_block() {
    let (block, count) = (4_800, 10);
    let tick = Duration::from_millis(1);
    let lasts = Duration::from_millis(100);
    let mut passed = Duration::ZERO;
    for (n, wait) in waits(block, count).into_iter().enumerate() {
        let pushed = lasts * (n as u32 + 1);
        let lead = pushed.saturating_sub(passed);
        // It reads the clock, a tick each, on entry and at each of ten hops to find that time is up.
        let most = lead.saturating_sub(lasts) + 13 * tick;
        assert!(
            wait <= most,
            "call {n} took {wait:?} where {most:?} are allowed"
        );
        passed += wait;
    }
    // And it does use them: ten blocks of a dead worker take nine blocks' time.
    assert!(passed > lasts * 8, "{passed:?}");
}

/// Plays for `seconds` with a worker that gives nothing, each block `late(n)` samples late by the
/// host's clock, which runs `ppm` faster than ours. The clock stands still within a call: a port
/// that waits hangs here.
fn plays_through(block: usize, seconds: usize, ppm: f64, late: impl Fn(usize) -> f64) {
    struct Set(Arc<AtomicU64>);
    impl Clock for Set {
        fn now(&self) -> Duration {
            Duration::from_nanos(self.0.load(Ordering::Relaxed))
        }
    }
    let now = Arc::new(AtomicU64::new(0));
    let valve = Valve::default();
    let through = enhancer(1, || valve.guard(common::spectral_gain(1, 1.0)));
    let mut stream = stream_by(through, block, Set(Arc::clone(&now)));
    valve.close();
    let mut audio = vec![vec![0.0; block]];
    let rate = f64::from(RATE) * (1.0 + ppm * 1e-6);
    for n in 0..seconds * RATE as usize / block {
        let time = ((n * block) as f64 + late(n) * block as f64) / rate;
        now.store((time * 1e9) as u64, Ordering::Relaxed);
        call(
            &mut stream.port,
            &mut audio,
            0..block,
            &voice(),
            Mode::RealTime,
        );
    }
    assert!(stream.worker.status().misses > 0);
    valve.open();
}

#[test]
fn in_real_time_the_port_never_waits() {
    plays_through(128, 20, 0.0, |_| 0.0);
}

#[test]
fn jitter_of_almost_half_a_block_is_no_lead() {
    let jitter = common::noise(7, 100_000);
    plays_through(128, 20, 0.0, |n| f64::from(jitter[n] + 0.5) * 0.49);
    plays_through(1_024, 60, 0.0, |n| f64::from(jitter[n] + 0.5) * 0.49);
}

#[test]
fn a_sound_card_that_runs_fast_gains_no_lead_in_an_hour() {
    plays_through(4_800, 3_600, 300.0, |_| 0.0);
}

#[test]
fn a_host_that_was_late_once_is_not_ahead_afterwards() {
    // Up to a block late, as a busy host is; the next calls are in time again.
    plays_through(128, 20, 0.0, |n| if n % 1_000 == 999 { 0.4 } else { 0.0 });
}

#[test]
fn a_worker_that_hangs_does_not_hang_an_offline_host() {
    let (clock, valve) = (HandClock::default(), Valve::default());
    let through = enhancer(1, || valve.guard(common::spectral_gain(1, 0.5)));
    let mut stream = stream_by(through, 480, clock.clone());
    let mut audio = vec![common::noise(1, 48_000)];
    for n in 0..20 {
        call(
            &mut stream.port,
            &mut audio,
            480 * n..480 * (n + 1),
            &voice(),
            Mode::Offline,
        );
    }
    assert_eq!(stream.worker.status().misses, 0);
    valve.close();
    clock.tick(Duration::from_secs(1));
    for n in 20..100 {
        call(
            &mut stream.port,
            &mut audio,
            480 * n..480 * (n + 1),
            &voice(),
            Mode::Offline,
        );
    }
    assert!(stream.worker.status().misses > 70);
    valve.open();
}

#[test]
fn an_offline_host_waits_for_a_slow_worker() {
    let slow = || {
        common::spectral_fake(1, |_, _, filter| {
            std::thread::sleep(Duration::from_millis(15));
            filter[..common::BINS].fill(1.0);
        })
    };
    let mut stream = stream(enhancer(1, slow), 64);
    let mut audio = vec![common::noise(1, 24_000)];
    for n in 0..375 {
        call(
            &mut stream.port,
            &mut audio,
            64 * n..64 * (n + 1),
            &voice(),
            Mode::Offline,
        );
    }
    assert_eq!(stream.worker.status().misses, 0);
    assert_eq!(stream.worker.status().lost, 0);
}
