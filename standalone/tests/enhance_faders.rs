//! What the faders, the presets, solo and link do to a file.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Noise, Wav, assert_done, enhance, read_i16, stdout};
use tempfile::TempDir;

fn folder_with_stereo() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::voice(&Noise::new(4).samples(30_000, 0.4));
    wav.channels = 2;
    wav.write(&folder, "in.wav");
    folder
}

#[track_caller]
fn heard(folder: &TempDir, arguments: &[&str]) -> Vec<i16> {
    let all = [arguments, &["in.wav", "-f", "-o", "out.wav"]].concat();
    assert_done(&enhance(folder, "recurrent", &all));
    read_i16(&folder.path().join("out.wav"))
}

#[track_caller]
fn assert_near(a: &[i16], b: impl Iterator<Item = f64>, steps: f64) {
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(
            (f64::from(*a) - b).abs() <= steps,
            "sample {at}: {a} for {b}"
        );
    }
}

#[test]
fn voice_and_background_are_the_input() {
    let folder = folder_with_stereo();
    let voice = heard(&folder, &["--solo", "voice"]);
    let background = heard(&folder, &["--solo", "background"]);
    let input = read_i16(&folder.path().join("in.wav"));
    assert!(
        voice != input && background != input,
        "the model does something"
    );
    let sum = voice
        .iter()
        .zip(&background)
        .map(|(v, b)| f64::from(*v) + f64::from(*b));
    assert_near(&input, sum, 1.0);
}

#[test]
fn a_fader_scales_its_part_alone() {
    let folder = folder_with_stereo();
    let voice = heard(&folder, &["--solo", "voice"]);
    let lower = heard(&folder, &["--voice", "-6", "--background", "silent"]);
    let factor = 10f64.powf(-6.0 / 20.0);
    assert_near(&lower, voice.iter().map(|v| f64::from(*v) * factor), 1.0);
}

#[test]
fn both_faders_silent_give_silence() {
    let folder = folder_with_stereo();
    let silence = heard(&folder, &["--voice", "off", "--background", "off"]);
    assert!(silence.iter().all(|s| *s == 0));
}

#[test]
fn the_voice_alone_is_the_default() {
    let folder = folder_with_stereo();
    assert_eq!(heard(&folder, &[]), heard(&folder, &["--solo", "voice"]));
}

#[test]
fn a_preset_sets_both_faders_and_the_link() {
    let folder = folder_with_stereo();
    let podcast = ["--voice", "0", "--background", "-24", "--link", "off"];
    assert_eq!(
        heard(&folder, &["--preset", "podcast"]),
        heard(&folder, &podcast)
    );
}

#[test]
fn an_argument_goes_before_the_preset() {
    let folder = folder_with_stereo();
    let named = heard(
        &folder,
        &[
            "--preset",
            "podcast",
            "--background",
            "silent",
            "--link",
            "on",
        ],
    );
    assert_eq!(named, heard(&folder, &[]));
}

#[test]
fn linked_channels_get_one_decision_and_unlinked_ones_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let left = Noise::new(5).samples(20_000, 0.4);
    let stereo: Vec<i16> = left.iter().flat_map(|s| [*s, s / 16]).collect();
    let mut wav = Wav::voice(&stereo);
    wav.channels = 2;
    wav.write(&folder, "in.wav");
    Wav::voice(&left).write(&folder, "left.wav");
    let unlinked = heard(&folder, &["--link", "off"]);
    assert_done(&enhance(&folder, "recurrent", &["left.wav"]));
    let alone = read_i16(&folder.path().join("left-voice.wav"));
    let left_of = |stereo: &[i16]| stereo.iter().step_by(2).copied().collect::<Vec<i16>>();
    assert_eq!(left_of(&unlinked), alone);
    assert_ne!(left_of(&heard(&folder, &["--link", "on"])), alone);
}

#[test]
fn six_channels_are_linked_or_each_what_it_is_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mono = Noise::new(5).samples(10_000, 0.4);
    // Each quieter than the one before.
    let six: Vec<i16> = mono
        .iter()
        .flat_map(|s| (0..6).map(move |shift| s >> shift))
        .collect();
    let mut wav = Wav::voice(&six);
    wav.channels = 6;
    wav.write(&folder, "in.wav");
    let (linked, unlinked) = (
        heard(&folder, &["--link", "on"]),
        heard(&folder, &["--link", "off"]),
    );
    assert_eq!((linked.len(), unlinked.len()), (60_000, 60_000));
    for channel in [0, 5] {
        let of = |all: &[i16]| {
            all.iter()
                .skip(channel)
                .step_by(6)
                .copied()
                .collect::<Vec<_>>()
        };
        let alone: Vec<i16> = mono.iter().map(|s| s >> channel).collect();
        Wav::voice(&alone).write(&folder, "one.wav");
        assert_done(&enhance(
            &folder,
            "recurrent",
            &["one.wav", "-f", "-o", "one-out.wav"],
        ));
        let alone = read_i16(&folder.path().join("one-out.wav"));
        assert!(of(&unlinked) == alone, "channel {channel}");
        assert!(of(&linked) != alone, "channel {channel}");
    }
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let folder = folder_with_stereo();
    for name in ["a.wav", "b.wav"] {
        assert_done(&enhance(&folder, "recurrent", &["in.wav", "-o", name]));
    }
    let read = |name| fs::read(folder.path().join(name)).expect("an output");
    assert!(read("a.wav") == read("b.wav"));
}

#[test]
fn samples_beyond_the_scale_are_clipped_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples: Vec<i16> = (0..4_800)
        .map(|n| if n % 48 < 24 { 30_000 } else { -30_000 })
        .collect();
    Wav::voice(&samples).write(&folder, "in.wav");
    let arguments = [
        "--voice",
        "6",
        "--background",
        "6",
        "in.wav",
        "-o",
        "out.wav",
    ];
    let output = enhance(&folder, "identity_k1", &arguments);
    assert_done(&output);
    let said = stdout(&output);
    assert!(said.contains("4800 samples were too loud"), "{said}");
    let came = read_i16(&folder.path().join("out.wav"));
    assert!(
        came.iter()
            .zip(&samples)
            .all(|(c, s)| *c == if *s > 0 { 32_767 } else { -32_768 })
    );
}

#[test]
fn what_is_no_number_in_the_input_is_none_in_the_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(3, 1, 48_000, 32).with_noise(10_000);
    for (at, value) in [
        (100, f32::NAN),
        (2_000, f32::INFINITY),
        (5_000, f32::MIN),
        (9_999, f32::NAN),
    ] {
        wav.data[at * 4..at * 4 + 4].copy_from_slice(&value.to_le_bytes());
    }
    wav.write(&folder, "in.wav");
    for arguments in [&["--voice", "0", "--background", "0"][..], &[]] {
        assert_done(&enhance(
            &folder,
            "recurrent",
            &[arguments, &["in.wav", "-f", "-o", "out.wav"]].concat(),
        ));
        let mut reader = hound::WavReader::open(folder.path().join("out.wav")).expect("a WAV file");
        assert!(
            reader
                .samples::<f32>()
                .all(|s| s.expect("a sample").is_finite())
        );
    }
}
