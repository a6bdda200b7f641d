//! The virtual microphone with a `pactl` of the test's own, which is slow or fails as no server does when asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

use crate::program::Running;
use crate::support::fixture;
use crate::without_server::alone;

/// `limpid live --virtual-mic` with this script in place of pactl.
fn live(folder: &TempDir, script: &str, words: &[&str]) -> Command {
    let programs = folder.path().join("bin");
    fs::create_dir_all(&programs).expect("a folder");
    let pactl = programs.join("pactl");
    fs::write(&pactl, format!("#!/bin/sh\n{script}")).expect("a file");
    fs::set_permissions(&pactl, fs::Permissions::from_mode(0o755)).expect("permissions");
    let others = std::env::var_os("PATH").expect("a path");
    let path = std::env::split_paths(&others);
    let path = std::env::join_paths(std::iter::once(programs).chain(path));
    let mut command = alone(folder);
    command.env("PATH", path.expect("a path"));
    command.args(["live", "--virtual-mic", "--model"]);
    command.arg(fixture("identity_k1")).args(words);
    command
}

#[test]
fn it_ends_while_the_server_is_slow() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "case \"$1\" in
        list) sleep 0.2 ;;
        subscribe) exec sleep 1000 ;;
    esac";
    // At the end the watch is still making sure that the microphone is there.
    let mut running = Running::start(&mut live(&folder, script, &["--wait", "--for", "0.2"]));
    let status = running.end();
    assert!(status.success(), "{status}: {:?}", running.said());
}

#[test]
fn it_ends_while_it_waits_for_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "printf 'Connection failure: refused\\nconnect() failed\\n' >&2; exit 1";
    let mut running = Running::start(&mut live(&folder, script, &["--wait"]));
    // In one line, and to be followed by other words.
    let line = running.wait_for(0, "waiting: the sound server refuses");
    let told = "refuses: Connection failure: refused; connect() failed (pactl";
    assert!(line.contains(told) && !line.contains('?'), "{line}");
    running.signal("INT");
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn half_a_microphone_is_not_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "case \"$1 $2\" in
        'list short') cat modules 2> /dev/null || true ;;
        'load-module module-null-sink') shift; printf '7\\t%s\\t%s\\n' \"$1\" \"$*\" > modules ;;
        'load-module module-remap-source') echo no such module >&2; exit 1 ;;
        'unload-module 7') rm modules; echo gone > unloaded ;;
    esac";
    let mut running = Running::start(&mut live(&folder, script, &[]));
    assert_eq!(running.end().code(), Some(1));
    let said = running.said().join("\n");
    assert!(said.contains("refuses: no such module"), "{said}");
    assert!(folder.path().join("unloaded").exists(), "{said}");
}
