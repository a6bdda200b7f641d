//! Models change while audio plays, and nobody hears more than the change.

mod common;
mod realtime_support;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use common::{ASYMMETRIC, BINS, SYMMETRIC};
use limpid_engine::enhancer::Enhancer;
use limpid_engine::network::{Network, NetworkError};
use limpid_engine::realtime::{FADE_MS, Loader, Mode, OfferError, Offered, Stream, WARMUP_MS};
use realtime_support::{
    Host, Planar, RATE, call, enhancer, enhancer_at, largest_step, sine, stream, voice,
};

/// Where networks were freed.
type Graves = Arc<Mutex<Vec<ThreadId>>>;

/// A network that tells where it is freed.
struct Mortal(Box<dyn Network>, Graves);

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
        // A test that has failed holds the lock no more.
        let mut graves = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        graves.push(thread::current().id());
    }
}

/// Samples from the hop in which an enhancer is taken in to the hop in which it has taken over.
const CHANGE: usize = 48 * (WARMUP_MS + FADE_MS) as usize + 480;

fn gain(gain: f32) -> Box<Enhancer> {
    enhancer(1, || common::spectral_gain(1, gain))
}

fn play(stream: &mut Stream, audio: &mut Planar, range: Range<usize>) {
    for at in range.clone().step_by(128) {
        let block = at..(at + 128).min(range.end);
        call(&mut stream.port, audio, block, &voice(), Mode::Offline);
    }
}

#[test]
fn a_hundred_changes_while_playing_cost_no_hop_and_no_step() {
    let graves = Graves::default();
    let mortal = |gain| {
        let network = || -> Box<dyn Network> {
            Box::new(Mortal(common::spectral_gain(1, gain), Arc::clone(&graves)))
        };
        enhancer(1, network)
    };
    let period = CHANGE + 1_000;
    let input = vec![sine(100.0, 0.5, 102 * period)];
    let mut host = Host::new(mortal(0.5), 128, input);
    for change in 1..=100 {
        let next = mortal(if change % 2 == 0 { 0.5 } else { 0.25 });
        let offered = thread::scope(|scope| {
            let loader = &mut host.stream.loader;
            scope.spawn(move || loader.offer(next)).join().unwrap()
        });
        assert_eq!(offered.unwrap(), Offered::Now);
        host.calmly(period * change, 128, &voice());
    }
    assert_eq!(host.misses(), 0);
    assert_eq!(host.stream.worker.status().rejected, None);
    let step = largest_step(&host.output[0][..host.position]);
    assert!(step < 1.2 * 0.5 * largest_step(&host.input[0]), "{step}");
    // The last one but one to go waits for the loader: nobody else has freed any.
    let graves = graves.lock().unwrap();
    assert_eq!(graves.len(), 99);
    assert!(!graves.contains(&thread::current().id()));
}

#[test]
fn what_is_sent_back_is_freed_by_the_loader_alone() {
    let graves = Graves::default();
    let counted = Arc::clone(&graves);
    let first = enhancer(1, move || {
        Box::new(Mortal(common::spectral_gain(1, 0.5), Arc::clone(&counted)))
    });
    let mut stream = stream(first, 128);
    let mut audio = vec![common::noise(1, 48_000)];
    stream.loader.offer(gain(0.25)).unwrap();
    play(&mut stream, &mut audio, 0..40_000);
    assert!(graves.lock().unwrap().is_empty());
    assert_eq!(stream.loader.collect(), 1);
    assert_eq!(*graves.lock().unwrap(), [thread::current().id()]);
}

#[test]
fn the_new_model_is_what_is_heard_after_the_change() {
    let mut stream = stream(gain(0.5), 128);
    let input = vec![common::noise(1, 48_000)];
    let mut audio = input.clone();
    play(&mut stream, &mut audio, 0..9_600);
    stream.loader.offer(gain(-0.25)).unwrap();
    play(&mut stream, &mut audio, 9_600..48_000);
    let latency = stream.port.latency();
    let after = 9_600 + CHANGE + latency;
    let old: Vec<f32> = input[0].iter().map(|x| 0.5 * x).collect();
    let new: Vec<f32> = input[0].iter().map(|x| -0.25 * x).collect();
    assert!(common::error_db(&audio[0][2_000..9_600], &old[2_000 - latency..]) < -100.0);
    assert!(common::error_db(&audio[0][after..], &new[after - latency..]) < -100.0);
}

#[test]
fn the_first_moments_of_a_new_model_are_not_heard() {
    // It screams for a tenth of a second and then does its work.
    let screaming = enhancer(1, || {
        common::spectral_fake(1, |hop, _, filter| {
            filter[..BINS].fill(if hop < 10 { 100.0 } else { 0.5 });
        })
    });
    let mut stream = stream(gain(0.5), 128);
    let input = vec![common::noise(1, 48_000)];
    let mut audio = input.clone();
    stream.loader.offer(screaming).unwrap();
    play(&mut stream, &mut audio, 0..48_000);
    let latency = stream.port.latency();
    let expected: Vec<f32> = input[0].iter().map(|x| 0.5 * x).collect();
    assert!(common::error_db(&audio[0][2_000..], &expected[2_000 - latency..]) < -90.0);
}

#[test]
fn a_model_of_another_latency_waits_for_the_next_activation_and_says_so() {
    let mut stream = stream(gain(0.5), 128);
    let latency = stream.port.latency();
    let other = enhancer_at(RATE, ASYMMETRIC, 1, || common::spectral_gain(1, 0.25));
    assert_eq!(stream.loader.pending_latency(), None);
    assert_eq!(stream.loader.offer(other).unwrap(), Offered::AtActivation);
    assert_eq!(stream.loader.pending_latency(), Some(latency - 480));
    assert_eq!(stream.worker.status().pending_latency, Some(latency - 480));
    let input = vec![common::noise(1, 24_000)];
    let mut audio = input.clone();
    play(&mut stream, &mut audio, 0..24_000);
    assert_eq!(stream.port.latency(), latency);
    let old: Vec<f32> = input[0].iter().map(|x| 0.5 * x).collect();
    assert!(common::error_db(&audio[0][2_000..], &old[2_000 - latency..]) < -100.0);
    // The next activation.
    let pending = stream.loader.take_pending().unwrap();
    let next = realtime_support::stream(pending, 128);
    assert_eq!(next.port.latency(), latency - 480);
    assert_eq!(stream.loader.pending_latency(), None);
    assert_eq!(stream.worker.status().pending_latency, None);
}

#[test]
fn a_model_that_fits_replaces_one_that_waits() {
    let mut stream = stream(gain(0.5), 128);
    let other = enhancer_at(RATE, ASYMMETRIC, 1, || common::spectral_gain(1, 0.25));
    stream.loader.offer(other).unwrap();
    stream.loader.offer(gain(0.1)).unwrap();
    assert_eq!(stream.loader.pending_latency(), None);
}

#[test]
fn an_enhancer_that_cannot_be_taken_comes_back() {
    fn refused(loader: &mut Loader, enhancer: Box<Enhancer>) -> OfferError {
        loader.offer(enhancer).unwrap_err()
    }
    let mut stream = stream(gain(0.5), 128);
    let stereo = enhancer_at(RATE, SYMMETRIC, 2, || common::spectral_gain(1, 0.5));
    let OfferError::Channels {
        expected: 1,
        received: 2,
        enhancer,
    } = refused(&mut stream.loader, stereo)
    else {
        panic!("two channels are not one");
    };
    assert_eq!(enhancer.channels(), 2);
    // Nothing plays, so nothing is taken in.
    stream.loader.offer(gain(0.1)).unwrap();
    stream.loader.offer(gain(0.2)).unwrap();
    assert!(matches!(
        refused(&mut stream.loader, gain(0.3)),
        OfferError::Busy(_)
    ));
}

#[test]
fn a_new_model_that_fails_is_rejected_by_name_and_the_old_one_plays_on() {
    let broken = enhancer(1, || {
        common::spectral_fake(1, |hop, _, _| assert!(hop < 5, "out of luck"))
    });
    let mut stream = stream(gain(0.5), 128);
    let input = vec![common::noise(1, 48_000)];
    let mut audio = input.clone();
    stream.loader.offer(broken).unwrap();
    play(&mut stream, &mut audio, 0..48_000);
    let status = stream.worker.status();
    assert!(status.rejected.unwrap().contains("out of luck"));
    assert_eq!((status.failed, status.misses), (None, 0));
    let latency = stream.port.latency();
    let old: Vec<f32> = input[0].iter().map(|x| 0.5 * x).collect();
    assert!(common::error_db(&audio[0][2_000..], &old[2_000 - latency..]) < -100.0);
}

#[test]
fn the_newest_model_goes_on_to_the_next_stream() {
    let mut stream = stream(gain(0.5), 128);
    stream.loader.offer(gain(0.125)).unwrap();
    let enhancer = stream.worker.finish().unwrap();
    let mut stream = realtime_support::stream(enhancer, 128);
    let mut audio = vec![vec![1.0; 9_600]];
    play(&mut stream, &mut audio, 0..9_600);
    assert!((audio[0][9_000] - 0.125).abs() < 1e-4);
}
