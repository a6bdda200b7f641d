//! Whatever it waits for, it ends when it is asked to, and leaves no half file.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::{Noise, Wav, assert_done, fixture, limpid, names, output, stderr};
use tempfile::TempDir;

/// SIGTERM in the kernel's mask of signals that are caught.
const TERM: u64 = 1 << 14;

fn start(folder: &TempDir, arguments: &[&str]) -> Child {
    let mut command = limpid(folder);
    command
        .arg("enhance")
        .arg("--model")
        .arg(fixture("identity_k1"));
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("a start");
    // Until it listens, a signal ends any program.
    let listens = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let mask = status.lines().find_map(|l| l.strip_prefix("SigCgt:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        (mask & TERM != 0).then_some(())
    };
    while listens().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn ask_to_end(child: &Child) {
    let kill = format!("kill -TERM {}", child.id());
    assert_done(&output(Command::new("sh").args(["-c", &kill])));
}

#[track_caller]
fn assert_interrupted(child: Child) {
    let output = child.wait_with_output().expect("an end");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(said.matches("interrupted").count(), 1, "{said}");
}

/// Waits until it is held up: it has written for a while nothing more.
fn wait_until_it_is_held_up(child: &Child) {
    let written = || fs::read_to_string(format!("/proc/{}/io", child.id())).expect("a process");
    let mut last = written();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = written();
        if now == last {
            return;
        }
        last = now;
    }
}

/// `in.wav`: more than a pipe holds.
fn folder_with_sound() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(1).samples(480_000, 0.3)).write(&folder, "in.wav");
    folder
}

#[test]
fn while_a_list_does_not_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(&folder, &["--files-from", "-"]);
    let list = child.stdin.take();
    ask_to_end(&child);
    assert_interrupted(child);
    drop(list);
}

#[test]
fn while_nobody_opens_the_other_end_of_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut mkfifo = Command::new("mkfifo");
    assert_done(&output(mkfifo.current_dir(folder.path()).arg("pipe")));
    let child = start(&folder, &["pipe", "-o", "out.wav"]);
    ask_to_end(&child);
    assert_interrupted(child);
    assert_eq!(names(&folder), ["pipe"]);
}

#[test]
fn while_a_reader_takes_nothing() {
    let folder = folder_with_sound();
    let mut child = start(&folder, &["in.wav", "-o", "-"]);
    let mut reader = child.stdout.take().expect("a pipe");
    reader.read_exact(&mut [0; 1_000]).expect("a beginning");
    wait_until_it_is_held_up(&child);
    ask_to_end(&child);
    assert_interrupted(child);
    drop(reader);
}

/// A file is half written then, so the first time it waits; the second time it does not.
#[test]
fn the_second_time_whatever_is() {
    let folder = folder_with_sound();
    let parts = ["in.wav", "-o", "-", "--voice-out", "voice.wav"];
    let mut child = start(&folder, &parts);
    let mut reader = child.stdout.take().expect("a pipe");
    reader.read_exact(&mut [0; 1_000]).expect("a beginning");
    wait_until_it_is_held_up(&child);
    ask_to_end(&child);
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().expect("a child").is_none(), "it has ended");
    ask_to_end(&child);
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(130), "{}", stderr(&ended));
    assert!(!names(&folder).contains(&"voice.wav".to_owned()));
    drop(reader);
}
