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
    let (short, long) = (peak_kib(6 * 60), peak_kib(2 * 3600));
    // Two hours are 110 MiB in the file, and twice that as 32-bit floats.
    assert!(long < short + 8 * 1024, "{short} KiB, {long} KiB");
}

/// The most memory that the program had while it enhanced silence of so many seconds.
fn peak_kib(seconds: u32) -> u64 {
    let folder = TempDir::new().expect("a folder");
    silence(&folder, seconds);
    let mut program = limpid(&folder)
        .args(["enhance", "--quiet", "in.wav", "--model"])
        .arg(fixture("identity_k1"))
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
