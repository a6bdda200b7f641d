//! A file and what was made of it, in figures and in a picture.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs::File;
use std::io::BufReader;

use support::{Noise, Wav, assert_done, assert_refused, limpid, names, output, stdout};
use tempfile::TempDir;

/// `a.wav`: noise of which the first half is loud; `b.wav`: the same, half as high.
fn folder_with_two() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut samples = Noise::new(1).samples(96_000, 0.5);
    samples.extend(Noise::new(2).samples(96_000, 0.01));
    let half: Vec<i16> = samples.iter().map(|s| s / 2).collect();
    Wav::voice(&samples).write(&folder, "a.wav");
    Wav::voice(&half).write(&folder, "b.wav");
    folder
}

#[test]
fn figures_and_a_picture_tell_what_was_done() {
    let folder = folder_with_two();
    let done = output(limpid(&folder).args(["compare", "a.wav", "b.wav", "--json"]));
    assert_done(&done);
    let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
    assert_eq!(told["seconds"], 4.0);
    let figure = |side: &str, name: &str| told[side][name].as_f64().expect("a number");
    // An even spread up to 0.5 has an RMS of 0.5 over the root of 3; half of the time of it is there.
    assert!((figure("before", "rms_dbfs") + 13.8).abs() < 0.2);
    assert!((figure("after", "rms_dbfs") + 19.8).abs() < 0.2);
    assert!((figure("taken_away", "rms_dbfs") + 19.8).abs() < 0.2);
    assert!((figure("before", "noise_floor_dbfs") + 44.8).abs() < 0.5);
    assert!((figure("before", "peak_dbfs") + 6.0).abs() < 0.2);
    assert_eq!(told["picture"], "b.png");

    let picture = File::open(folder.path().join("b.png")).expect("a picture");
    let mut reader = png::Decoder::new(BufReader::new(picture))
        .read_info()
        .expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert!(info.width > 720 && info.height > 800);
    // The loud half is to the left, and its colours are higher ones.
    let row = |y: usize, x: usize| f64::from(pixels[y * info.width as usize + x]);
    let mean = |from: usize| (from..from + 200).map(|x| row(250, x)).sum::<f64>() / 200.0;
    assert!(
        mean(180) > mean(620) + 20.0,
        "{} and {}",
        mean(180),
        mean(620)
    );
}

#[test]
fn a_clean_voice_judges_both() {
    let folder = folder_with_two();
    let arguments = [
        "compare",
        "a.wav",
        "b.wav",
        "--clean",
        "a.wav",
        "--no-picture",
    ];
    let done = output(limpid(&folder).args(arguments));
    assert_done(&done);
    assert!(stdout(&done).contains("SI-SDR"), "{}", stdout(&done));
    assert_eq!(names(&folder), ["a.wav", "b.wav"]);
}

/// A voice and a noise of a tenth of its height that has nothing in common with it: 20 dB, however loud both are.
#[test]
fn the_distance_from_a_clean_voice_is_the_ratio_of_voice_and_noise() {
    let folder = tempfile::tempdir().expect("a folder");
    let (voice, noise) = (
        Noise::new(1).samples(96_000, 0.5),
        Noise::new(2).samples(96_000, 0.05),
    );
    let sum = |factor: i16| -> Vec<i16> {
        let pairs = voice.iter().zip(&noise);
        pairs.map(|(v, n)| (v + n) / factor).collect()
    };
    Wav::voice(&voice).write(&folder, "clean.wav");
    Wav::voice(&sum(1)).write(&folder, "noisy.wav");
    Wav::voice(&sum(3)).write(&folder, "quiet.wav");
    let judged = [
        "noisy.wav",
        "quiet.wav",
        "--clean",
        "clean.wav",
        "--no-picture",
        "--json",
    ];
    let done = output(limpid(&folder).arg("compare").args(judged));
    assert_done(&done);
    let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
    for side in ["before", "after"] {
        let ratio = told[side]["si_sdr_db"].as_f64().expect("a number");
        assert!((ratio - 20.0).abs() < 0.2, "{side}: {ratio}");
    }
}

#[test]
fn sounds_that_do_not_fit_are_refused_and_nothing_is_replaced() {
    let folder = folder_with_two();
    Wav::voice(&[0; 100]).write(&folder, "short.wav");
    Wav::new(1, 2, 48_000, 16)
        .with_noise(192_000)
        .write(&folder, "stereo.wav");
    let compare = |arguments: &[&str]| output(limpid(&folder).arg("compare").args(arguments));
    assert_refused(&compare(&["a.wav", "short.wav"]), &["length"]);
    assert_refused(&compare(&["a.wav", "stereo.wav"]), &["rate or channels"]);
    assert_refused(&compare(&["a.wav", "gone.wav"]), &["gone.wav"]);
    assert_refused(
        &compare(&["a.wav", "b.wav", "-p", "a.wav", "-f"]),
        &["is the input itself"],
    );
    std::fs::write(folder.path().join("b.png"), "mine").expect("a file");
    assert_refused(
        &compare(&["a.wav", "b.wav"]),
        &["b.png exists already", "--force"],
    );
    assert_done(&compare(&["a.wav", "b.wav", "--force"]));
}
