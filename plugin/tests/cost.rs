//! What the plugin costs, measured by playing at the real rate. Nothing is asserted: run it alone on a
//! quiet machine, with `cargo test --release -p limpid-plugin --test cost -- --ignored --nocapture`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::time::{Duration, Instant};

use host::{Bundle, Host, Play, blocks, load, speech};

const RATE: u32 = 48_000;
const BLOCK: usize = 128;
const SECONDS: usize = 10;

/// Processor time of this process, all threads, in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("times");
    let after_name = stat.rsplit(')').next().expect("fields");
    let ticks = |n: usize| -> f64 {
        let field = after_name.split_whitespace().nth(n).expect("a field");
        field.parse().expect("ticks")
    };
    // utime and stime, in hundredths of a second on every Linux.
    (ticks(11) + ticks(12)) / 100.0
}

/// Resident memory of this process in MB.
fn memory() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("memory");
    let resident = pages.split(' ').nth(1).and_then(|n| n.parse().ok());
    resident.map_or(f64::NAN, |pages: f64| pages * 4096.0 / 1e6)
}

#[test]
#[ignore = "a measurement of half a minute"]
fn processor_time_of_1_8_and_16_instances() {
    let entry = load(&Bundle::shared().plugin);
    let input = speech(SECONDS * RATE as usize);
    for count in [1, 8, 16] {
        let play = Play {
            offline: false,
            ..Play::offline(RATE, BLOCK)
        };
        let mut hosts: Vec<Host> = (0..count).map(|_| Host::new(&entry, play)).collect();
        let (begun, before) = (Instant::now(), processor_time());
        for (i, block) in input.chunks_exact(BLOCK).enumerate() {
            for host in &mut hosts {
                host.run(&[block.to_vec(), block.to_vec()], &[], blocks(BLOCK));
            }
            let due = begun + Duration::from_secs_f64((i * BLOCK) as f64 / f64::from(RATE));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let spent = processor_time() - before;
        let share = 100.0 * spent / begun.elapsed().as_secs_f64();
        let memory = memory();
        println!(
            "{count:2} stereo instances, 48 kHz / {BLOCK}: {share:.1} % of a core, {memory:.0} MB in all"
        );
    }
}
