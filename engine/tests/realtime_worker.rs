//! The worker's thread: named, prepared, at rest when there is nothing to do, and gone when dropped.

mod common;
mod realtime_support;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use limpid_engine::network::{Network, NetworkError};
use limpid_engine::realtime::{Setup, start};
use realtime_support::{enhancer, play, stream, until, voice};

#[test]
fn the_thread_has_a_name_is_prepared_first_and_flushes_denormals() {
    let seen = Arc::new(Mutex::new(None));
    let told = Arc::clone(&seen);
    let prepared = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&prepared);
    let network = move || {
        let (told, asked) = (Arc::clone(&told), Arc::clone(&asked));
        common::spectral_fake(1, move |_, _, _| {
            let name = thread::current().name().map(str::to_owned);
            let denormal = black_box(f32::MIN_POSITIVE) * black_box(0.5);
            *told.lock().unwrap() = Some((name, asked.load(Ordering::SeqCst), denormal));
        })
    };
    let mut setup = Setup::new(48_000, 1, 128);
    let ready = Arc::clone(&prepared);
    setup.prepare = Some(Box::new(move || ready.store(true, Ordering::SeqCst)));
    let mut stream = start(setup, enhancer(1, network)).unwrap();
    let input = vec![common::noise(1, 9_600)];
    play(&mut stream.port, &input, &[128], &[(0, voice())]);
    let seen = seen.lock().unwrap().take();
    assert_eq!(seen, Some((Some("limpid-worker".to_owned()), true, 0.0)));
}

#[test]
fn silence_costs_no_network() {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = || {
        let count = Arc::clone(&count);
        common::spectral_fake(1, move |_, _, _| {
            count.fetch_add(1, Ordering::Relaxed);
        })
    };
    let mut stream = stream(enhancer(1, counting), 128);
    let mut input = vec![common::noise(1, 48_000)];
    input[0].extend(vec![0.0; 480_000]);
    play(&mut stream.port, &input, &[128], &[(0, voice())]);
    let hops = stream.worker.status().hops;
    let run = count.load(Ordering::Relaxed) as u64;
    assert!(hops > 1_000 && run < 400, "{run} of {hops} hops");
}

#[test]
fn dropping_the_worker_ends_its_thread_and_frees_the_enhancer() {
    struct Mortal(Box<dyn Network>, Arc<AtomicBool>);
    impl Network for Mortal {
        fn input_len(&self) -> usize {
            self.0.input_len()
        }
        fn output_len(&self) -> usize {
            self.0.output_len()
        }
        fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
            self.0.step(input, output)
        }
        fn reset(&mut self) {
            self.0.reset();
        }
    }
    impl Drop for Mortal {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
        }
    }
    let freed = Arc::new(AtomicBool::new(false));
    let network = || -> Box<dyn Network> {
        Box::new(Mortal(common::spectral_gain(1, 1.0), Arc::clone(&freed)))
    };
    let stream = stream(enhancer(1, network), 128);
    drop(stream.worker);
    assert!(freed.load(Ordering::SeqCst));
    drop(stream.port);
}

#[test]
fn the_status_tells_hops_and_load() {
    let mut stream = stream(enhancer(1, || common::spectral_gain(1, 1.0)), 128);
    assert_eq!(stream.worker.status(), Default::default());
    let input = vec![common::noise(1, 48_000)];
    play(&mut stream.port, &input, &[480], &[(0, voice())]);
    until(&stream.worker, "hops", |s| s.hops == 100);
    let status = stream.worker.monitor().status();
    assert!(status.load > 0.0 && status.peak_load >= status.load);
    assert!(status.slack.is_some_and(|slack| slack >= 0));
}
