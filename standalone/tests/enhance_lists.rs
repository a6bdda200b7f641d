//! Which files are meant: patterns, lists out of pipes, shares of them; what two workers do at once, and what a
//! killed one leaves.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use support::{
    Noise, Wav, assert_done, assert_refused, enhance, fixture, limpid, names, output, stderr,
};
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

fn there(folder: &TempDir, below: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join(below))
        .into_iter()
        .flatten();
    let mut names: Vec<String> = entries
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}

/// No shell is between: the pattern comes as it was typed.
#[test]
fn a_pattern_is_what_it_stands_for() {
    let folder = folder_with(&[
        "a.wav",
        "b.wav",
        "b.bak",
        "deep/c1.wav",
        "deep/c2.wav",
        ".d.wav",
    ]);
    for (pattern, wanted) in [
        ("*.wav", &["a.wav", "b.wav"][..]),
        ("deep/c?.wav", &["c1.wav", "c2.wav"]),
        ("[ab].wav", &["a.wav", "b.wav"]),
        ("**/c1.wav", &["c1.wav"]),
    ] {
        let arguments = [pattern, "--out-dir", "out"];
        assert_done(&enhance(&folder, "identity_k1", &arguments));
        assert_eq!(there(&folder, "out"), wanted, "{pattern}");
        fs::remove_dir_all(folder.path().join("out")).expect("a folder");
    }
    // A file that is really called so goes before.
    Wav::voice(&[0; 480]).write(&folder, "x[1].wav");
    assert_done(&enhance(&folder, "identity_k1", &["x[1].wav"]));
    assert!(folder.path().join("x[1]-voice.wav").exists());
}

#[test]
fn a_pattern_that_stands_for_nothing_fails_and_stops_nothing() {
    let folder = folder_with(&["a.wav"]);
    let done = enhance(
        &folder,
        "identity_k1",
        &["*.flac", "a.wav", "--out-dir", "out"],
    );
    assert_eq!(done.status.code(), Some(1));
    assert!(stderr(&done).contains("*.flac"), "{}", stderr(&done));
    assert!(
        stderr(&done).contains("1 of 2 files failed"),
        "{}",
        stderr(&done)
    );
    assert_eq!(there(&folder, "out"), ["a.wav"]);
}

/// Nothing done is no success where something was to be done.
#[test]
fn a_folder_or_a_list_without_a_file_is_a_failure() {
    let folder = folder_with(&["in/notes.txt", "full/a.wav"]);
    let empty = enhance(&folder, "identity_k1", &["in", "-r", "--out-dir", "out"]);
    assert_refused(&empty, &["no sound file lies in in"]);
    let both = ["in", "full", "-r", "--out-dir", "out"];
    let both = enhance(&folder, "identity_k1", &both);
    assert_eq!(both.status.code(), Some(1), "{}", stderr(&both));
    assert_eq!(there(&folder, "out"), ["a.wav"]);
    let nothing = with_list(&folder, "\n\n", &[]);
    assert_refused(&nothing, &["the list on standard input names no file"]);
    // A share of which nothing is left is another thing.
    for share in ["1/2", "2/2"] {
        let share = [
            "full",
            "-r",
            "--out-dir",
            "out",
            "--resume",
            "--shard",
            share,
        ];
        assert_done(&enhance(&folder, "identity_k1", &share));
    }
    let all = ["*.x", "*.y"];
    let said = stderr(&enhance(&folder, "identity_k1", &all));
    assert!(
        said.contains("2 of 2 files failed") && !said.contains("done"),
        "{said}"
    );
}

/// Such as macOS leaves beside each file on a foreign disk.
#[test]
fn what_is_hidden_in_a_folder_is_left_out() {
    let folder = folder_with(&["in/a.wav", "in/.deep/b.wav", ".in/c.wav"]);
    fs::write(folder.path().join("in/._a.wav"), "no sound").expect("a file");
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in", ".in", "-r", "--out-dir", "out"],
    ));
    assert_eq!(there(&folder, "out"), ["a.wav", "c.wav"]);
}

#[test]
fn a_list_may_begin_with_a_mark_of_its_coding() {
    let folder = folder_with(&["a.wav"]);
    assert_done(&with_list(&folder, "\u{feff}a.wav\r\n", &[]));
    assert_eq!(names(&folder), ["a-voice.wav", "a.wav"]);
}

fn with_list(folder: &TempDir, list: &str, arguments: &[&str]) -> Output {
    let mut command = limpid(folder);
    command.args(["enhance", "--files-from", "-", "--quiet", "--model"]);
    command.arg(fixture("identity_k1")).args(arguments);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a start");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(list.as_bytes()).expect("it is read");
    drop(pipe);
    child.wait_with_output().expect("an end")
}

#[test]
fn a_list_comes_through_a_pipe_and_is_dealt_out_in_shares() {
    let files: Vec<String> = (0..9).map(|n| format!("in/{n}.wav")).collect();
    let folder = folder_with(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let list = files.join("\n");
    assert_done(&with_list(&folder, &list, &["--out-dir", "all"]));
    assert_eq!(there(&folder, "all/in").len(), 9);
    let mut dealt = Vec::new();
    for share in ["1/2", "2/2"] {
        let out = share.replace('/', "of");
        assert_done(&with_list(
            &folder,
            &list,
            &["--out-dir", &out, "--shard", share],
        ));
        let part = there(&folder, &format!("{out}/in"));
        assert!(!part.is_empty() && part.len() < 9, "{part:?}");
        dealt.extend(part);
    }
    dealt.sort();
    assert_eq!(dealt, there(&folder, "all/in"));
}

/// Whoever comes second finds the output there, which is what it would have written.
#[test]
fn two_programs_on_one_share_do_no_harm() {
    let files: Vec<String> = (0..6).map(|n| format!("in/{n}.wav")).collect();
    let folder = folder_with(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let parts = ["--voice-out", "v", "--background-out", "b"];
    let start = || {
        let mut command = limpid(&folder);
        command.args([
            "enhance", "in", "-r", "--resume", "--quiet", "--jobs", "2", "--model",
        ]);
        command.arg(fixture("recurrent")).args(parts);
        command.stderr(Stdio::piped()).spawn().expect("a start")
    };
    for child in [start(), start(), start()] {
        assert_done(&child.wait_with_output().expect("an end"));
    }
    let alone = ["in", "-r", "--voice-out", "v2", "--background-out", "b2"];
    assert_done(&enhance(&folder, "recurrent", &alone));
    for (among, alone) in [("v", "v2"), ("b", "b2")] {
        assert_eq!(there(&folder, among), there(&folder, alone));
        for name in there(&folder, among) {
            let [among, alone] = [among, alone]
                .map(|place| fs::read(folder.path().join(place).join(&name)).expect("a file"));
            assert!(among == alone, "{name}");
        }
    }
}

#[test]
fn what_a_killed_worker_left_is_taken_away_and_what_another_is_at_stays() {
    let folder = folder_with(&["in/a.wav", "in/b.wav"]);
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("a folder");
    let make = |name: &str, age: u64| {
        let file = File::create(out.join(name)).expect("a file");
        let then = SystemTime::now() - Duration::from_secs(age);
        file.set_modified(then).expect("a time");
        file
    };
    drop(make(".limpid-left.part", 3600));
    drop(make(".limpid-fresh.part", 0));
    drop(make("mine.part", 3600));
    let held = make(".limpid-held.part", 3600);
    held.lock().expect("a lock");
    let arguments = ["in", "-r", "--out-dir", "out"];
    assert_done(&enhance(&folder, "identity_k1", &arguments));
    assert!(there(&folder, "out").contains(&".limpid-left.part".to_owned()));
    let again = [&arguments[..], &["--resume"]].concat();
    assert_done(&enhance(&folder, "identity_k1", &again));
    let left = [
        ".limpid-fresh.part",
        ".limpid-held.part",
        "a.wav",
        "b.wav",
        "mine.part",
    ];
    assert_eq!(there(&folder, "out"), left);
}

#[test]
fn an_interruption_of_several_leaves_whole_files_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.wav", "b.wav", "c.wav"] {
        // Hours of silence, of which the disk holds a header.
        let mut header = Wav::voice(&[]).bytes();
        header[40..44].copy_from_slice(&2_000_000_000u32.to_le_bytes());
        let path = folder.path().join(name);
        fs::write(&path, header).expect("a file");
        let file = File::options().write(true).open(&path).expect("the file");
        file.set_len(2_000_000_044).expect("a sparse file");
    }
    let mut command = limpid(&folder);
    command.args([
        "enhance", "a.wav", "b.wav", "c.wav", "--jobs", "3", "--model",
    ]);
    command.arg(fixture("recurrent")).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a start");
    // All three are at it.
    while names(&folder).len() < 6 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = format!("kill -INT {}", child.id());
    assert_done(&output(Command::new("sh").args(["-c", &kill])));
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(130), "{}", stderr(&ended));
    assert_eq!(
        stderr(&ended).matches("interrupted").count(),
        1,
        "{}",
        stderr(&ended)
    );
    assert_eq!(names(&folder), ["a.wav", "b.wav", "c.wav"]);
}
