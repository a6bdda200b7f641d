//! `limpid autostart`, through the program and up to what a desktop would start.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::on_pulse::{identity, sources};
use crate::program::{Running, until};
use crate::pulse::Pulse;
use crate::support::{assert_done, limpid, output, stdout};

#[test]
fn the_entry_starts_a_microphone_that_says_only_what_happens() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let autostart = |word: &str| {
        let mut command = limpid(&folder);
        pulse.aim(&mut command);
        let output = output(command.args(["autostart", word]));
        assert_done(&output);
        stdout(&output)
    };
    assert_eq!(autostart("status").trim(), "off");
    assert!(autostart("on").starts_with("on: "));
    assert!(autostart("status").starts_with("on: "));
    let entry = pulse.home().join(".config/autostart/limpid.desktop");
    let text = fs::read_to_string(&entry).expect("an entry");
    let line = text.lines().find_map(|line| line.strip_prefix("Exec="));
    // A desktop takes it apart as a shell would, as long as it holds nothing odd; a model that answers
    // at once is the test's own addition.
    let line = format!(
        "exec {} --model '{}'",
        line.expect("a program"),
        identity().display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(folder.path());
    pulse.aim(&mut command);
    let mut running = Running::start(&mut command);
    until("the microphone", || {
        sources(&pulse).contains("limpid_microphone\t")
    });
    let heard = pulse.record("limpid_microphone");
    running.wait_for(0, "to Inside of the Limpid microphone");
    // Longer than from one line of levels to the next.
    std::thread::sleep(Duration::from_millis(6500));
    drop(heard);
    running.wait_for(0, "nobody listens");
    running.interrupt();
    let said = running.said();
    assert!(!said.iter().any(|l| l.contains("load ")), "{said:?}");
    assert!(
        said.iter().any(|l| l.starts_with("ended after")),
        "{said:?}"
    );
    assert!(autostart("off").starts_with("off: "));
    assert!(!entry.exists());
}
