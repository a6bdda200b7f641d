//! Numbers too small to hear, and the processor's mode that drops them.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::hint::black_box;
use std::panic::catch_unwind;
use std::thread;

use limpid_engine::denormals::flushed;
use limpid_engine::network::Network;

/// Half of the smallest normal number, reckoned when the program runs.
fn half_of_the_smallest() -> f32 {
    black_box(f32::MIN_POSITIVE) * black_box(0.5)
}

/// A denormal number times a large one.
fn denormal_made_large() -> f32 {
    black_box(f32::from_bits(0x0040_0000)) * black_box(1e30)
}

#[test]
fn denormal_results_are_zero_inside() {
    assert_eq!(flushed(half_of_the_smallest), 0.0);
}

#[test]
fn the_mode_is_restored_afterwards() {
    flushed(half_of_the_smallest);
    assert!(half_of_the_smallest().is_subnormal());
}

#[test]
fn the_mode_is_restored_after_a_panic() {
    catch_unwind(|| flushed(|| panic!("on purpose"))).unwrap_err();
    assert!(half_of_the_smallest().is_subnormal());
}

#[test]
fn inside_another_call_the_mode_stays() {
    let after_the_inner = flushed(|| {
        flushed(half_of_the_smallest);
        half_of_the_smallest()
    });
    assert_eq!(after_the_inner, 0.0);
}

#[test]
fn a_thread_that_runs_already_is_not_affected() {
    let (ask, asked) = std::sync::mpsc::channel::<()>();
    let other = thread::spawn(move || {
        asked.recv().unwrap();
        half_of_the_smallest()
    });
    flushed(|| ask.send(()).unwrap());
    assert!(other.join().unwrap().is_subnormal());
}

#[test]
fn a_network_drops_denormals_whoever_calls_it() {
    let model = support::model("accumulator");
    let len = model.contract().kind.input_len();
    let tiny = vec![f32::from_bits(0x0040_0000); len];
    let normal = vec![f32::MIN_POSITIVE; len];
    let run = |input: &[f32]| {
        let mut stream = model.open_stream().unwrap();
        let mut output = vec![f32::NAN; len];
        stream.step(input, &mut output).unwrap();
        output
    };
    assert!(denormal_made_large() > 0.0);
    assert!(run(&tiny).iter().all(|&v| v == 0.0));
    assert!(flushed(|| run(&tiny)).iter().all(|&v| v == 0.0));
    assert_eq!(run(&normal), normal);
    assert!(half_of_the_smallest().is_subnormal());
}
