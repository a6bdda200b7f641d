//! Voice and background, each in a file of its own: they sum to the input.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Noise, Wav, assert_done, assert_refused, enhance, names, output, read_i16};

const BOTH: [&str; 4] = ["--voice-out", "v.wav", "--background-out", "b.wav"];

#[test]
fn whole_numbers_sum_to_the_input_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = Noise::new(3).samples(50_001, 0.2);
    Wav::voice(&samples).write(&folder, "in.wav");
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&["in.wav"], &BOTH[..]].concat(),
    ));
    assert_eq!(names(&folder), ["b.wav", "in.wav", "v.wav"]);
    let [voice, background] = ["v.wav", "b.wav"].map(|name| read_i16(&folder.path().join(name)));
    assert!(voice != samples && background.iter().any(|s| *s != 0));
    let sum: Vec<i16> = voice.iter().zip(&background).map(|(v, b)| v + b).collect();
    assert!(sum == samples);
}

#[test]
fn the_parts_are_what_solo_gives_whatever_the_faders_say() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::new(3, 2, 44_100, 32)
        .with_noise(20_000)
        .write(&folder, "in.wav");
    let faders = ["--voice", "-6", "--background", "-20", "-o", "mix.wav"];
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&["in.wav"], &BOTH[..], &faders].concat(),
    ));
    for (name, solo) in [("v.wav", "voice"), ("b.wav", "background")] {
        assert_done(&enhance(
            &folder,
            "recurrent",
            &["in.wav", "--solo", solo, "-f", "-o", "solo.wav"],
        ));
        let [part, alone] = [name, "solo.wav"].map(|name| {
            let mut reader = hound::WavReader::open(folder.path().join(name)).expect("a WAV file");
            let samples: Result<Vec<f32>, _> = reader.samples().collect();
            samples.expect("floats")
        });
        assert_eq!(part.len(), 40_000);
        let worst = part
            .iter()
            .zip(&alone)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(worst < 1e-6, "{name}: {worst}");
    }
    assert!(folder.path().join("mix.wav").exists());
}

#[test]
fn several_inputs_take_folders_for_the_parts() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("in/deep")).expect("a folder");
    for name in ["in/a.wav", "in/deep/b.wav"] {
        Wav::voice(&Noise::new(1).samples(4_800, 0.5)).write(&folder, name);
    }
    let parts = ["--voice-out", "v", "--background-out", "b"];
    for _ in 0..2 {
        let arguments = [&["in", "-r", "--resume"], &parts[..]].concat();
        assert_done(&enhance(&folder, "identity_k1", &arguments));
        for place in ["v/a.wav", "v/deep/b.wav", "b/a.wav", "b/deep/b.wav"] {
            assert!(folder.path().join(place).is_file(), "{place}");
        }
        // The next run makes what is gone, and that alone.
        fs::remove_file(folder.path().join("b/a.wav")).expect("the file");
        fs::write(folder.path().join("v/a.wav"), "mine").expect("a file");
        let again = [&["in", "-r", "--resume"], &parts[..]].concat();
        assert_done(&enhance(&folder, "identity_k1", &again));
        assert_eq!(
            fs::read(folder.path().join("v/a.wav")).expect("the file"),
            b"mine"
        );
    }
    let bare = output(support::limpid(&folder).args(["enhance", "in", "-r"]));
    assert_eq!(bare.status.code(), Some(2));
    assert!(support::stderr(&bare).contains("--out-dir"));
}

#[test]
fn a_part_that_cannot_be_written_leaves_none_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(3).samples(9_600, 0.4)).write(&folder, "in.wav");
    fs::write(folder.path().join("b.wav"), "mine").expect("a file");
    let refused = enhance(&folder, "recurrent", &[&["in.wav"], &BOTH[..]].concat());
    assert_refused(&refused, &["b.wav exists already"]);
    let same = [
        "in.wav",
        "--voice-out",
        "x.wav",
        "--background-out",
        "x.wav",
    ];
    assert_refused(
        &enhance(&folder, "recurrent", &same),
        &["x.wav is named for two outputs"],
    );
    assert_eq!(names(&folder), ["b.wav", "in.wav"]);
}
