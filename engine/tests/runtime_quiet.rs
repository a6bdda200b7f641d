//! What the library does besides computing: nothing. The only test of its file, so that nothing else
//! happens in the process meanwhile.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::collections::BTreeSet;
use std::fs;

use limpid_engine::network::Network;

/// Threads, and what the open file descriptors lead to (`socket:[…]`, `pipe:[…]`, a path).
fn threads_and_files() -> (usize, BTreeSet<String>) {
    let threads = fs::read_dir("/proc/self/task").unwrap().count();
    let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
        // The one that lists them is gone by the time that it is looked at.
        fs::read_link(entry.ok()?.path()).ok()
    });
    (
        threads,
        links.map(|link| link.display().to_string()).collect(),
    )
}

#[test]
fn loading_and_running_starts_no_thread_and_opens_no_file_or_socket() {
    let before = threads_and_files();
    let model = support::model("recurrent");
    let mut streams = [
        model.open_stream().unwrap(),
        model.open_stream_batched(4).unwrap(),
    ];
    for stream in &mut streams {
        let input = support::noise(9 * stream.input_len(), 1);
        let mut output = vec![0.0; 9 * stream.output_len()];
        stream.step(&input, &mut output).unwrap();
    }
    assert_eq!(threads_and_files(), before);
}
