//! The priority of the worker, asked of an rtkit.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::jack::{Jack, RATE};
use crate::on_jack;
use crate::program::{Running, until};
use crate::rtkit::Rtkit;
use crate::support::fixture;

fn live(folder: &TempDir, jack: &Jack, rtkit: &Rtkit) -> Command {
    let mut command = on_jack::live(folder, jack, &fixture("identity_k1"));
    rtkit.aim(&mut command);
    command
}

#[test]
fn each_worker_asks_once_for_the_lowest_priority_and_outlives_a_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("rtkit", 480);
    let rtkit = Rtkit::start(true);
    let mut running = Running::start(&mut live(&folder, &jack, &rtkit));
    running.wait_for(0, "ms (input");
    let asked = rtkit.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].priority, 1);
    let name = std::fs::read_to_string(format!(
        "/proc/{}/task/{}/comm",
        running.pid(),
        asked[0].thread
    ));
    assert_eq!(name.expect("a thread").trim(), "limpid-worker");
    // What rtkit insists on, and a warning long before the end.
    let limits: Vec<&str> = asked[0].limits.split_whitespace().collect();
    assert_eq!(limits[3..5], ["100000", "200000"], "{limits:?}");
    // It computes all that has come meanwhile, one hop after the other.
    let sound: Vec<f32> = (0..4 * RATE)
        .map(|n| (n as f32 * 0.05).sin() * 0.3)
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| jack.exchange(running.pid(), &sound));
        std::thread::sleep(Duration::from_secs(2));
        for _ in 0..3 {
            running.signal("STOP");
            std::thread::sleep(Duration::from_millis(400));
            running.signal("CONT");
            std::thread::sleep(Duration::from_millis(200));
        }
        // The kernel's warning alone does not end it either.
        running.signal("XCPU");
        running.wait_for(0, "it paused");
    });
    let said = running.said().join("\n");
    assert!(!said.contains("no priority"), "{said}");
    running.interrupt();
}

#[test]
fn a_refusal_is_told_once_with_what_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut jack = Jack::start("rtkit-no", 480);
    let rtkit = Rtkit::start(false);
    let mut running = Running::start(&mut without_rights(&live(&folder, &jack, &rtkit)));
    running.wait_for(0, "no priority over other programs");
    jack.kill();
    jack.restart();
    running.wait_for(0, "JACK input is in use again");
    until("another worker's question", || rtkit.asked().len() >= 2);
    // What rtkit insists on cannot be taken back; a warning stays ahead of the end.
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.pid()));
    let limits = limits.expect("limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max realtime timeout"));
    let words: Vec<&str> = line.expect("a limit").split_whitespace().collect();
    assert_eq!(words[3..5], ["100000", "200000"], "{words:?}");
    let before = running.said().len();
    running.wait_for(before, "load");
    running.interrupt();
    let said = running.said().join("\n");
    let told = "no priority over other programs";
    assert_eq!(said.matches(told).count(), 1, "{said}");
    assert!(said.contains("rtkit: not today"), "{said}");
    assert!(said.contains("install rtkit"), "{said}");
}

/// The same without root's rights to any priority and any limit, which the system would give else.
fn without_rights(command: &Command) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id");
    let mut bounded = if id.stdout.starts_with(b"0\n") {
        let mut bounded = Command::new("setpriv");
        bounded.arg("--bounding-set=-sys_nice,-sys_resource");
        bounded.arg(command.get_program());
        bounded
    } else {
        Command::new(command.get_program())
    };
    bounded.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bounded.env(name, value),
            None => bounded.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        bounded.current_dir(folder);
    }
    bounded
}
