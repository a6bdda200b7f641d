//! A network that fails or panics, a worker that is gone: the input goes through, and it is told.

mod common;
mod realtime_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::BINS;
use limpid_engine::network::{Network, NetworkError};
use limpid_engine::realtime::Mode;
use realtime_support::{Host, call, enhancer, largest_step, sine, stream, until, voice};

/// Halves, and fails while it is told to.
struct Moody {
    inner: Box<dyn Network>,
    fails: Arc<AtomicBool>,
    panics: bool,
}

impl Network for Moody {
    fn input_len(&self) -> usize {
        self.inner.input_len()
    }
    fn output_len(&self) -> usize {
        self.inner.output_len()
    }
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        if self.fails.load(Ordering::SeqCst) {
            assert!(!self.panics, "out of luck");
            return Err(NetworkError::Refused("out of memory".into()));
        }
        self.inner.step(input, output)
    }
    fn reset(&mut self) {
        self.inner.reset();
    }
}

fn host(panics: bool) -> (Host, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(false));
    let network = || -> Box<dyn Network> {
        Box::new(Moody {
            inner: common::spectral_gain(1, 0.5),
            fails: Arc::clone(&fails),
            panics,
        })
    };
    let host = Host::new(enhancer(1, network), 128, vec![sine(200.0, 0.5, 200_000)]);
    (host, fails)
}

/// Asserts that the output in the range is `gain` times the aligned input.
fn assert_gain(host: &Host, range: std::ops::Range<usize>, gain: f32) {
    let aligned = host.aligned(0, range.clone());
    for (n, x) in range.zip(aligned) {
        let error = host.output[0][n] - gain * x;
        assert!(error.abs() < 1e-4, "{error} at {n} for a gain of {gain}");
    }
}

#[test]
fn a_network_that_fails_leaves_the_aligned_input_until_it_works_again() {
    let (mut host, fails) = host(false);
    host.calmly(24_064, 128, &voice());
    assert_gain(&host, 4_000..24_064, 0.5);
    assert_eq!(host.stream.worker.status().failed, None);
    fails.store(true, Ordering::SeqCst);
    host.calmly(48_128, 128, &voice());
    let status = host.stream.worker.status();
    assert!(status.failed.unwrap().contains("out of memory"));
    assert!(status.misses > 40);
    assert_gain(&host, 28_000..48_128, 1.0);
    fails.store(false, Ordering::SeqCst);
    host.calmly(72_064, 128, &voice());
    assert_eq!(host.stream.worker.status().failed, None);
    assert_gain(&host, 52_000..72_064, 0.5);
    let limit = 2.0 * largest_step(&host.input[0]);
    assert!(largest_step(&host.output[0][..host.position]) < limit);
}

#[test]
fn a_network_that_panics_leaves_the_aligned_input_until_another_model_comes() {
    let (mut host, fails) = host(true);
    host.calmly(24_064, 128, &voice());
    fails.store(true, Ordering::SeqCst);
    host.calmly(48_128, 128, &voice());
    fails.store(false, Ordering::SeqCst);
    host.calmly(72_192, 128, &voice());
    let status = host.stream.worker.status();
    assert!(status.failed.unwrap().contains("out of luck"));
    assert_gain(&host, 28_000..72_192, 1.0);
    let next = enhancer(1, || common::spectral_gain(1, 0.25));
    host.stream.loader.offer(next).unwrap();
    host.calmly(96_000, 128, &voice());
    assert_eq!(host.stream.worker.status().failed, None);
    assert_gain(&host, 76_000..96_000, 0.25);
}

#[test]
fn another_model_takes_over_from_one_that_fails_on() {
    let (mut host, fails) = host(false);
    fails.store(true, Ordering::SeqCst);
    host.calmly(24_064, 128, &voice());
    assert!(host.stream.worker.status().failed.is_some());
    let next = enhancer(1, || common::spectral_gain(1, 0.25));
    host.stream.loader.offer(next).unwrap();
    host.calmly(48_128, 128, &voice());
    assert_eq!(host.stream.worker.status().failed, None);
    assert_gain(&host, 28_000..48_128, 0.25);
}

#[test]
fn a_network_that_fails_offline_does_not_hold_the_host() {
    let network = || common::spectral_fake(1, |_, _, _| panic!("out of luck"));
    let mut stream = stream(enhancer(1, network), 128);
    let input = vec![common::noise(1, 96_000)];
    let mut audio = input.clone();
    for at in (0..96_000).step_by(128) {
        call(
            &mut stream.port,
            &mut audio,
            at..at + 128,
            &voice(),
            Mode::Offline,
        );
    }
    until(&stream.worker, "failure told", |s| s.failed.is_some());
    let latency = stream.port.latency();
    assert!(audio[0][48_000..] == input[0][48_000 - latency..96_000 - latency]);
}

#[test]
fn a_port_without_a_worker_passes_the_aligned_input() {
    for mode in [Mode::RealTime, Mode::Offline] {
        let stream = stream(enhancer(1, || common::spectral_gain(1, 0.0)), 128);
        let mut port = stream.port;
        let input = vec![common::noise(1, 96_000)];
        let mut audio = input.clone();
        let mut worker = Some(stream.worker);
        for at in (0..96_000).step_by(128) {
            if at >= 9_600 {
                drop(worker.take());
            }
            call(&mut port, &mut audio, at..at + 128, &voice(), mode);
        }
        let latency = port.latency();
        assert!(audio[0][24_000..] == input[0][24_000 - latency..96_000 - latency]);
    }
}

#[test]
fn values_that_are_none_never_reach_the_output() {
    let poisoned = || {
        common::spectral_fake(1, |hop, _, filter| {
            filter[..BINS].fill(if hop % 10 == 3 { f32::NAN } else { 0.5 });
        })
    };
    let input = vec![sine(200.0, 0.5, 48_000)];
    let mut host = Host::new(enhancer(1, poisoned), 128, input);
    host.calmly(47_872, 128, &voice());
    assert!(host.output[0].iter().all(|y| y.is_finite()));
}
