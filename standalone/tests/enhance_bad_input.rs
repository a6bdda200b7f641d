//! A file that cannot be enhanced is refused with a sentence, and nothing is left behind.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Wav, assert_refused, enhance, names};

#[track_caller]
fn assert_input_refused(bytes: &[u8], words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.wav");
    fs::write(&path, bytes).expect("a file");
    let output = enhance(&folder, "identity_k1", &["in.wav"]);
    assert_refused(&output, &[&["in.wav"], words].concat());
    assert_eq!(names(&folder), ["in.wav"]);
    assert!(
        fs::read(&path).expect("the input") == bytes,
        "the input is as it was"
    );
}

#[test]
fn other_kinds_of_files_are_refused() {
    assert_input_refused(b"fLaC\0\0\0\x22more", &["in.wav"]);
    assert_input_refused(b"OggS\0\x02", &["no sound file that Limpid knows"]);
    assert_input_refused(b"caff\0\x01\0\0", &["no sound file", "CAF"]);
    assert_input_refused(b"hello, world: this is text", &["no sound file", "FLAC"]);
    assert_input_refused(b"RIFF\x04\0\0\0AVI ", &["not a WAV file"]);
    assert_input_refused(b"RIFX\0\0\0\x04WAVE", &["big-endian"]);
    assert_input_refused(b"", &["empty"]);
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let whole = Wav::new(1, 2, 48_000, 16).with_noise(1_000).bytes();
    for length in [4, 11, 12, 19, 30, 43] {
        assert_input_refused(&whole[..length], &[]);
    }
    assert_input_refused(&whole[..44], &["ends early", "4000 bytes", "holds 0"]);
    assert_input_refused(&whole[..3_001], &["ends early", "4000 bytes", "holds 2957"]);
    assert_input_refused(&whole[..whole.len() - 1], &["ends early"]);
}

#[test]
fn sound_that_ends_within_a_sample_is_told_by_its_own_size() {
    let mut bytes = Wav::new(1, 2, 48_000, 16).with_noise(1_000).bytes();
    bytes.push(0);
    let (riff, data) = (bytes.len() as u32 - 8, 4_001_u32);
    bytes[4..8].copy_from_slice(&riff.to_le_bytes());
    bytes[40..44].copy_from_slice(&data.to_le_bytes());
    assert_input_refused(&bytes, &["4001 bytes", "no whole number", "4 bytes"]);
}

#[test]
fn no_samples_are_no_sound() {
    assert_input_refused(&Wav::voice(&[]).bytes(), &["zero samples"]);
    let mut wav = Wav::voice(&[]);
    wav.after = vec![(b"LIST", vec![1; 10])];
    assert_input_refused(&wav.bytes(), &["zero samples"]);
}

#[test]
fn a_recording_that_was_never_closed_is_recognised() {
    let mut bytes = Wav::voice(&[1_000; 500]).bytes();
    bytes[4..8].fill(0);
    bytes[40..44].fill(0);
    assert_input_refused(&bytes, &["not closed", "1000 bytes follow"]);
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let good = Wav::voice(&[0; 100]).bytes();
    let with = |at: usize, bytes: &[u8]| {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        bad
    };
    assert_input_refused(&with(22, &[0, 0]), &["zero channels"]);
    assert_input_refused(&with(24, &[0; 4]), &["sample rate of zero"]);
    assert_input_refused(&with(32, &[6, 0]), &["do not fit"]);
    assert_input_refused(&with(32, &[0xFF, 0xFF]), &["do not fit"]);
    assert_input_refused(&with(12, b"fmx "), &["no `fmt ` chunk"]);
    assert_input_refused(&with(16, &[4, 0, 0, 0]), &[]);
    assert_input_refused(
        &with(16, &[0xF0, 0xFF, 0xFF, 0xFF]),
        &["ends before any sound"],
    );
    assert_input_refused(&with(0, b"RF64"), &["no `ds64` chunk"]);
}

#[test]
fn codings_that_are_not_plain_samples_are_named() {
    let coded = |tag, bits| {
        let mut wav = Wav::new(tag, 1, 48_000, bits);
        wav.data = vec![0; 96];
        wav.bytes()
    };
    assert_input_refused(&coded(6, 8), &["A-law"]);
    assert_input_refused(&coded(0x11, 16), &["IMA ADPCM"]);
    assert_input_refused(&coded(0x1234, 16), &["format tag 0x1234"]);
    assert_input_refused(&coded(3, 16), &["16-bit floats"]);
    assert_input_refused(&coded(1, 12), &["12-bit integers"]);
}

#[test]
fn more_channels_than_there_is_memory_for_are_refused() {
    let most = Wav::new(1, 128, 48_000, 16).with_noise(480);
    let folder = tempfile::tempdir().expect("a folder");
    most.write(&folder, "in.wav");
    support::assert_done(&enhance(&folder, "identity_k1", &["in.wav"]));
    let words = ["129 channels", "128 at most"];
    let more = Wav::new(1, 129, 48_000, 16).with_noise(480);
    assert_input_refused(&more.bytes(), &words);
    let raw = ["in.wav", "-f", "--raw", "u8:48000:129"];
    assert_refused(&enhance(&folder, "identity_k1", &raw), &words);
}

#[test]
fn samples_in_more_bytes_than_they_have_are_not_guessed_at() {
    let mut bytes = Wav::new(1, 2, 48_000, 32).with_noise(100).bytes();
    bytes[34] = 24;
    assert_input_refused(&bytes, &["24 bits lie in 4 bytes each"]);
}

#[test]
fn rates_that_no_model_runs_at_are_refused() {
    for rate in [500, 1_000_000, u32::MAX] {
        let mut wav = Wav::voice(&[0; 1_000]);
        wav.rate = 1;
        let mut bytes = wav.bytes();
        bytes[24..28].copy_from_slice(&rate.to_le_bytes());
        assert_input_refused(&bytes, &[&format!("{rate} Hz")]);
    }
}

#[test]
fn a_folder_is_no_input() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_refused(&enhance(&folder, "identity_k1", &["."]), &["is a folder"]);
}

#[test]
fn a_file_that_is_not_there_is_no_input() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_refused(
        &enhance(&folder, "identity_k1", &["gone.wav"]),
        &["gone.wav"],
    );
    assert!(names(&folder).is_empty());
}

#[cfg(unix)]
#[test]
fn a_device_is_no_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = enhance(&folder, "identity_k1", &["/dev/zero", "-o", "out.wav"]);
    assert_refused(&output, &["/dev/zero", "not an ordinary file"]);
}
