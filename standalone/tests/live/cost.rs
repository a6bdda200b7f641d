//! What running costs, measured: `cargo test --release -p limpid --test live cost -- --ignored
//! --nocapture --test-threads 1`. `MEASURE_SECONDS` says how long each takes (20 without it).
//!
//! Nothing is asserted: these are the figures of docs/live.md, and depend on the machine.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::jack::{Jack, RATE};
use crate::on_jack::{self, demo, read, shipped};
use crate::on_pulse;
use crate::program::{Running, Terminal};
use crate::pulse::Pulse;

/// How long a figure is measured.
fn span() -> Duration {
    let told = std::env::var("MEASURE_SECONDS");
    Duration::from_secs(told.ok().and_then(|s| s.parse().ok()).unwrap_or(20))
}

/// Devices open, model warm, and more than the second of silence after which the network rests.
const SETTLING: Duration = Duration::from_secs(8);

/// Seconds of processor time by thread's name, of a process and all that it has started.
fn spent(pid: u32) -> BTreeMap<String, f64> {
    let mut spent = BTreeMap::new();
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let text = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let name = text("comm").trim().to_owned();
        let nanos = text("schedstat");
        let nanos: f64 = nanos
            .split_whitespace()
            .next()
            .and_then(|first| first.parse().ok())
            .unwrap_or(0.0);
        *spent.entry(name).or_insert(0.0) += nanos * 1e-9;
        for child in text("children").split_whitespace() {
            for (name, seconds) in self::spent(child.parse().expect("a number")) {
                *spent.entry(format!("child {name}")).or_insert(0.0) += seconds;
            }
        }
    }
    spent
}

fn megabytes(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1000.0
}

/// Measures a process and prints a line for the whole and one for each thread.
fn measure(what: &str, pid: u32) {
    let (begun, before, small) = (Instant::now(), spent(pid), megabytes(pid));
    std::thread::sleep(span());
    let seconds = begun.elapsed().as_secs_f64();
    let share = |name: &str, after: f64| {
        100.0 * (after - before.get(name).copied().unwrap_or(0.0)) / seconds
    };
    let after = spent(pid);
    let shares: Vec<(&String, f64)> = after.iter().map(|(n, s)| (n, share(n, *s))).collect();
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    let large = megabytes(pid);
    println!(
        "{what}: {sum:.2} % of a core, {small:.1} MB, {large:.1} MB after {seconds:.0} s, load average {load}"
    );
    for (name, share) in shares.iter().filter(|(_, share)| *share >= 0.005) {
        println!("    {share:6.2} %  {name}");
    }
}

/// The demonstration again and again, for longer than a measurement takes.
fn speech() -> Vec<f32> {
    let demo = read(&demo());
    let frames = (span() + SETTLING + Duration::from_secs(4)).as_secs() as usize * RATE as usize;
    demo.iter().copied().cycle().take(frames).collect()
}

#[test]
#[ignore = "it measures, which takes a while"]
fn on_jack() {
    for period in [128, 480] {
        let folder = tempfile::tempdir().expect("a folder");
        let jack = Jack::start("cost", period);
        let running = Running::start(&mut on_jack::live(&folder, &jack, &shipped()));
        running.wait_for(0, "to JACK output");
        std::thread::sleep(SETTLING);
        measure(&format!("JACK {period}, digital silence"), running.pid());
        let speech = speech();
        std::thread::scope(|scope| {
            scope.spawn(|| jack.exchange(running.pid(), &speech));
            std::thread::sleep(SETTLING);
            measure(&format!("JACK {period}, speech"), running.pid());
        });
        println!("    {}", running.said().pop().unwrap_or_default());
    }
}

/// The same drawn on a terminal, which `script` makes.
#[test]
#[ignore = "it measures, which takes a while"]
fn on_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("cost", 480);
    let live = on_jack::live(&folder, &jack, &shipped());
    let mut terminal = Terminal::start(&live, &folder, |command| jack.aim(command));
    let pid = terminal.program();
    std::thread::sleep(SETTLING);
    measure("JACK 480, digital silence, drawn on a terminal", pid);
    terminal.close();
}

#[test]
#[ignore = "it measures, which takes a while"]
fn on_pulse() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--output", "out"];
    let running = Running::start(&mut on_pulse::live(&folder, &pulse, &shipped(), &words));
    running.wait_for(0, "to Out");
    std::thread::sleep(SETTLING);
    measure("PulseAudio, digital silence", running.pid());
    let file = folder.path().join("speech.wav");
    on_pulse::write(&file, &speech());
    std::thread::scope(|scope| {
        scope.spawn(|| pulse.play(&file));
        std::thread::sleep(SETTLING);
        measure("PulseAudio, speech", running.pid());
    });
    println!("    {}", running.said().pop().unwrap_or_default());
}

#[test]
#[ignore = "it measures, which takes a while"]
fn with_a_virtual_microphone_that_nobody_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--virtual-mic", "--input", "pulseaudio:mic"];
    let running = Running::start(&mut on_pulse::live(&folder, &pulse, &shipped(), &words));
    running.wait_for(0, "waiting for a program that records");
    std::thread::sleep(SETTLING);
    measure("virtual microphone, nobody records it", running.pid());
}
