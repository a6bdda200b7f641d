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

#[cfg(unix)]
#[test]
fn what_cannot_be_gone_through_twice_is_refused() {
    let folder = folder_with_two();
    let refused = output(limpid(&folder).args(["compare", "-", "b.wav"]));
    assert_refused(&refused, &["standard input", "save it as a file"]);
    let mut bash = std::process::Command::new("bash");
    let line = format!(
        "'{}' compare a.wav <(cat b.wav)",
        env!("CARGO_BIN_EXE_limpid")
    );
    let refused = output(bash.current_dir(folder.path()).args(["-c", &line]));
    assert_refused(&refused, &["save it as a file"]);
}

#[test]
fn more_channels_than_there_is_memory_for_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::new(1, 129, 48_000, 16)
        .with_noise(48)
        .write(&folder, "a.wav");
    let refused = output(limpid(&folder).args(["compare", "a.wav", "a.wav"]));
    assert_refused(&refused, &["129 channels"]);
}

/// A limit on the size of files stands in for a full disk.
#[cfg(unix)]
#[test]
fn an_old_picture_is_there_until_the_new_one_is_whole() {
    let folder = folder_with_two();
    std::fs::write(folder.path().join("b.png"), "mine").expect("a file");
    let mut shell = std::process::Command::new("sh");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    shell.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_limpid")]);
    shell.args(["compare", "a.wav", "b.wav", "--force"]);
    let refused = output(shell.current_dir(folder.path()));
    assert_refused(&refused, &["cannot write b.png"]);
    assert_eq!(
        std::fs::read(folder.path().join("b.png")).expect("it"),
        b"mine"
    );
    assert_eq!(names(&folder), ["a.wav", "b.png", "b.wav"]);
    let to_nobody = ["compare", "a.wav", "b.wav", "-f", "-p", "/dev/null"];
    assert_done(&output(limpid(&folder).args(to_nobody)));
}

/// Ahead of the work: of these files nothing can be measured.
#[test]
fn a_folder_for_the_picture_that_is_missing_is_told_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["compare", "gone.wav", "gone.wav", "-p", "none/x.png"];
    let refused = output(limpid(&folder).args(words));
    assert_refused(&refused, &["folder none does not exist", "with -p"]);
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
