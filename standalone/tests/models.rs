//! Finding models and the library, and telling what they are.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Wav, assert_done, assert_refused, fixture, limpid, output, stderr, stdout};
use tempfile::TempDir;

/// The program in a folder of its own, as somebody would unpack it, with nothing around it that it
/// could find: neither a source tree nor the user's or the system's data.
fn unpacked(folder: &TempDir, inside: &str) -> Command {
    let program = folder.path().join(inside);
    fs::create_dir_all(program.parent().expect("a folder")).expect("a folder");
    if !program.exists() {
        copy_program(&program);
    }
    let mut command = Command::new(program);
    command
        .current_dir(folder.path())
        .env_remove("CARGO_MANIFEST_DIR");
    command.env_remove("LIMPID_ONNXRUNTIME");
    command.env("XDG_DATA_HOME", folder.path().join("user"));
    command.env("XDG_DATA_DIRS", folder.path().join("system"));
    command
}

/// By another process on Unix: while this one holds a program open for writing, a test that starts
/// something at the same moment hands the open file on, and the program is "busy".
fn copy_program(to: &Path) {
    let program = env!("CARGO_BIN_EXE_limpid");
    if cfg!(unix) {
        let copied = Command::new("cp").arg(program).arg(to).status();
        assert!(copied.expect("cp").success());
    } else {
        fs::copy(program, to).expect("a copy");
    }
}

/// The library that `cargo xtask setup` fetched, or that the variable names.
fn library() -> PathBuf {
    if let Some(named) = std::env::var_os("LIMPID_ONNXRUNTIME").filter(|v| !v.is_empty()) {
        return named.into();
    }
    let facts = limpid_engine::runtime::LibraryFacts::current().expect("a platform with a library");
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../.limpid")
        .join(facts.file_name)
}

fn put_library(folder: &Path) {
    let facts = limpid_engine::runtime::LibraryFacts::current().expect("a platform with a library");
    fs::create_dir_all(folder).expect("a folder");
    fs::copy(library(), folder.join(facts.file_name)).expect("a copy of the library");
}

fn put_model(folder: &Path, name: &str) {
    fs::create_dir_all(folder.join("models")).expect("a folder");
    let to = folder.join("models").join(format!("{name}.onnx"));
    fs::copy(fixture("identity_k1"), to).expect("a copy of the model");
}

#[test]
fn a_model_that_keeps_the_contract_gets_ticks() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(
        limpid(&folder)
            .args(["models", "check"])
            .arg(fixture("recurrent")),
    );
    assert_done(&output);
    let said = stdout(&output);
    assert!(
        said.contains("✓ `limpid.kind`") && !said.contains('✗'),
        "{said}"
    );
    assert!(
        said.contains("SHA-256") && said.contains("ms of computing"),
        "{said}"
    );
}

#[test]
fn a_model_that_breaks_the_contract_is_told_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(
        limpid(&folder)
            .args(["models", "check"])
            .arg(fixture("no_metadata")),
    );
    assert_refused(&output, &["no_metadata.onnx", "contract"]);
    assert!(
        stdout(&output).contains("✗ `limpid.contract`"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 10]).write(&folder, "in.wav");
    fs::write(folder.path().join("text.onnx"), "not a model").expect("a file");
    for command in [
        &["models", "check", "text.onnx"][..],
        &["enhance", "in.wav", "-m", "text.onnx"],
    ] {
        assert_refused(&output(limpid(&folder).args(command)), &["text.onnx"]);
    }
    assert_refused(
        &output(limpid(&folder).args(["models", "check", "gone.onnx"])),
        &["gone.onnx"],
    );
    assert_eq!(support::names(&folder), ["in.wav", "text.onnx"]);
}

#[test]
fn without_the_library_the_places_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 10]).write(&folder, "in.wav");
    put_model(folder.path(), "limpid");
    let output = output(unpacked(&folder, "limpid").args(["enhance", "in.wav"]));
    assert_refused(&output, &["ONNX Runtime", "not found", "user", "system"]);
    assert!(!folder.path().join("in-voice.wav").exists());
}

#[test]
fn without_a_model_the_places_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 10]).write(&folder, "in.wav");
    put_library(folder.path());
    let refused = output(unpacked(&folder, "limpid").args(["enhance", "in.wav"]));
    assert_refused(
        &refused,
        &[
            "no model \"limpid\"",
            "models/limpid.onnx",
            "user",
            "system",
        ],
    );
    let doctor = output(unpacked(&folder, "limpid").arg("doctor"));
    assert_eq!(doctor.status.code(), Some(1));
    assert!(
        stdout(&doctor).contains("✗ there is no model"),
        "{}",
        stdout(&doctor)
    );
}

#[test]
fn a_damaged_library_is_named_and_no_other_is_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = limpid_engine::runtime::LibraryFacts::current().expect("a platform with a library");
    put_library(&folder.path().join("user/limpid"));
    fs::write(folder.path().join(facts.file_name), "cut short").expect("a file");
    let output = output(unpacked(&folder, "limpid").arg("doctor"));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("has 9 bytes"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_portable_folder_is_all_that_is_needed() {
    let folder = tempfile::tempdir().expect("a folder");
    put_library(folder.path());
    put_model(folder.path(), "limpid");
    Wav::voice(&[0; 10]).write(&folder, "in.wav");
    assert_done(&output(
        unpacked(&folder, "limpid").args(["enhance", "in.wav"]),
    ));
}

#[test]
fn an_installation_under_a_prefix_is_found_through_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    put_library(&folder.path().join("prefix/lib/limpid"));
    put_model(&folder.path().join("prefix/share/limpid"), "limpid");
    let mut direct = unpacked(&folder, "prefix/bin/limpid");
    assert_done(&output(direct.arg("doctor")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("prefix/bin/limpid", folder.path().join("link"))
            .expect("a link");
        let mut linked = Command::new(folder.path().join("link"));
        linked
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("LIMPID_ONNXRUNTIME");
        assert_done(&output(linked.arg("doctor")));
    }
}

#[test]
fn the_first_place_that_has_a_model_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    put_model(folder.path(), "limpid");
    put_model(&folder.path().join("user/limpid"), "limpid");
    put_model(&folder.path().join("user/limpid"), "mine");
    let output = output(unpacked(&folder, "limpid").args(["models", "list"]));
    assert_done(&output);
    let said = stdout(&output);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(
        lines[0].starts_with("limpid ") && !lines[0].contains("user"),
        "{said}"
    );
    assert!(
        lines[1].starts_with("mine ") && lines[1].contains("user"),
        "{said}"
    );
}

#[test]
fn a_model_in_the_working_folder_is_not_found_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    put_library(&folder.path().join("program"));
    put_model(folder.path(), "limpid");
    fs::copy(fixture("identity_k1"), folder.path().join("limpid.onnx")).expect("a copy");
    let output = output(unpacked(&folder, "program/limpid").args(["models", "list"]));
    assert!(stdout(&output).contains("No models"), "{}", stdout(&output));
}

#[test]
fn inspect_tells_what_a_model_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let inspect = |arguments: &[&str], file: &Path| {
        let mut command = limpid(&folder);
        output(
            command
                .args(["models", "inspect"])
                .args(arguments)
                .arg(file),
        )
    };
    let done = inspect(&["--json"], Path::new("limpid"));
    assert_done(&done);
    let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
    assert_eq!(told["name"], "limpid");
    assert_eq!(told["kind"], "spectral");
    assert_eq!(
        (&told["window_ms"], &told["hop_ms"]),
        (&20.0.into(), &10.0.into())
    );
    assert_eq!(told["latency_ms"], 20.0);
    assert_eq!(told["latency_samples_at_48_khz"], 960);
    assert_eq!(told["bandwidth_hz"], 24_000.0);
    assert_eq!(told["hops_per_call"], 16);
    let file = Path::new(told["file"].as_str().expect("a path"));
    assert_eq!(told["size"], fs::metadata(file).expect("the file").len());
    let sum = output(Command::new("sha256sum").arg(file));
    assert_eq!(told["sha256"], stdout(&sum)[..64]);
    // What the card beside the file says, with its commas.
    let card = fs::read_to_string(file.with_extension("md")).expect("a card");
    let told_there = card
        .split(" parameters")
        .next()
        .and_then(|t| t.rsplit(' ').next());
    let parameters = told_there
        .expect("a number")
        .replace(',', "")
        .parse::<u64>();
    let counted = told["weights_and_tables"].as_u64().expect("a number");
    let listed = parameters.expect("a number");
    // Tables, such as those of the bands, are in the file and were not learned.
    assert!(
        counted >= listed && counted < listed + listed / 5,
        "{counted} and {listed}"
    );
    for text in ["licence", "description", "version", "hops_per_call_because"] {
        assert!(!told[text].as_str().expect("text").is_empty(), "{text}");
    }
    assert!(told["hop_takes_ms"].as_f64().expect("a number") > 0.0);

    let shown = inspect(&[], &fixture("waveform_smooth"));
    assert_done(&shown);
    let said = stdout(&shown);
    for words in [
        "waveform",
        "licence",
        "latency",
        "samples at 48 kHz",
        "SHA-256",
        "hops a call",
        "% of a core",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert_refused(
        &inspect(&[], &fixture("no_metadata")),
        &["no_metadata.onnx"],
    );
    assert_refused(&inspect(&[], Path::new("gone")), &["no model \"gone\""]);
}

#[test]
fn the_list_tells_version_latency_and_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    put_library(folder.path());
    put_model(folder.path(), "limpid");
    fs::copy(
        fixture("no_metadata"),
        folder.path().join("models/other.onnx"),
    )
    .expect("a copy");
    let done = output(unpacked(&folder, "limpid").args(["models", "list"]));
    assert_done(&done);
    let said = stdout(&done);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(
        lines[0].contains(" ms  spectral ") && lines[0].ends_with("limpid.onnx"),
        "{said}"
    );
    assert!(lines[1].contains("keeps no contract"), "{said}");
}

#[test]
fn the_shipped_model_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_done(&output(limpid(&folder).args(["models", "check", "limpid"])));
    assert_done(&output(limpid(&folder).arg("doctor")));
}
