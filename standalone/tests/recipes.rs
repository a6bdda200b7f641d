//! The recipe for GNU parallel on this machine: several workers, one killed midway, nothing lost or
//! doubled. (The one for Ray has its test beside it.)

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Noise, Wav, assert_done, enhance, fixture, stderr};

const FILES: usize = 12;

#[test]
fn a_worker_that_is_killed_is_begun_again() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("in")).expect("a folder");
    for number in 0..FILES {
        let samples = Noise::new(number as u64).samples(480_000, 0.4);
        Wav::voice(&samples).write(&folder, &format!("in/{number}.wav"));
    }
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recipes/parallel.sh");
    let mut command = Command::new(recipe);
    command
        .current_dir(folder.path())
        .args(["in", "out", "3", "--model"]);
    command
        .arg(fixture("recurrent"))
        .env("LIMPID", env!("CARGO_BIN_EXE_limpid"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut parallel = command.spawn().expect("a start");
    let killed = loop {
        assert!(
            parallel.try_wait().expect("a child").is_none(),
            "it ended before any share began"
        );
        if let Some(id) = worker(folder.path()) {
            let kill = format!("kill -KILL {id}");
            let done = Command::new("sh").args(["-c", &kill]).status().expect("sh");
            if done.success() {
                break id;
            }
        }
    };
    let output = parallel.wait_with_output().expect("an end");
    assert!(output.status.success(), "{killed}: {}", stderr(&output));

    assert_done(&enhance(
        &folder,
        "recurrent",
        &["in", "-r", "--out-dir", "alone"],
    ));
    let mut names: Vec<String> = (0..FILES).map(|number| format!("{number}.wav")).collect();
    names.sort();
    let mut there: Vec<String> = fs::read_dir(folder.path().join("out"))
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        // What was killed may leave its unfinished file, which nobody reads.
        .filter(|name| !name.starts_with(".limpid-"))
        .collect();
    there.sort();
    assert_eq!(there, names);
    for name in &names {
        let [among, alone] = ["out", "alone"]
            .map(|place| fs::read(folder.path().join(place).join(name)).expect("a file"));
        assert!(among == alone, "{name}");
    }
}

/// A program that has begun a file in this folder.
fn worker(folder: &Path) -> Option<u32> {
    let folder = fs::canonicalize(folder).ok()?;
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let words = fs::read(entry.path().join("cmdline")).ok()?;
        let is_share = words
            .split(|byte| *byte == 0)
            .any(|word| word == b"--shard");
        let is_program = fs::read_link(entry.path().join("exe"))
            .ok()?
            .ends_with("limpid");
        let is_here = fs::read_link(entry.path().join("cwd")).ok()? == folder;
        (is_share && is_program && is_here).then_some(id)
    })
}
