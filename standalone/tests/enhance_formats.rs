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
    for (tag, bits) in [(1, 8), (1, 16), (1, 24), (3, 32), (3, 64)] {
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
        (48_000, 8),
        (16_000, 12),
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

#[test]
fn sizes_that_programs_write_into_pipes_mean_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 16).with_noise(2_000);
    for size in [0x7FFF_F000_u32, 0x8000_0000, 0x7FFF_FFFF] {
        let mut streamed = wav.bytes();
        streamed[40..44].copy_from_slice(&size.to_le_bytes());
        fs::write(folder.path().join("in.wav"), streamed).expect("a file");
        let arguments = [&UNCHANGED[..], &["in.wav", "-f", "-o", "out.wav"]].concat();
        assert_done(&enhance(&folder, "recurrent", &arguments));
        let written = fs::read(folder.path().join("out.wav")).expect("an output");
        assert!(written == wav.bytes(), "{size:#x}");
    }
}

#[test]
fn a_file_beyond_4_gib_promises_all_its_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 16).with_noise(2_000);
    let bytes = 5u64 << 30;
    let mut file = b"RF64\xFF\xFF\xFF\xFFWAVE".to_vec();
    let sizes = [bytes + 72, bytes, bytes / 2]
        .map(u64::to_le_bytes)
        .concat();
    chunk(&mut file, b"ds64", &[&sizes[..], &[0; 4]].concat());
    chunk(&mut file, b"fmt ", &wav.format());
    file.extend(b"data\xFF\xFF\xFF\xFF");
    file.extend(&wav.data);
    fs::write(folder.path().join("in.wav"), &file).expect("a file");
    let refused = enhance(&folder, "recurrent", &["in.wav"]);
    support::assert_refused(&refused, &["5368709120 bytes", "holds 4000"]);
}

#[test]
fn another_depth_is_written_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 48_000, 24).with_noise(20_000);
    wav.before = vec![(b"bext", vec![7; 604])];
    wav.write(&folder, "in.wav");
    for (bits, wanted) in [("8", 8), ("16", 16), ("24", 24), ("32", 32), ("32f", 32)] {
        let arguments = ["in.wav", "-f", "-o", "out.wav", "--bits", bits];
        assert_done(&enhance(
            &folder,
            "recurrent",
            &[&UNCHANGED[..], &arguments].concat(),
        ));
        let path = folder.path().join("out.wav");
        let spec = hound::WavReader::open(&path).expect("a WAV file").spec();
        assert_eq!((spec.bits_per_sample, spec.channels), (wanted, 2));
        let bytes = fs::read(&path).expect("a file");
        assert!(bytes.windows(4).any(|name| name == b"bext"), "{bits}");
    }
    let wrong = enhance(&folder, "recurrent", &["in.wav", "--bits", "20"]);
    assert_eq!(wrong.status.code(), Some(2));
}

/// A tone of less than one step of 16 bits is still there, and silence stays silent.
#[test]
fn dither_keeps_what_is_below_the_last_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(3, 1, 48_000, 32);
    let tone = |n: usize| (n as f64 * 0.05).sin() * 0.4 / 32_768.0;
    for n in 0..96_000 {
        let sample = if n < 48_000 { tone(n) } else { 0.0 };
        wav.data.extend((sample as f32).to_le_bytes());
    }
    wav.write(&folder, "in.wav");
    let arguments = ["in.wav", "-o", "out.wav", "--bits", "16"];
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&UNCHANGED[..], &arguments].concat(),
    ));
    let came = support::read_i16(&folder.path().join("out.wav"));
    let product: f64 = (0..48_000)
        .map(|n| f64::from(came[n]) * tone(n) * 32_768.0)
        .sum();
    let energy: f64 = (0..48_000).map(|n| (tone(n) * 32_768.0).powi(2)).sum();
    assert!((product / energy - 1.0).abs() < 0.1, "{}", product / energy);
    assert!(came[48_000..].iter().all(|sample| *sample == 0));
}

#[test]
fn linked_pairs_are_each_what_they_are_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let five = Wav::new(1, 5, 48_000, 16).with_noise(9_600);
    five.write(&folder, "five.wav");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &["five.wav", "--link", "pairs"],
    ));
    let all = support::read_i16(&folder.path().join("five-voice.wav"));
    for channels in [0..2, 2..4, 4..5] {
        let mut part = Wav::new(1, channels.len() as u16, 48_000, 16);
        for frame in five.data.chunks_exact(10) {
            part.data
                .extend(&frame[2 * channels.start..2 * channels.end]);
        }
        part.write(&folder, "part.wav");
        assert_done(&enhance(
            &folder,
            "recurrent",
            &["part.wav", "-f", "-o", "alone.wav"],
        ));
        let alone = support::read_i16(&folder.path().join("alone.wav"));
        let among: Vec<i16> = all
            .chunks_exact(5)
            .flat_map(|f| f[channels.clone()].to_vec())
            .collect();
        assert!(alone == among, "{channels:?}");
    }
}
