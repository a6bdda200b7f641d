//! However long a file is, it takes no more memory.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "what fails here fails the test")]

mod support;

use std::fs::{self, File};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use support::{Wav, fixture, limpid};
use tempfile::TempDir;

const RATE: u32 = 8000;

#[test]
fn a_file_of_two_hours_takes_the_memory_of_one_of_a_few_minutes() {
    assert_flat(silence, &["in.wav"], 2);
}

/// The encoder of FLAC, and levels before and after.
#[test]
fn so_does_flac_with_a_report() {
    assert_flat(silence, &["in.wav", "--to", "flac", "--json"], 1);
}

#[test]
fn so_does_mp3() {
    assert_flat(silent_mp3, &["in.mp3"], 1);
}

#[track_caller]
fn assert_flat(make: fn(&TempDir, u32), arguments: &[&str], hours: u32) {
    let (short, long) = (
        peak_kib(make, arguments, 6 * 60),
        peak_kib(make, arguments, hours * 3600),
    );
    // An hour is 55 MiB as 16 bits, and twice that as 32-bit floats.
    assert!(long < short + 8 * 1024, "{short} KiB, {long} KiB");
}

/// The most memory that the program had while it enhanced silence of so many seconds.
fn peak_kib(make: fn(&TempDir, u32), arguments: &[&str], seconds: u32) -> u64 {
    let folder = TempDir::new().expect("a folder");
    make(&folder, seconds);
    let mut program = limpid(&folder)
        .args(["enhance", "--quiet", "--model"])
        .arg(fixture("identity_k1"))
        .args(arguments)
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", program.id());
    let mut peak = 0;
    let ended = loop {
        // Of a program that has ended there is no memory to be told.
        peak = told_kib(&fs::read_to_string(&status).unwrap_or_default()).unwrap_or(peak);
        if let Some(ended) = program.try_wait().expect("the program can be waited for") {
            break ended;
        }
        thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success());
    assert!(peak > 0, "the program was never seen");
    peak
}

/// `VmHWM:   1234 kB`: the most that was in memory at once.
fn told_kib(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// `in.wav`, 16 bit, mono. Its samples take no room on the disk: what is not written reads as zeros.
fn silence(folder: &TempDir, seconds: u32) {
    let bytes = seconds * RATE * 2;
    let path = Wav::new(1, 1, RATE, 16).write(folder, "in.wav");
    let mut header = fs::read(&path).expect("the header");
    let length = header.len();
    header[4..8].copy_from_slice(&(length as u32 - 8 + bytes).to_le_bytes());
    header[length - 4..].copy_from_slice(&bytes.to_le_bytes());
    fs::write(&path, header).expect("the folder is writable");
    let file = File::options().write(true).open(&path).expect("the file");
    file.set_len(length as u64 + u64::from(bytes))
        .expect("the file can be made longer");
}

/// `in.mp3`, likewise: frames without side information, of which each is 72 ms of silence.
fn silent_mp3(folder: &TempDir, seconds: u32) {
    // MPEG-2.5, 8 kbit/s, 8 kHz, mono.
    let mut frame = vec![0xFF, 0xE3, 0x18, 0xC0];
    frame.resize(72, 0);
    let frames = seconds as usize * 1000 / 72;
    fs::write(folder.path().join("in.mp3"), frame.repeat(frames)).expect("a file");
}
