//! Another rate and other channels than the input's.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::f64::consts::TAU;
use std::fs;

use support::{Noise, Wav, assert_done, assert_refused, enhance, output, stdout};
use tempfile::TempDir;

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

/// 24-bit samples of a tone of half the full scale, each channel a little later than the one ahead.
fn tone(rate: u32, channels: u16, frames: u32, hertz: f64) -> Wav {
    let mut wav = Wav::new(1, channels, rate, 24);
    for frame in 0..frames {
        for channel in 0..channels {
            let value = wave(f64::from(frame) / f64::from(rate), hertz, channel);
            let integer = (value * f64::from(1 << 23)).round() as i32;
            wav.data.extend(&integer.to_le_bytes()[..3]);
        }
    }
    wav
}

fn wave(seconds: f64, hertz: f64, channel: u16) -> f64 {
    0.5 * (TAU * hertz * seconds - f64::from(channel)).sin()
}

/// Enhances `in.wav` into `out.wav` with the faders at 0 dB.
fn converted(folder: &TempDir, arguments: &[&str]) -> (hound::WavSpec, Vec<Vec<f64>>) {
    let all = [&["in.wav", "-f", "-o", "out.wav"], arguments, &UNCHANGED].concat();
    assert_done(&enhance(folder, "recurrent", &all));
    read(folder, "out.wav")
}

/// The samples of each channel.
fn read(folder: &TempDir, name: &str) -> (hound::WavSpec, Vec<Vec<f64>>) {
    let mut reader = hound::WavReader::open(folder.path().join(name)).expect("a WAV file");
    let spec = reader.spec();
    let full = f64::from(1 << (spec.bits_per_sample - 1));
    let mut channels = vec![Vec::new(); usize::from(spec.channels)];
    for (index, sample) in reader.samples::<i32>().enumerate() {
        let channel = index % usize::from(spec.channels);
        channels[channel].push(f64::from(sample.expect("a sample")) / full);
    }
    (spec, channels)
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

/// The mean square of what `f` gives for the samples between the ends, where the tone is whole.
fn mean_square(samples: &[f64], f: impl Fn(usize, f64) -> f64) -> f64 {
    let edge = samples.len() / 4;
    let middle = &samples[edge..samples.len() - edge];
    let squares = middle
        .iter()
        .enumerate()
        .map(|(n, s)| f(n + edge, *s).powi(2));
    squares.sum::<f64>() / middle.len() as f64
}

#[test]
fn a_tone_stays_itself_at_every_rate_and_does_not_move() {
    for (from, to) in [
        (44_100, 48_000),
        (48_000, 44_100),
        (48_000, 16_000),
        (96_000, 44_100),
        (8_000, 192_000),
        (44_100, 44_101),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let frames = from / 2 + 1;
        tone(from, 2, frames, 997.0).write(&folder, "in.wav");
        let (spec, channels) = converted(&folder, &["--rate", &to.to_string()]);
        assert_eq!(
            (spec.sample_rate, spec.channels, spec.bits_per_sample),
            (to, 2, 24)
        );
        let wanted = (f64::from(frames) * f64::from(to) / f64::from(from)).round() as usize;
        for (channel, samples) in (0..).zip(&channels) {
            assert_eq!(samples.len(), wanted, "{from} to {to}");
            let off = mean_square(samples, |n, sample| {
                sample - wave(n as f64 / f64::from(to), 997.0, channel)
            });
            // Where the rates have no common measure the filter is longer than this tone.
            let most = if to == 44_101 { -100.0 } else { -115.0 };
            assert!(decibels(off) < most, "{from} to {to}: {} dB", decibels(off));
        }
    }
}

#[test]
fn what_a_lower_rate_cannot_hold_is_gone_and_does_not_fold_back() {
    let folder = tempfile::tempdir().expect("a folder");
    tone(48_000, 1, 48_000, 9_000.0).write(&folder, "in.wav");
    let (_, channels) = converted(&folder, &["--rate", "16000"]);
    let left = mean_square(&channels[0], |_, sample| sample);
    assert!(decibels(left) < -110.0, "{} dB", decibels(left));
    tone(48_000, 1, 48_000, 7_800.0).write(&folder, "in.wav");
    let (_, channels) = converted(&folder, &["--rate", "16000"]);
    let kept = mean_square(&channels[0], |_, sample| sample);
    assert!(
        (decibels(kept * 8.0)).abs() < 0.05,
        "{} dB",
        decibels(kept * 8.0)
    );
}

#[test]
fn the_same_rate_changes_no_bit_and_one_sample_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 2, 44_100, 24).with_noise(10_001);
    wav.write(&folder, "in.wav");
    converted(&folder, &["--rate", "44100", "--channels", "2"]);
    assert!(fs::read(folder.path().join("out.wav")).expect("the output") == wav.bytes());
    tone(44_100, 1, 1, 997.0).write(&folder, "in.wav");
    let (_, channels) = converted(&folder, &["--rate", "96000", "--channels", "2"]);
    assert_eq!(channels.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn the_parts_still_sum_to_the_mix() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 44_100, 16);
    wav.data = Noise::new(4)
        .samples(60_000, 0.2)
        .into_iter()
        .flat_map(i16::to_le_bytes)
        .collect();
    wav.write(&folder, "in.wav");
    let parts = ["--voice-out", "v.wav", "--background-out", "b.wav"];
    let (spec, mix) = converted(
        &folder,
        &[&["--rate", "48000", "--channels", "1"], &parts[..]].concat(),
    );
    assert_eq!(
        (spec.sample_rate, spec.channels, spec.bits_per_sample),
        (48_000, 1, 16)
    );
    let (_, voice) = read(&folder, "v.wav");
    let (_, background) = read(&folder, "b.wav");
    assert_eq!(mix[0].len(), 32_653);
    for ((mix, voice), background) in mix[0].iter().zip(&voice[0]).zip(&background[0]) {
        // Each of the three is rounded with a dither of its own.
        let off = (voice + background - mix).abs() * f64::from(1 << 15);
        assert!(off < 4.0, "{off} steps");
    }
}

#[test]
fn the_line_tells_what_was_read_and_what_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    tone(96_000, 2, 48_000, 997.0).write(&folder, "in.wav");
    let form = [
        "in.wav",
        "-o",
        "out.wav",
        "--rate",
        "48000",
        "--channels",
        "1",
    ];
    let done = enhance(&folder, "recurrent", &[&form[..], &["--json"]].concat());
    assert_done(&done);
    for part in ["\"seconds\":0.5,", "\"rate\":48000,", "\"channels\":1,"] {
        assert!(stdout(&done).contains(part), "{}", stdout(&done));
    }
    let done = enhance(&folder, "recurrent", &[&form[..], &["-f"]].concat());
    assert!(
        stdout(&done).contains("0.50 s, 48000 Hz, mono"),
        "{}",
        stdout(&done)
    );
    for wrong in [["--rate", "7999"], ["--rate", "fast"], ["--channels", "3"]] {
        let refused = output(
            support::limpid(&folder)
                .args(["enhance", "in.wav"])
                .args(wrong),
        );
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
}

/// `in.wav` with constant channels of these values, for the loudspeakers of `mask`.
fn constant(folder: &TempDir, values: &[f64], mask: u32) {
    let mut wav = Wav::new(1, values.len() as u16, 48_000, 24);
    for _ in 0..9_600 {
        for value in values {
            let integer = (value * f64::from(1 << 23)).round() as i32;
            wav.data.extend(&integer.to_le_bytes()[..3]);
        }
    }
    wav.extensible = mask != 0;
    let mut bytes = wav.bytes();
    if mask != 0 {
        bytes[40..44].copy_from_slice(&mask.to_le_bytes());
    }
    fs::write(folder.path().join("in.wav"), bytes).expect("a file");
}

#[track_caller]
fn assert_mixes(values: &[f64], mask: u32, wanted: &[f64]) {
    let folder = tempfile::tempdir().expect("a folder");
    constant(&folder, values, mask);
    let (_, channels) = converted(&folder, &["--channels", &wanted.len().to_string()]);
    assert_eq!(channels.len(), wanted.len());
    for (channel, wanted) in channels.iter().zip(wanted) {
        assert_eq!(channel.len(), 9_600);
        for sample in channel {
            assert!((sample - wanted).abs() < 1e-6, "{sample} for {wanted}");
        }
    }
}

#[test]
fn channels_are_mixed_by_the_standard_and_never_louder() {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    assert_mixes(&[0.5, -0.25], 0, &[0.125]);
    assert_mixes(&[0.5], 0, &[0.5, 0.5]);
    let surround = [0.4, -0.4, 0.2, 0.9, 0.1, 0.3];
    let scale = 1.0 + 2.0 * half;
    let left = (0.4 + half * 0.2 + half * 0.1) / scale;
    let right = (-0.4 + half * 0.2 + half * 0.3) / scale;
    for mask in [0x3F, 0x60F] {
        assert_mixes(&surround, mask, &[left, right]);
        assert_mixes(&surround, mask, &[(left + right) / 2.0]);
    }
    assert_mixes(&surround, 0, &[surround.iter().sum::<f64>() / 6.0]);
}

#[test]
fn channels_that_nobody_names_are_no_stereo() {
    let folder = tempfile::tempdir().expect("a folder");
    constant(&folder, &[0.1; 6], 0);
    let refused = enhance(&folder, "recurrent", &["in.wav", "--channels", "2"]);
    assert_refused(&refused, &["in.wav", "2 channels of its 6", "--channels 1"]);
    assert_eq!(support::names(&folder), ["in.wav"]);
}

/// Little-endian numbers, one behind the other.
fn numbers(of: &[u32]) -> Vec<u8> {
    of.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn markers_and_time_codes_follow_the_rate() {
    let marks = |position: u32, length: u32, time: u64| {
        let cue = [
            numbers(&[1, 7, position]),
            b"data".to_vec(),
            numbers(&[0, 0, position]),
        ];
        let label = [b"adtlltxt".to_vec(), numbers(&[20, 7, length, 0, 0, 0])];
        let mut bext = vec![b'a'; 602];
        bext[338..346].copy_from_slice(&time.to_le_bytes());
        (cue.concat(), label.concat(), bext)
    };
    let mut wav = tone(48_000, 1, 48_000, 997.0);
    let (cue, label, bext) = marks(24_000, 4_800, 48_000 * 3_600);
    wav.before = vec![(b"bext", bext)];
    wav.after = vec![
        (b"cue ", cue),
        (b"LIST", label),
        (b"iXML", b"<BWFXML/>".to_vec()),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    wav.write(&folder, "in.wav");
    let rate = ["--rate", "96000"];
    for steps in [
        vec![("in.wav", "out.wav")],
        vec![("in.wav", "a.flac"), ("a.flac", "out.wav")],
    ] {
        for (at, (from, to)) in steps.iter().enumerate() {
            let form = if at == 0 { &rate[..] } else { &[] };
            let done = enhance(
                &folder,
                "recurrent",
                &[&[from, "-f", "-o", to], form].concat(),
            );
            assert_done(&done);
            let says = stdout(&done).contains("not kept: iXML");
            assert_eq!(says, at == 0, "{}", stdout(&done));
        }
        let written = fs::read(folder.path().join("out.wav")).expect("an output");
        let (cue, label, bext) = marks(48_000, 9_600, 96_000 * 3_600);
        for part in [cue, label, bext] {
            assert!(written.windows(part.len()).any(|window| window == part));
        }
    }
    let mut flac = std::process::Command::new("flac");
    let decode = [
        "-s",
        "-d",
        "--keep-foreign-metadata",
        "a.flac",
        "-o",
        "flac.wav",
    ];
    assert_done(&output(flac.current_dir(folder.path()).args(decode)));
}

#[test]
fn the_reference_decoder_restores_chunks_at_another_depth() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 48_000, 24).with_noise(5_001);
    wav.before = vec![(b"bext", vec![7; 603])];
    wav.write(&folder, "in.wav");
    let arguments = ["in.wav", "-o", "a.flac", "--bits", "16"];
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&arguments[..], &UNCHANGED].concat(),
    ));
    let mut flac = std::process::Command::new("flac");
    let decode = [
        "-s",
        "-d",
        "--keep-foreign-metadata",
        "a.flac",
        "-o",
        "b.wav",
    ];
    assert_done(&output(flac.current_dir(folder.path()).args(decode)));
    // Bits of a sample, and the chunk behind the format.
    let restored = fs::read(folder.path().join("b.wav")).expect("a file");
    assert_eq!(restored[34..40], *b"\x10\0bext");
    assert!(restored.len() > 5_001 * 4 + 603 && restored.len() < 5_001 * 4 + 700);
}
