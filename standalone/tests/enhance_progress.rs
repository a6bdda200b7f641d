//! A person in front of a terminal sees how far it is; a file and a pipe get none of that.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs::{self, File};
use std::process::Command;

use support::{Wav, assert_done, fixture, output, stderr, stdout};
use tempfile::TempDir;

/// Two files of minutes of silence, of which the disk holds the headers.
fn folder_with_two() -> TempDir {
    folder_with(["a.wav", "b.wav"])
}

fn folder_with(names: [&str; 2]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let bytes = 5 * 60 * 96_000_u32;
        let mut header = Wav::voice(&[]).bytes();
        header[40..44].copy_from_slice(&bytes.to_le_bytes());
        let path = folder.path().join(name);
        fs::write(&path, header).expect("a file");
        let file = File::options().write(true).open(&path).expect("the file");
        file.set_len(u64::from(bytes) + 44).expect("a sparse file");
    }
    folder
}

fn line(more: &str) -> String {
    let (program, model) = (env!("CARGO_BIN_EXE_limpid"), fixture("recurrent"));
    format!(
        "'{program}' enhance -f *.wav --out-dir out --jobs 2 --model '{}' {more}",
        model.display()
    )
}

/// What a terminal shows, by `script` of util-linux.
fn in_terminal(folder: &TempDir, more: &str) -> String {
    let mut script = Command::new("script");
    script
        .current_dir(folder.path())
        .args(["-qec", &line(more), "/dev/null"]);
    let done = output(&mut script);
    assert_done(&done);
    stdout(&done)
}

#[test]
fn a_terminal_shows_each_file_and_the_sum_and_what_is_left() {
    let folder = folder_with_two();
    let seen = in_terminal(&folder, "");
    for words in ["% of 5:00 a.wav", "% of 5:00 b.wav", "% of 2 files", "left"] {
        assert!(seen.contains(words), "{words:?} is not in {seen:?}");
    }
    // The sum tells what is left of all, such as "37 % of 2 files, 3s left".
    let after = seen.split("% of 2 files, ").skip(1);
    let mut left = after.filter_map(|text| text.split_once(" left"));
    assert!(
        left.any(|(time, _)| time.len() < 8 && time.ends_with('s')),
        "{seen:?}"
    );
    assert!(seen.contains("2 of 2 files enhanced"), "{seen:?}");
    assert!(!in_terminal(&folder, "--quiet").contains('%'));
}

#[test]
fn of_a_length_that_nobody_tells_none_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    // Frames without side information, of which each is 72 ms of silence, and no header ahead of them.
    let mut frame = vec![0xFF, 0xE3, 0x18, 0xC0];
    frame.resize(72, 0);
    fs::write(folder.path().join("a.mp3"), frame.repeat(5_000)).expect("a file");
    let mut script = Command::new("script");
    let (program, model) = (env!("CARGO_BIN_EXE_limpid"), fixture("recurrent"));
    let line = format!("'{program}' enhance a.mp3 --model '{}'", model.display());
    script
        .current_dir(folder.path())
        .args(["-qec", &line, "/dev/null"]);
    let done = output(&mut script);
    assert_done(&done);
    let seen = stdout(&done);
    assert!(
        seen.contains("no length told") && !seen.contains("of 0:00"),
        "{seen:?}"
    );
}

/// Bars fill their lines with blanks; one that is too long would push the others out of their places.
#[test]
fn names_in_wide_letters_fill_their_lines_exactly() {
    let folder = folder_with(["\u{8b1b}\u{7fa9}.wav", "\u{1f3a4}\u{1f3a4}.wav"]);
    let mut script = Command::new("script");
    let in_80_columns = format!("stty cols 80 rows 24; {}", line(""));
    script
        .current_dir(folder.path())
        .args(["-qec", &in_80_columns, "/dev/null"]);
    let done = output(&mut script);
    assert_done(&done);
    let seen = stdout(&done);
    let parts = seen.split(['\n', '\r', '\u{1b}']);
    // Behind an escape stands what it does, such as "[2K".
    let parts = parts.map(|part| {
        part.strip_prefix('[').map_or(part, |rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
                .get(1..)
                .unwrap_or("")
        })
    });
    let bars: Vec<&str> = parts.filter(|part| part.contains("% of 5:00")).collect();
    assert!(!bars.is_empty(), "{seen:?}");
    for bar in bars {
        let wide = bar.chars().filter(|letter| *letter > '\u{3000}').count();
        assert_eq!((bar.chars().count() + wide) % 80, 0, "{bar:?}");
    }
}

#[test]
fn nobody_watches_a_pipe() {
    let folder = folder_with_two();
    let mut shell = Command::new("sh");
    let done = output(shell.current_dir(folder.path()).args(["-c", &line("")]));
    assert_done(&done);
    assert_eq!(stderr(&done), "");
}
