//! Rate, channels, depth and everything else in the file are kept.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Wav, assert_done, chunk, enhance};

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

#[track_caller]
fn assert_comes_back(wav: &Wav) {
    let folder = tempfile::tempdir().expect("a folder");
    wav.write(&folder, "in.wav");
    let output = enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &["in.wav", "-o", "out.wav"]].concat(),
    );
    assert_done(&output);
    let written = fs::read(folder.path().join("out.wav")).expect("an output");
    assert!(
        written == wav.bytes(),
        "{} bits, {} channels",
        wav.bits,
        wav.channels
    );
}

#[test]
fn faders_at_0_db_give_every_kind_of_sample_back_bit_for_bit() {
    for (tag, bits) in [(1, 8), (1, 16), (1, 24), (3, 32)] {
        assert_comes_back(&Wav::new(tag, 1, 48_000, bits).with_noise(5_001));
    }
}

#[test]
fn of_32_bit_integers_the_upper_24_bits_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 32).with_noise(5_001);
    wav.write(&folder, "in.wav");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &["in.wav", "-o", "out.wav"]].concat(),
    ));
    let mut reader = hound::WavReader::open(folder.path().join("out.wav")).expect("a WAV file");
    let came: Vec<i32> = reader.samples().map(|s| s.expect("a sample")).collect();
    let went = wav
        .data
        .chunks_exact(4)
        .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    assert_eq!(came.len(), 5_001);
    for (came, went) in came.into_iter().zip(went) {
        assert!(
            (i64::from(came) - i64::from(went)).abs() <= 128,
            "{came} for {went}"
        );
    }
}

#[test]
fn every_rate_and_number_of_channels_is_kept() {
    for (rate, channels) in [
        (8_000, 1),
        (11_025, 2),
        (22_050, 1),
        (44_100, 2),
        (96_000, 3),
        (192_000, 1),
    ] {
        assert_comes_back(&Wav::new(1, channels, rate, 16).with_noise(3_000));
    }
}

#[test]
fn an_extensible_header_keeps_its_channel_mask() {
    for (tag, bits) in [(1, 16), (1, 24), (3, 32)] {
        let mut wav = Wav::new(tag, 4, 48_000, bits).with_noise(2_000);
        wav.extensible = true;
        assert_comes_back(&wav);
    }
}

#[test]
fn markers_and_time_codes_are_kept_padded_or_not() {
    let mut wav = Wav::new(1, 1, 48_000, 24).with_noise(2_001);
    wav.before = vec![(b"bext", vec![7; 603]), (b"JUNK", vec![0; 28])];
    wav.after = vec![
        (b"cue ", vec![1; 28]),
        (b"LIST", b"INFOINAM\x05\0\0\0take\0".to_vec()),
    ];
    assert_comes_back(&wav);
}

#[test]
fn chunks_that_describe_the_old_samples_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = Wav::new(3, 1, 48_000, 32).with_noise(2_000);
    let mut wav = plain.clone();
    wav.before = vec![(b"PEAK", vec![1; 16])];
    wav.after = vec![(b"levl", vec![1; 121])];
    wav.write(&folder, "in.wav");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &["in.wav", "-o", "out.wav"]].concat(),
    ));
    let written = fs::read(folder.path().join("out.wav")).expect("an output");
    assert!(written == plain.bytes());
}

#[test]
fn a_stream_of_unknown_length_gets_its_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 2, 44_100, 16).with_noise(2_000);
    let mut streamed = wav.bytes();
    streamed[4..8].fill(0xFF);
    streamed[40..44].fill(0xFF);
    fs::write(folder.path().join("in.wav"), streamed).expect("a file");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &["in.wav", "-o", "out.wav"]].concat(),
    ));
    let written = fs::read(folder.path().join("out.wav")).expect("an output");
    assert!(written == wav.bytes());
}

#[test]
fn rf64_stays_rf64() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 16).with_noise(2_000);
    let mut body = b"WAVE".to_vec();
    let mut sizes = Vec::new();
    // RIFF size, data size, frames, entries of the table.
    for size in [4 + 36 + 24 + 8 + 4_000u64, 4_000, 2_000] {
        sizes.extend(size.to_le_bytes());
    }
    sizes.extend(0u32.to_le_bytes());
    chunk(&mut body, b"ds64", &sizes);
    chunk(&mut body, b"fmt ", &wav.format());
    body.extend(b"data\xFF\xFF\xFF\xFF");
    body.extend(&wav.data);
    let file = [b"RF64\xFF\xFF\xFF\xFF".to_vec(), body].concat();
    fs::write(folder.path().join("in.wav"), &file).expect("a file");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &["in.wav", "-o", "out.wav"]].concat(),
    ));
    let written = fs::read(folder.path().join("out.wav")).expect("an output");
    assert!(written == file);
}
