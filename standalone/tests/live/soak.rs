//! Hours of running, shortened: memory, threads and open files after a while, and what was lost meanwhile.
//!
//! `cargo test --release -p limpid --test live soak -- --ignored --nocapture --test-threads 1`;
//! `SOAK_MINUTES` says how long each runs (30 without it). Nothing is asserted but that threads and
//! files do not grow: the rest are the figures of docs/live.md, and depend on the machine.

use std::fs;
use std::time::{Duration, Instant};

use crate::jack::{Jack, RATE};
use crate::on_jack::{self, demo, read, shipped};
use crate::on_pulse;
use crate::program::Running;
use crate::pulse::Pulse;

/// Kilobytes in memory, threads, open files.
#[derive(Debug, Clone, Copy)]
struct Size {
    kilobytes: u64,
    threads: usize,
    files: usize,
}

fn size(pid: u32) -> Size {
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
    Size {
        kilobytes: kilobytes.unwrap_or(0),
        threads: count("task"),
        files: count("fd"),
    }
}

fn minutes() -> u64 {
    let told = std::env::var("SOAK_MINUTES").ok();
    told.and_then(|minutes| minutes.parse().ok()).unwrap_or(30)
}

fn soak(what: &str, running: &Running) {
    let begun = Instant::now();
    let mut sizes = Vec::new();
    // Everything is warm after a sixth of the time.
    for at in [minutes() * 10, minutes() * 60] {
        std::thread::sleep(Duration::from_secs(at).saturating_sub(begun.elapsed()));
        let size = size(running.pid());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().unwrap_or("?").to_owned();
        println!(
            "{what}, after {at} s: {:.1} MB, {} threads, {} files, load average {load}",
            size.kilobytes as f64 / 1000.0,
            size.threads,
            size.files
        );
        println!("    {}", running.said().pop().unwrap_or_default());
        sizes.push(size);
    }
    for event in running
        .said()
        .iter()
        .filter(|line| line.contains("warning"))
    {
        println!("    {event}");
    }
    assert!(sizes[1].threads <= sizes[0].threads, "{sizes:?}");
    assert!(sizes[1].files <= sizes[0].files, "{sizes:?}");
}

/// A minute of speech, again and again.
fn speech() -> Vec<f32> {
    let frames = 60 * RATE as usize;
    read(&demo()).iter().copied().cycle().take(frames).collect()
}

#[test]
#[ignore = "it takes as long as it says"]
fn soak_on_jack() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("soak", 480);
    let running = Running::start(&mut on_jack::live(&folder, &jack, &shipped()));
    running.wait_for(0, "ms (input");
    soak("JACK 480, digital silence", &running);
}

#[test]
#[ignore = "it takes as long as it says"]
fn soak_on_pulse() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--output", "out"];
    let running = Running::start(&mut on_pulse::live(&folder, &pulse, &shipped(), &words));
    running.wait_for(0, "ms (input");
    let file = folder.path().join("speech.wav");
    on_pulse::write(&file, &speech());
    let mut player = pulse.command("sh");
    let again = "while paplay --device=mic_feed \"$0\"; do :; done";
    let mut player = player.args(["-c", again]).arg(&file).spawn().expect("sh");
    soak("PulseAudio, speech", &running);
    let _ = player.kill();
    let _ = player.wait();
}
