//! `limpid live` on ALSA, whose default device leads to a sound server: there is no other way without a card.

use std::fs;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::on_pulse::{heard_and_played, identity, is_heard, live, sound};
use crate::program::Running;
use crate::pulse::Pulse;

/// What the system has, and a default that is the server's.
const CONFIG: &str = "</usr/share/alsa/alsa.conf>\n\
    pcm.!default { type pulse hint { show on description \"The server's default\" } }\n\
    ctl.!default { type pulse }\n";

/// Takes ALSA's default devices, by a configuration of the test's own.
pub fn aim(command: &mut Command, pulse: &Pulse) {
    let file = pulse.home().join("asound.conf");
    fs::write(&file, CONFIG).expect("a file");
    command.env("ALSA_CONFIG_PATH", file);
}

fn start(folder: &TempDir, pulse: &Pulse) -> Running {
    let words = ["--host", "alsa", "--output", "default"];
    let mut command = live(folder, pulse, &identity(), &words);
    aim(&mut command, pulse);
    let running = Running::start(&mut command);
    running.wait_for(0, "from ");
    running.wait_for(0, "to ");
    running.wait_for(0, "ms (input");
    running
}

fn assert_heard(folder: &TempDir, pulse: &Pulse) {
    let heard = pulse.record("out.monitor");
    pulse.play(&sound(folder));
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_heard(&heard.finish()));
}

#[test]
fn what_the_microphone_hears_is_played_also_by_a_server_that_was_killed_and_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut pulse = Pulse::start();
    let mut running = start(&folder, &pulse);
    assert_heard(&folder, &pulse);
    let before = running.said().len();
    pulse.kill();
    running.wait_for(before, "Limpid waits for it");
    pulse.restart();
    running.wait_for(before, "is in use again");
    running.wait_for(before, "to ");
    assert_heard(&folder, &pulse);
    running.interrupt();
}

#[test]
fn what_is_played_is_what_the_file_command_makes_of_the_recording() {
    // From 38 to 51 dB was measured through ALSA's buffers, less than on the server itself.
    let good = |&(heard, played): &(f64, f64)| heard > 40.0 && played > 30.0;
    let mut tries = Vec::new();
    while tries.len() < 3 && !tries.iter().any(good) {
        let pulse = Pulse::start();
        // Its default has two channels.
        let words = ["--host", "alsa", "--output", "default", "--channels", "1"];
        tries.push(heard_and_played(&pulse, &words, |command| {
            aim(command, &pulse);
        }));
    }
    assert!(tries.iter().any(good), "heard and played, dB: {tries:?}");
}
