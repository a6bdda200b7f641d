//! What is told of each file in JSON, field by field.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::process::Command;

use serde_json::Value;
use support::{Noise, Wav, assert_done, enhance, ffmpeg, fixture, output, stderr, stdout};

fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).expect("JSON");
    text.lines().map(line).collect()
}

#[test]
fn each_field_says_what_it_is_called() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::voice(&Noise::new(1).samples(96_000, 0.9));
    wav.before = vec![(b"bext", vec![7; 603])];
    wav.write(&folder, "a.wav");
    let louder = ["--voice", "6", "--background", "6", "--json"];
    let arguments = [&["a.wav", "-o", "a.raw"], &louder[..]].concat();
    let done = enhance(&folder, "identity_k1", &arguments);
    assert_done(&done);
    let told = &lines(&stdout(&done))[0];
    assert_eq!(told["status"], "done");
    assert_eq!(told["not_kept"], serde_json::json!(["bext"]));
    let clipped = told["clipped"].as_u64().expect("a number");
    // Of an even spread up to 0.9, twice as loud, four ninths are beyond.
    assert!((40_000..46_000).contains(&clipped), "{clipped}");
    assert_eq!(told["damaged_packets"], 0);
    let sum = output(Command::new("sha256sum").arg(fixture("identity_k1")));
    assert_eq!(told["sha256"], stdout(&sum)[..64]);
    let took = told["took_seconds"].as_f64().expect("a number");
    let factor = told["real_time_factor"].as_f64().expect("a number");
    assert!(
        took > 0.0 && (factor - took / 2.0).abs() < 1e-9,
        "{took}, {factor}"
    );
    let loudness = |when: &str| told[when]["loudness_lufs"].as_f64().expect("a number");
    assert!(loudness("after") > loudness("before") + 2.0);

    let again = [&["a.wav", "-o", "a.raw", "--resume"], &louder[..]].concat();
    let skipped = enhance(&folder, "identity_k1", &again);
    assert_done(&skipped);
    let wanted = serde_json::json!({"input": "a.wav", "output": "a.raw", "status": "skipped"});
    assert_eq!(lines(&stdout(&skipped)), [wanted]);
}

/// A line tells one rate, and all that it counts is counted at it.
#[test]
fn what_is_counted_is_counted_at_the_rate_that_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(1).samples(48_000, 0.3)).write(&folder, "a.wav");
    let arguments = ["a.wav", "--rate", "24000", "--json", "--quiet"];
    let done = enhance(&folder, "identity_k1", &arguments);
    assert_done(&done);
    let told = &lines(&stdout(&done))[0];
    assert_eq!(
        (&told["rate"], &told["seconds"]),
        (&24_000.into(), &1.0.into())
    );
    assert_eq!(told["latency_removed"], 240);
}

#[test]
fn damaged_packets_are_told_in_words_too() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(1).samples(96_000, 0.3)).write(&folder, "in.wav");
    ffmpeg(
        &folder,
        &["-i", "in.wav", "-c:a", "libmp3lame", "-b:a", "64k", "a.mp3"],
    );
    let mut bytes = fs::read(folder.path().join("a.mp3")).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 1_000].fill(0);
    fs::write(folder.path().join("a.mp3"), bytes).expect("a file");
    let done = enhance(&folder, "identity_k1", &["a.mp3", "-o", "out.wav"]);
    assert_done(&done);
    assert!(
        stdout(&done).contains("damaged places of the input are silent"),
        "{}",
        stdout(&done)
    );
}

/// Who has read enough goes, and the files are done all the same.
#[test]
fn a_reader_of_the_report_that_goes_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.wav", "b.wav", "c.wav"] {
        Wav::voice(&Noise::new(1).samples(48_000, 0.3)).write(&folder, name);
    }
    let line = format!(
        "'{}' enhance a.wav b.wav c.wav --out-dir out --json --model '{}' | head -1",
        env!("CARGO_BIN_EXE_limpid"),
        fixture("identity_k1").display()
    );
    let mut bash = Command::new("bash");
    let done = output(bash.current_dir(folder.path()).args(["-c", &line]));
    assert_eq!(
        (stderr(&done).as_str(), lines(&stdout(&done)).len()),
        ("", 1)
    );
    for name in ["a.wav", "b.wav", "c.wav"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
}
