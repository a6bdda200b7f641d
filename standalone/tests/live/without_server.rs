//! Where there is no sound at all, that is one sentence.

use crate::support::{assert_refused, limpid, output, stdout};

pub fn alone(folder: &tempfile::TempDir) -> std::process::Command {
    let mut command = limpid(folder);
    command
        .env("XDG_RUNTIME_DIR", folder.path())
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("PULSE_SERVER")
        .env("JACK_DEFAULT_SERVER", "limpid-none")
        // A machine that has a card has none for this.
        .env("ALSA_CONFIG_PATH", "/dev/null");
    command
}

#[test]
fn devices_says_that_there_are_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(alone(&folder).arg("devices"));
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(
        text.contains("There is no input and no output device"),
        "{text}"
    );
}

#[test]
fn devices_as_json_are_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(alone(&folder).args(["devices", "--json"]));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(json["hosts"].is_array(), "{json}");
}

#[test]
fn live_without_a_microphone_is_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = crate::support::fixture("identity_k1");
    let output = output(alone(&folder).arg("live").arg("--model").arg(model));
    let said = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("limpid: there is no input device"), "{said}");
}

#[test]
fn a_sound_system_that_there_is_not_is_told_with_all_that_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = crate::support::fixture("identity_k1");
    let mut command = alone(&folder);
    command
        .args(["live", "--host", "oss", "--model"])
        .arg(model);
    let output = output(&mut command);
    assert_refused(&output, &["\"oss\"", "pulseaudio", "jack", "alsa"]);
}

#[test]
fn a_recording_that_is_there_is_refused_before_anything_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("b.wav"), "precious").expect("a file");
    let output = output(alone(&folder).args(["live", "--record", "a.wav,b.wav"]));
    assert_refused(&output, &["b.wav exists already", "--force"]);
}
