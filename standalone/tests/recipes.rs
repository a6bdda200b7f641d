//! The recipes for GNU parallel and for Slurm on this machine: several workers, one killed midway, nothing lost
//! or doubled. (The one for Ray has its test beside it.)

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Noise, Wav, assert_done, enhance, fixture, output, stderr, stdout};
use tempfile::TempDir;

const FILES: usize = 12;
/// With a blank, as people's folders have.
const IN: &str = "my recordings";
const OUT: &str = "my results";

fn folder_with(frames: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(IN)).expect("a folder");
    for number in 0..FILES {
        let samples = Noise::new(number as u64).samples(frames, 0.4);
        Wav::voice(&samples).write(&folder, &format!("{IN}/{number}.wav"));
    }
    folder
}

fn recipe(name: &str, folder: &TempDir) -> Command {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recipes");
    let mut command = Command::new("sh");
    command.arg(recipes.join(name)).args([IN, OUT]);
    command
        .current_dir(folder.path())
        .env("LIMPID", env!("CARGO_BIN_EXE_limpid"));
    command
}

/// Names in the folder of results: outputs, and what is unfinished.
fn there(folder: &TempDir) -> (Vec<String>, Vec<String>) {
    let entries = fs::read_dir(folder.path().join(OUT));
    let entries = entries.into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let (parts, mut outputs): (Vec<_>, Vec<_>) = names.partition(|n| n.starts_with(".limpid-"));
    outputs.sort();
    (outputs, parts)
}

#[track_caller]
fn assert_all_as_alone(folder: &TempDir) {
    let alone = enhance(folder, "recurrent", &[IN, "-r", "--out-dir", "alone"]);
    assert_done(&alone);
    let mut names: Vec<String> = (0..FILES).map(|number| format!("{number}.wav")).collect();
    names.sort();
    assert_eq!(there(folder).0, names);
    for name in &names {
        let [among, alone] = [OUT, "alone"]
            .map(|place| fs::read(folder.path().join(place).join(name)).expect("a file"));
        assert!(among == alone, "{name}");
    }
}

#[test]
fn a_worker_that_is_killed_midway_is_begun_again() {
    let folder = folder_with(1_440_000);
    let mut command = recipe("parallel.sh", &folder);
    command
        .args(["3", "--json", "--model"])
        .arg(fixture("recurrent"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut parallel = command.spawn().expect("a start");
    // Something is done, something is half done, and somebody is at it.
    loop {
        let ended = parallel.try_wait().expect("a child").is_some();
        assert!(!ended, "it ended before anything was half done");
        let (outputs, parts) = there(&folder);
        if outputs.is_empty() || parts.is_empty() {
            continue;
        }
        let Some(id) = worker(folder.path()) else {
            continue;
        };
        let kill = format!("kill -KILL {id}");
        let done = Command::new("sh").args(["-c", &kill]).status().expect("sh");
        if done.success() {
            break;
        }
    }
    let ended = parallel.wait_with_output().expect("an end");
    assert!(ended.status.success(), "{}", stderr(&ended));
    assert_all_as_alone(&folder);

    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for line in stdout(&ended).lines() {
        let told: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if told["status"] == "done" {
            *done.entry(told["input"].to_string()).or_default() += 1;
        }
    }
    assert!(done.values().all(|times| *times == 1), "{done:?}");
    // The killed one may have been between giving the name and telling of it.
    assert!(done.len() >= FILES - 1, "{done:?}");
}

#[test]
fn how_many_workers_may_be_left_to_it() {
    let folder = folder_with(4_800);
    let mut command = recipe("parallel.sh", &folder);
    command.arg("--model").arg(fixture("recurrent"));
    assert_done(&output(&mut command));
    assert_all_as_alone(&folder);
}

#[test]
fn a_recipe_without_its_folders_says_how_it_is_used() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recipes");
    for name in ["parallel.sh", "slurm.sh"] {
        let mut sh = Command::new("sh");
        let misused = output(sh.arg(recipes.join(name)).arg(IN));
        assert_eq!(misused.status.code(), Some(2));
        assert!(stderr(&misused).contains("IN OUT"), "{}", stderr(&misused));
    }
}

/// A program that has a file of this folder open for writing.
fn worker(folder: &Path) -> Option<u32> {
    let folder = fs::canonicalize(folder).ok()?;
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let is_program = fs::read_link(entry.path().join("exe"))
            .ok()?
            .ends_with("limpid");
        let mut open = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        let is_part = |path: PathBuf| {
            path.starts_with(&folder) && path.extension().is_some_and(|e| e == "part")
        };
        let is_at_it = open.any(|file| fs::read_link(file.path()).is_ok_and(is_part));
        (is_program && is_at_it).then_some(id)
    })
}

#[test]
fn the_tasks_of_a_slurm_array_do_all_of_it_and_may_be_sent_again() {
    let folder = folder_with(9_600);
    let task = |number: &str, count: &str, shares: Option<&str>| {
        let mut command = recipe("slurm.sh", &folder);
        command.arg("--model").arg(fixture("recurrent"));
        command.env("SLURM_CPUS_PER_TASK", "1");
        command.env("SLURM_ARRAY_TASK_ID", number);
        command.env("SLURM_ARRAY_TASK_COUNT", count);
        command
            .env_remove("SHARES")
            .envs(shares.map(|shares| ("SHARES", shares)));
        assert_done(&output(&mut command));
        there(&folder).0
    };
    let [first, second, third] = ["1", "2", "3"].map(|number| task(number, "3", None));
    assert!(first.len() < second.len() && second.len() < third.len());
    assert_all_as_alone(&folder);
    // The third task once more, alone: it makes its own share again and nothing else.
    fs::remove_dir_all(folder.path().join(OUT)).expect("a folder");
    let again = task("3", "1", Some("3"));
    assert_eq!(again.len(), third.len() - second.len());
    assert!(again.iter().all(|name| !second.contains(name)));
}
