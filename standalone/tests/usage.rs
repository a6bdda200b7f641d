//! A command line that means nothing is exit code 2, with a hint.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use support::{limpid, output, stderr, stdout};

#[track_caller]
fn assert_misused(arguments: &[&str], word: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(limpid(&folder).args(arguments));
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(stderr(&output).contains(word), "{}", stderr(&output));
}

#[test]
fn what_is_unknown_is_named() {
    assert_misused(&["enhanse", "in.wav"], "enhanse");
    assert_misused(&["enhance"], "<INPUT>");
    assert_misused(&["enhance", "in.wav", "--voice", "loud"], "loud");
    assert_misused(&["enhance", "in.wav", "--voice", "40"], "beyond the fader");
    assert_misused(&["enhance", "in.wav", "--preset", "opera"], "voice-call");
    assert_misused(&["enhance", "in.wav", "--solo", "drums"], "background");
    assert_misused(&["enhance", "in.wav", "--link", "perhaps"], "\"off\"");
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    for argument in ["--help", "--version"] {
        let output = output(limpid(&folder).arg(argument));
        assert!(output.status.success());
        assert!(stdout(&output).contains("limpid"));
    }
}
