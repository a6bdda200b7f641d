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
    assert_misused(&["enhance", "in.wav", "--link", "perhaps"], "\"pairs\"");
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

/// Whether it is to be had is found out with other programs' help, and taken away likewise.
#[cfg(target_os = "linux")]
#[test]
fn the_doctor_tells_whether_real_time_priority_is_to_be_had() {
    use std::process::Command;

    const WITHOUT: &str = "test $(id -u) = 0 && drop='setpriv --bounding-set=-sys_nice'
        exec prlimit --rtprio=0 $drop \"$0\" doctor";
    let folder = tempfile::tempdir().expect("a folder");
    let given = Command::new("chrt").args(["-f", "1", "true"]).output();
    let given = given.expect("chrt, of util-linux").status.success();
    let program = limpid(&folder);
    let usual = output(limpid(&folder).arg("doctor"));
    let line = if given {
        "✓ real-time"
    } else {
        "– no real-time"
    };
    assert!(stdout(&usual).contains(line), "{}", stdout(&usual));

    let mut without = Command::new("sh");
    without.args(["-c", WITHOUT]).arg(program.get_program());
    for (variable, value) in program.get_envs() {
        match value {
            Some(value) => without.env(variable, value),
            None => without.env_remove(variable),
        };
    }
    let without = output(&mut without);
    let said = stdout(&without);
    assert!(
        said.contains("– no real-time priority: Operation not permitted"),
        "{said}"
    );
    assert_eq!(without.status.code(), usual.status.code(), "{said}");
}
