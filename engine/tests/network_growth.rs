//! Memory over many hops. Alone in its file, for other tests of the same process would be seen as well.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::thread;

use limpid_engine::network::{Model, Network, Stream};

/// Held by the test that runs: the others' memory would be counted as well.
static ALONE: Mutex<()> = Mutex::new(());

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[test]
fn many_hops_take_no_more_memory_than_a_few() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let model = support::model("recurrent");
    let mut single = model.open_stream().unwrap();
    let mut batched = model.open_stream_batched(4).unwrap();
    let hop = single.input_len();
    let input = support::noise(5 * hop, 1);
    let mut output = vec![0.0; 5 * hop];
    let mut run = |times: usize| {
        for _ in 0..times {
            single.step(&input[..hop], &mut output[..hop]).unwrap();
            // A batch and a hop of its own; and a call that fails.
            batched.step(&input, &mut output).unwrap();
            batched.step(&input[..3], &mut output).unwrap_err();
        }
    };
    run(500);
    let before = resident();
    run(10_000);
    let growth = resident().saturating_sub(before);
    // A hundred bytes a step would be three megabytes.
    assert!(growth < 1 << 20, "{growth} bytes in 30,000 steps");
}

#[test]
fn streams_that_are_gone_leave_no_memory_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let model = support::model("recurrent");
    let open_and_drop = |times: usize| {
        for _ in 0..times {
            drop(model.open_stream().unwrap());
        }
    };
    open_and_drop(50);
    let before = resident();
    open_and_drop(500);
    let growth = resident().saturating_sub(before);
    // A session of this model takes tens of kilobytes.
    assert!(growth < 4 << 20, "{growth} bytes after 500 streams");
}

#[test]
fn a_further_stream_does_not_hold_the_weights_again() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/models/limpid.onnx");
    let model = Model::load(&support::runtime(), path.as_ref()).unwrap();
    let mut streams: Vec<Stream> = Vec::new();
    let mut open = |count: usize| {
        for _ in 0..count {
            let mut stream = model.open_stream().unwrap();
            let input = support::noise(stream.input_len(), 1);
            let mut output = vec![0.0; stream.output_len()];
            stream.step(&input, &mut output).unwrap();
            streams.push(stream);
        }
    };
    // Sessions for all cores.
    open(thread::available_parallelism().unwrap().get().max(2));
    let before = resident();
    open(32);
    let growth = resident().saturating_sub(before);
    println!("{} kB a further stream", growth / 32 / 1024);
    // The weights alone are more than two megabytes.
    assert!(growth / 32 < 1 << 19, "{growth} bytes for 32 streams");
}
