//! Forms that are seldom: depths, loudspeakers and headers of each kind of file.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::process::Command;

use support::{Noise, Wav, assert_done, assert_refused, enhance, ffmpeg, numbers, output, through};
use tempfile::TempDir;

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

/// `in.wav` of integers at 48 kHz, a fifth of a second.
fn folder_with(channels: u16, bits: u16) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, channels, 48_000, bits).with_noise(9_600);
    wav.extensible = channels == 4;
    if bits == 32 {
        // Of which the upper 24 bits are kept.
        wav.data.iter_mut().step_by(4).for_each(|low| *low = 0);
    }
    wav.write(&folder, "in.wav");
    folder
}

#[test]
fn flac_of_every_depth_and_eight_channels_comes_back() {
    for (channels, bits) in [(1, 8), (2, 24), (1, 32), (8, 16)] {
        let folder = folder_with(channels, bits);
        let mut flac = Command::new("flac");
        flac.current_dir(folder.path()).args([
            "-s",
            "--channel-map=none",
            "in.wav",
            "-o",
            "a.flac",
        ]);
        assert_done(&output(&mut flac));
        let wanted = numbers(&folder.path().join("in.wav"));
        assert!(through(&folder, "a.flac") == wanted, "{channels}, {bits}");
        // And as it is written here.
        let arguments = [&["in.wav", "-o", "b.flac"], &UNCHANGED[..]].concat();
        assert_done(&enhance(&folder, "recurrent", &arguments));
        let mut flac = Command::new("flac");
        flac.current_dir(folder.path())
            .args(["-sdf", "b.flac", "-o", "back.wav"]);
        assert_done(&output(&mut flac));
        assert!(
            numbers(&folder.path().join("back.wav")) == wanted,
            "{channels}, {bits}"
        );
    }
}

#[test]
fn alac_of_24_bits_and_every_aiff_come_back() {
    for (name, coding) in [
        ("a.m4a", &["-c:a", "alac", "-sample_fmt", "s32p"][..]),
        ("a.aiff", &["-c:a", "pcm_s8"]),
        ("b.aiff", &["-c:a", "pcm_s32be"]),
        ("c.aiff", &["-c:a", "pcm_f64be"]),
        ("d.aiff", &["-c:a", "pcm_s16le"]),
    ] {
        let folder = folder_with(2, 24);
        ffmpeg(&folder, &[&["-i", "in.wav"], coding, &[name]].concat());
        ffmpeg(&folder, &["-i", name, "-c:a", "pcm_f32le", "wanted.wav"]);
        let wanted = numbers(&folder.path().join("wanted.wav"));
        assert!(through(&folder, name) == wanted, "{name}");
    }
}

/// Each loudspeaker has a tone of its own, so that none can stand in another's place.
#[test]
fn the_loudspeakers_of_vorbis_come_in_the_order_of_wav() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 6, 48_000, 16);
    for frame in 0..48_000 {
        for tone in [200, 300, 450, 60, 700, 1000] {
            let phase = f64::from(frame * tone) / 48_000.0 * std::f64::consts::TAU;
            wav.data
                .extend(((phase.sin() * 9_000.0) as i16).to_le_bytes());
        }
    }
    wav.write(&folder, "in.wav");
    let layout = [
        "-channel_layout",
        "5.1",
        "-i",
        "in.wav",
        "-c:a",
        "libvorbis",
        "-q:a",
        "8",
    ];
    ffmpeg(&folder, &[&layout[..], &["a.ogg"]].concat());
    let (came, wanted) = (
        through(&folder, "a.ogg"),
        numbers(&folder.path().join("in.wav")),
    );
    assert_eq!(came.len(), wanted.len());
    for channel in 0..6 {
        let of = |samples: &[f64]| samples.iter().skip(channel).step_by(6).copied().collect();
        let (came, wanted): (Vec<f64>, Vec<f64>) = (of(&came), of(&wanted));
        let off: f64 = came.iter().zip(&wanted).map(|(c, w)| (c - w).powi(2)).sum();
        let energy: f64 = wanted.iter().map(|w| w * w).sum();
        assert!(off < 0.1 * energy, "channel {channel}: {}", off / energy);
    }
}

#[test]
fn what_has_no_decoder_here_is_named_with_a_way_out() {
    let folder = folder_with(6, 16);
    let layout = ["-channel_layout", "5.1", "-i", "in.wav"];
    for (name, coding, words) in [
        ("a.m4a", "aac", "AAC with 6 channels"),
        ("a.aac", "aac", "AAC with 6 channels"),
        ("a.opus", "libopus", "Opus with 6 channels"),
    ] {
        ffmpeg(&folder, &[&layout[..], &["-c:a", coding, name]].concat());
        let refused = enhance(&folder, "identity_k1", &[name, "-o", "out.wav"]);
        assert_refused(&refused, &[name, words, "convert it to WAV or FLAC"]);
        assert!(!folder.path().join("out.wav").exists());
    }
}

/// A header may ask for another loudness (RFC 7845, 5.1).
#[test]
fn the_gain_of_an_opus_file_is_applied() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(8).samples(48_000, 0.2)).write(&folder, "in.wav");
    ffmpeg(
        &folder,
        &["-i", "in.wav", "-c:a", "libopus", "-b:a", "96k", "a.opus"],
    );
    let mut bytes = fs::read(folder.path().join("a.opus")).expect("a file");
    let at = bytes
        .windows(8)
        .position(|w| w == b"OpusHead")
        .expect("a header");
    let half = (-6.0206f64 * 256.0).round() as i16;
    bytes[at + 16..at + 18].copy_from_slice(&half.to_le_bytes());
    let end = bytes[4..]
        .windows(4)
        .position(|w| w == b"OggS")
        .expect("a page")
        + 4;
    let sum = support::ogg_checksum(&bytes[..end]);
    bytes[22..26].copy_from_slice(&sum.to_le_bytes());
    fs::write(folder.path().join("b.opus"), bytes).expect("a file");
    let (as_it_was, lower) = (through(&folder, "a.opus"), through(&folder, "b.opus"));
    let worst = as_it_was
        .iter()
        .zip(&lower)
        .map(|(a, b)| (a / 2.0 - b).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn an_extensible_header_keeps_valid_bits_and_names_of_codings() {
    let folder = folder_with(4, 24);
    let plain = fs::read(folder.path().join("in.wav")).expect("a file");
    // 20 of the 24 bits; and integers as B-format has them (00000001-0721-11D3-8644-C8C1CA000000).
    let ambisonic = b"\x01\0\0\0\x21\x07\xD3\x11\x86\x44\xC8\xC1\xCA\0\0\0";
    for (at, bytes) in [(38, &b"\x14\0"[..]), (44, ambisonic)] {
        let mut wav = plain.clone();
        wav[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(folder.path().join("in.wav"), &wav).expect("a file");
        let arguments = [&["in.wav", "-f", "-o", "out.wav"], &UNCHANGED[..]].concat();
        assert_done(&enhance(&folder, "recurrent", &arguments));
        assert!(fs::read(folder.path().join("out.wav")).expect("a file") == wav);
    }
    let mut coded = plain;
    coded[44] = 0x55;
    fs::write(folder.path().join("in.wav"), coded).expect("a file");
    assert_refused(
        &enhance(&folder, "recurrent", &["in.wav"]),
        &["MP3", "convert"],
    );
}

#[test]
fn a_byte_of_padding_that_is_missing_at_the_end_is_missed_by_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 24).with_noise(2_001);
    let mut bytes = wav.bytes();
    assert_eq!(bytes.pop(), Some(0));
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    fs::write(folder.path().join("in.wav"), bytes).expect("a file");
    let arguments = [&["in.wav", "-o", "out.wav"], &UNCHANGED[..]].concat();
    assert_done(&enhance(&folder, "recurrent", &arguments));
    assert!(fs::read(folder.path().join("out.wav")).expect("a file") == wav.bytes());
}
