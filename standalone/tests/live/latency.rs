//! The latency that is told is the latency that is, from the loudspeaker to itself.
//!
//! The program hears what the loudspeaker plays and plays it there again, a little softer: a click comes
//! back as echoes, and from one to the next it takes exactly the way through server, input, enhancer,
//! bridge and output. `cargo test -p limpid --test live latency_table -- --ignored --nocapture` prints
//! the table of docs/live.md.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::on_alsa;
use crate::on_pulse::{identity, live, write};
use crate::program::{Running, number_after};
use crate::pulse::Pulse;

/// Hz.
const RATE: f64 = 48_000.0;

/// A way, in ms, with the safety that the program had at the end of it.
#[derive(Debug)]
struct Way {
    told: f64,
    measured: f64,
    /// The longest block on the way.
    block: f64,
    line: String,
}

/// From one echo to the next in ms, the middle one of all; not a number where a server lost most of them.
fn spacing(heard: &[f32]) -> f64 {
    let mut at: Vec<usize> = Vec::new();
    for (n, x) in heard.iter().enumerate() {
        if x.abs() > 0.05 && at.last().is_none_or(|last| n > last + 480) {
            at.push(n);
        }
    }
    let mut apart: Vec<f64> = at
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64 * 1000.0 / RATE)
        .collect();
    apart.sort_by(f64::total_cmp);
    if apart.len() < 3 {
        return f64::NAN;
    }
    apart[apart.len() / 2]
}

/// Runs `command`, whose input is the monitor of its output, and sends a click round.
fn way(folder: &TempDir, pulse: &Pulse, command: &mut Command) -> Way {
    command.args(["--voice", "-3", "--background", "-3"]);
    let mut running = Running::start(command);
    let devices = [running.wait_for(0, "from "), running.wait_for(0, "to ")];
    // The first second teaches how the devices ask.
    std::thread::sleep(Duration::from_secs(4));
    let mut sound = vec![0.0; 24_000];
    sound[12_000..12_024].fill(0.5);
    let click = folder.path().join("click.wav");
    write(&click, &sound);
    let heard = pulse.record("out.monitor");
    pulse.play_to("out", &click);
    std::thread::sleep(Duration::from_millis(500));
    let heard = heard.finish();
    let line = running.wait_for(running.said().len(), "latency ");
    running.interrupt();
    let blocks = devices.map(|line| number_after(&line, "blocks of") / RATE * 1000.0);
    Way {
        told: number_after(&line, "latency "),
        measured: spacing(&heard),
        block: blocks[0].max(blocks[1]),
        line,
    }
}

/// On PulseAudio with so many frames of buffer and ms of safety.
fn on_pulse(buffer: &str, safety: &str) -> Way {
    on_server(
        "PulseAudio",
        &Pulse::start(),
        &["--buffer", buffer, "--safety", safety],
    )
}

fn on_server(name: &str, pulse: &Pulse, options: &[&str]) -> Way {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["--input", "pulseaudio:out.monitor", "--output", "out"];
    let mut command = live(&folder, pulse, &identity(), &words);
    command.args(options);
    let way = way(&folder, pulse, &mut command);
    println!(
        "{name} {}: told {:.1} ms, measured {:.1} ms: {}",
        options.join(" "),
        way.told,
        way.measured,
        way.line
    );
    way
}

#[test]
fn the_printed_total_is_measured_on_pulseaudio() {
    let mut ways = Vec::new();
    for (buffer, safety) in [("480", "5"), ("480", "30"), ("1024", "5")] {
        let holds = |way: &Way| (way.told - way.measured).abs() <= way.block;
        let mut way = on_pulse(buffer, safety);
        // A server that was late while the click went round has put in some silence.
        for _ in 0..2 {
            if !holds(&way) {
                way = on_pulse(buffer, safety);
            }
        }
        assert!(holds(&way), "{way:?}");
        ways.push(way.measured);
    }
    // Both act, by about as much as they say: the safety in two places.
    assert!(ways[1] > ways[0] + 20.0, "{ways:?}");
    assert!(ways[2] > ways[0] + 10.0, "{ways:?}");
}

/// The rest of the table.
#[test]
#[ignore = "it measures, which takes a while"]
fn latency_table() {
    on_server("PulseAudio", &Pulse::start(), &[]);
    for buffer in ["128", "256", "480", "1024"] {
        on_pulse(buffer, "5");
    }
    for buffer in ["480", "1024"] {
        let options = ["--buffer", buffer, "--safety", "5"];
        on_server("PipeWire", &Pulse::on_pipewire(), &options);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    pulse.pactl(&["set-default-source", "out.monitor"]);
    let words = ["--host", "alsa", "--output", "default"];
    let mut command = live(&folder, &pulse, &identity(), &words);
    on_alsa::aim(&mut command, &pulse);
    let way = way(&folder, &pulse, &mut command);
    println!("ALSA, default buffer: {way:?}");
}
