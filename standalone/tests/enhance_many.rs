//! Many files: lists, folders, shares. One that fails stops none of the others.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use support::{Noise, Wav, assert_done, assert_refused, enhance, stderr, stdout};
use tempfile::TempDir;

/// A folder with these files of a tenth of a second, each with other samples.
fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (seed, name) in names.iter().enumerate() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        Wav::voice(&Noise::new(seed as u64).samples(4_800, 0.5)).write(&folder, name);
    }
    folder
}

/// All files below `root`, hidden ones too, relative to it.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("a folder") {
            let name = folder.join(entry.expect("an entry").file_name());
            if root.join(&name).is_dir() {
                folders.push(name);
            } else {
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(folder: &TempDir, name: &str) -> Vec<u8> {
    fs::read(folder.path().join(name)).expect("a file")
}

#[test]
fn several_files_each_get_what_they_get_alone() {
    let folder = folder_with(&["a.wav", "b.wav", "c.wav"]);
    // Another form between two files of one form: what the worker keeps must not leak over.
    Wav::new(1, 2, 44_100, 24)
        .with_noise(5_000)
        .write(&folder, "b.wav");
    for jobs in ["1", "3"] {
        let out = format!("out{jobs}");
        assert_done(&enhance(
            &folder,
            "recurrent",
            &["a.wav", "b.wav", "c.wav", "--out-dir", &out, "--jobs", jobs],
        ));
        for name in ["a.wav", "b.wav", "c.wav"] {
            let alone = enhance(&folder, "recurrent", &[name, "-f", "-o", "alone.wav"]);
            assert_done(&alone);
            let among = read(&folder, &format!("{out}/{name}"));
            assert!(
                read(&folder, "alone.wav") == among,
                "{name} of {jobs} at once"
            );
        }
    }
}

#[test]
fn without_a_folder_each_output_lies_beside_its_input() {
    let folder = folder_with(&["a.wav", "deep/b.wav"]);
    assert_done(&enhance(&folder, "identity_k1", &["a.wav", "deep/b.wav"]));
    assert_eq!(
        tree(folder.path()),
        ["a-voice.wav", "a.wav", "deep/b-voice.wav", "deep/b.wav"]
    );
}

#[test]
fn a_folder_comes_out_as_the_same_tree() {
    let folder = folder_with(&["in/a.wav", "in/deep/er/b.WAV", "in/deep/c.wav"]);
    fs::write(folder.path().join("in/notes.txt"), "no sound").expect("a file");
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in", "-r", "--out-dir", "out"],
    ));
    assert_eq!(
        tree(&folder.path().join("out")),
        ["a.wav", "deep/c.wav", "deep/er/b.WAV"]
    );
}

#[test]
fn an_output_folder_inside_the_input_is_no_input() {
    let folder = folder_with(&["a.wav", "deep/b.wav"]);
    for _ in 0..2 {
        let arguments = [".", "--recursive", "--out-dir", "out", "--force"];
        assert_done(&enhance(&folder, "identity_k1", &arguments));
        assert_eq!(tree(&folder.path().join("out")), ["a.wav", "deep/b.wav"]);
    }
}

#[test]
fn a_list_names_files_and_keeps_their_folders() {
    let folder = folder_with(&["x/a.wav", "y/a.wav", "b.wav"]);
    fs::write(folder.path().join("list"), "x/a.wav\n\ny/a.wav\n./b.wav\n").expect("a list");
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["--files-from", "list", "--out-dir", "out"],
    ));
    assert_eq!(
        tree(&folder.path().join("out")),
        ["b.wav", "x/a.wav", "y/a.wav"]
    );
    let gone = enhance(&folder, "identity_k1", &["--files-from", "gone"]);
    assert_refused(&gone, &["cannot read the list gone"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_list_may_name_what_is_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with(&["a.wav"]);
    let odd = std::ffi::OsStr::from_bytes(b"caf\xE9.wav");
    let place = folder.path();
    fs::copy(place.join("a.wav"), place.join(odd)).expect("a file");
    fs::write(place.join("list.txt"), b"a.wav\r\n\ncaf\xE9.wav").expect("a list");
    let arguments = ["--files-from", "list.txt", "--out-dir", "out"];
    assert_done(&enhance(&folder, "identity_k1", &arguments));
    for name in [std::ffi::OsStr::new("a.wav"), odd] {
        assert!(place.join("out").join(name).is_file(), "{name:?}");
    }
}

#[test]
fn a_bad_file_stops_none_of_the_others_and_the_exit_code_says_so() {
    let folder = folder_with(&["in/a.wav", "in/z.wav"]);
    fs::write(folder.path().join("in/bad.wav"), "this is no sound").expect("a file");
    let output = enhance(&folder, "identity_k1", &["in", "-r", "--out-dir", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(tree(&folder.path().join("out")), ["a.wav", "z.wav"]);
    let said = stderr(&output);
    assert!(said.contains("in/bad.wav: it is no sound file"), "{said}");
    assert!(said.contains("1 of 3 files failed"), "{said}");
}

#[test]
fn what_is_wrong_for_all_files_is_said_once() {
    let folder = folder_with(&["a.wav", "b.wav", "c.wav"]);
    let output = enhance(&folder, "no_metadata", &["a.wav", "b.wav", "c.wav"]);
    assert_refused(&output, &["no_metadata"]);
    assert_eq!(tree(folder.path()).len(), 3);
}

#[test]
fn what_is_there_is_an_error_or_skipped_or_replaced_as_asked() {
    let folder = folder_with(&["a.wav", "b.wav"]);
    fs::create_dir(folder.path().join("out")).expect("a folder");
    fs::write(folder.path().join("out/a.wav"), "mine").expect("a file");
    let inputs = ["a.wav", "b.wav", "--out-dir", "out"];
    let refused = enhance(&folder, "identity_k1", &inputs);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("out/a.wav exists already"));

    let resumed = enhance(
        &folder,
        "identity_k1",
        &[&inputs[..], &["--resume"]].concat(),
    );
    assert_done(&resumed);
    assert!(stdout(&resumed).contains("0 of 2 files enhanced, 2 there already"));
    assert_eq!(read(&folder, "out/a.wav"), b"mine");

    let forced = enhance(
        &folder,
        "identity_k1",
        &[&inputs[..], &["--force"]].concat(),
    );
    assert_done(&forced);
    assert!(read(&folder, "out/a.wav").starts_with(b"RIFF"));
}

#[test]
fn an_input_is_never_the_output_of_another() {
    let folder = folder_with(&["talk.wav", "talk-voice.wav"]);
    let before = read(&folder, "talk-voice.wav");
    let output = enhance(
        &folder,
        "identity_k1",
        &["talk.wav", "talk-voice.wav", "--force"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("talk-voice.wav is the input itself"));
    assert!(read(&folder, "talk-voice.wav") == before);
    let names = ["talk-voice-voice.wav", "talk-voice.wav", "talk.wav"];
    assert_eq!(tree(folder.path()), names);
}

#[test]
fn two_inputs_never_share_an_output() {
    let folder = folder_with(&["x/a.wav", "y/a.wav"]);
    let arguments = ["x/a.wav", "y/a.wav", "--out-dir", "out"];
    let output = enhance(&folder, "identity_k1", &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("written for x/a.wav and again for y/a.wav"));
    assert_eq!(tree(&folder.path().join("out")), ["a.wav"]);
    let one = enhance(
        &folder,
        "identity_k1",
        &["x/a.wav", "y/a.wav", "-o", "z.wav"],
    );
    assert_eq!(one.status.code(), Some(2));
    assert!(stderr(&one).contains("--out-dir"));
}

#[test]
fn shards_cover_every_file_once_and_do_not_depend_on_the_others() {
    let names: Vec<String> = (0..12).map(|n| format!("in/{}/{n}.wav", n % 3)).collect();
    let folder = folder_with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let shard = |shard: &str, out: &str| -> BTreeSet<String> {
        let arguments = ["in", "-r", "--out-dir", out, "--shard", shard];
        assert_done(&enhance(&folder, "identity_k1", &arguments));
        match folder.path().join(out).is_dir() {
            true => tree(&folder.path().join(out)).into_iter().collect(),
            false => BTreeSet::new(),
        }
    };
    let parts = ["1/3", "2/3", "3/3"].map(|part| shard(part, &part.replace('/', "of")));
    assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), 12);
    let all: BTreeSet<String> = parts.iter().flatten().cloned().collect();
    assert_eq!(all.len(), 12);
    assert!(parts.iter().all(|part| part.len() < 12));

    let gone = parts[0].first().expect("a file");
    fs::remove_file(folder.path().join("in").join(gone)).expect("the file");
    let again = shard("2/3", "again");
    assert_eq!(again, parts[1], "the second share without {gone}");
}

#[test]
fn a_line_of_json_tells_each_file() {
    let folder = folder_with(&["a.wav"]);
    let mut quiet = Wav::voice(&Noise::new(1).samples(96_000, 0.01));
    let loud = Wav::voice(&Noise::new(2).samples(96_000, 0.5));
    quiet.data.extend(loud.data);
    quiet.write(&folder, "b.wav");
    fs::write(folder.path().join("bad.wav"), "no sound").expect("a file");
    let arguments = ["a.wav", "b.wav", "bad.wav", "--json", "--solo", "voice"];
    let output = enhance(&folder, "identity_k1", &arguments);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<serde_json::Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 3);
    let of = |name: &str| {
        let found = lines.iter().find(|line| line["input"] == name);
        found.expect("a line")
    };
    let b = of("b.wav");
    assert_eq!(b["status"], "done");
    assert_eq!(b["output"], "b-voice.wav");
    assert_eq!(b["seconds"], 4.0);
    assert_eq!((&b["rate"], &b["channels"]), (&48_000.into(), &1.into()));
    assert_eq!(b["latency_removed"], 480);
    assert!(b["real_time_factor"].as_f64().expect("a number") > 0.0);
    for when in ["before", "after"] {
        // White noise of peak 0.01: -40 dB and the 4.8 dB from peak to RMS of an even spread.
        let floor = b[when]["noise_floor_dbfs"].as_f64().expect("a number");
        assert!((floor + 44.8).abs() < 0.5, "{when}: {floor}");
        let loudness = b[when]["loudness_lufs"].as_f64().expect("a number");
        assert!((-12.0..-4.0).contains(&loudness), "{when}: {loudness}");
    }
    let bad = of("bad.wav");
    assert_eq!(bad["status"], "failed");
    assert!(
        bad["error"]
            .as_str()
            .expect("text")
            .contains("no sound file")
    );
    assert!(bad.get("seconds").is_none());
}

/// Workers that share a list and of which one is killed: nothing is lost and nothing is half.
#[cfg(unix)]
#[test]
fn a_killed_worker_loses_nothing_that_the_next_run_does_not_make() {
    let names: Vec<String> = (0..6).map(|n| format!("in/{n}.wav")).collect();
    let folder = folder_with(&[]);
    fs::create_dir(folder.path().join("in")).expect("a folder");
    for name in &names {
        Wav::voice(&Noise::new(9).samples(960_000, 0.5)).write(&folder, name);
    }
    let arguments = ["in", "-r", "--out-dir", "out", "--resume", "--jobs", "1"];
    let mut command = support::limpid(&folder);
    command.arg("enhance").args(arguments).arg("--quiet");
    command.arg("--model").arg(support::fixture("recurrent"));
    let mut killed = command.spawn().expect("a start");
    while !folder.path().join("out/1.wav").exists() {
        assert!(killed.try_wait().expect("a child").is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    killed.kill().expect("a kill");
    killed.wait().expect("an end");
    let first = fs::metadata(folder.path().join("out/0.wav")).expect("the first");

    let resumed = enhance(&folder, "recurrent", &arguments);
    assert_done(&resumed);
    let whole = read(&folder, "in/0.wav").len();
    for name in &names {
        let name = name.replace("in/", "out/");
        assert_eq!(read(&folder, &name).len(), whole, "{name}");
    }
    let kept = fs::metadata(folder.path().join("out/0.wav")).expect("the first");
    let modified = |m: &fs::Metadata| m.modified().expect("a time");
    assert_eq!(modified(&kept), modified(&first));
}
