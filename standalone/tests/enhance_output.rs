//! The output appears whole or not at all, and never in the place of something that is to stay.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::Path;

use support::{Noise, Wav, assert_done, assert_refused, enhance, names};
use tempfile::TempDir;

fn folder_with_voice() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(6).samples(100_000, 0.4)).write(&folder, "in.wav");
    folder
}

#[test]
fn the_output_is_named_after_the_part_that_is_heard() {
    let folder = folder_with_voice();
    assert_done(&enhance(&folder, "identity_k1", &["in.wav"]));
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "--solo", "background"],
    ));
    assert_eq!(
        names(&folder),
        ["in-background.wav", "in-voice.wav", "in.wav"]
    );
}

/// Endings say what is in a file: a player takes one of `.pcm` for samples alone, and one of `.mp4` for a film.
#[test]
fn a_derived_name_says_what_is_written() {
    let folder = folder_with_voice();
    for (name, derived) in [
        ("a.pcm", "a-voice.wav"),
        ("b.raw", "b-voice.wav"),
        ("c.mp4", "c-voice.wav"),
        ("d.MOV", "d-voice.wav"),
        ("e.W64", "e-voice.wav"),
        ("f.WAVE", "f-voice.WAVE"),
    ] {
        fs::copy(folder.path().join("in.wav"), folder.path().join(name)).expect("a file");
        assert_done(&enhance(&folder, "identity_k1", &[name]));
        let written = fs::read(folder.path().join(derived)).expect(derived);
        assert!(written.starts_with(b"RIFF"), "{derived}");
    }
    let refused = enhance(&folder, "identity_k1", &["in.wav", "-o", "x.mp4"]);
    assert_refused(&refused, &["x.mp4", "writes WAV and FLAC"]);
}

#[test]
fn samples_that_lose_their_header_are_told_with_what_reads_them() {
    let folder = folder_with_voice();
    let unchanged = ["--voice", "0", "--background", "0"];
    let bare = [&["in.wav", "-o", "x.raw"], &unchanged[..]].concat();
    let done = enhance(&folder, "recurrent", &bare);
    assert_done(&done);
    assert!(
        support::stdout(&done).contains("--raw s16le:48000:1"),
        "{}",
        support::stdout(&done)
    );
    let back = ["x.raw", "--raw", "s16le:48000:1", "-o", "back.wav"];
    assert_done(&enhance(
        &folder,
        "recurrent",
        &[&back, &unchanged[..]].concat(),
    ));
    let [came, was] =
        ["back.wav", "in.wav"].map(|name| support::read_i16(&folder.path().join(name)));
    assert!(came == was);
}

/// What is advised can be typed.
#[test]
fn a_name_that_is_taken_is_told_with_the_option_that_names_it() {
    let folder = folder_with_voice();
    fs::create_dir(folder.path().join("out")).expect("a folder");
    for name in ["out.wav", "out/in.wav"] {
        fs::write(folder.path().join(name), "mine").expect("a file");
    }
    let refused = |arguments: &[&str]| enhance(&folder, "identity_k1", arguments);
    assert_refused(&refused(&["in.wav", "-o", "out.wav"]), &["name with -o"]);
    assert_refused(
        &refused(&["in.wav", "--voice-out", "out.wav"]),
        &["name with --voice-out"],
    );
    assert_refused(
        &refused(&["in.wav", "--out-dir", "out"]),
        &["--resume", "folder with --out-dir"],
    );
    assert_refused(
        &refused(&["in.wav", "--background-out", "x/y.wav"]),
        &["make it first", "another with --background-out"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn errors_that_nobody_reads_stop_nothing() {
    use std::process::Stdio;
    let folder = folder_with_voice();
    let full = || {
        Stdio::from(
            fs::File::options()
                .write(true)
                .open("/dev/full")
                .expect("it"),
        )
    };
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    for errors in [full(), closed()] {
        let mut command = support::limpid(&folder);
        command.args([
            "enhance", "gone.wav", "in.wav", "-f", "--jobs", "2", "--model",
        ]);
        command.arg(support::fixture("identity_k1")).stderr(errors);
        let status = command.stdout(Stdio::null()).status().expect("a start");
        assert_eq!(status.code(), Some(1));
        fs::remove_file(folder.path().join("in-voice.wav")).expect("the other file is done");
    }
}

#[test]
fn what_is_there_is_replaced_with_force_alone() {
    let folder = folder_with_voice();
    fs::write(folder.path().join("out.wav"), "mine").expect("a file");
    let refused = enhance(&folder, "identity_k1", &["in.wav", "-o", "out.wav"]);
    assert_refused(&refused, &["out.wav exists already", "--force"]);
    assert_eq!(
        fs::read(folder.path().join("out.wav")).expect("the file"),
        b"mine"
    );
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "-o", "out.wav", "--force"],
    ));
    assert!(
        fs::read(folder.path().join("out.wav"))
            .expect("the file")
            .starts_with(b"RIFF")
    );
    assert_eq!(names(&folder), ["in.wav", "out.wav"]);
}

#[test]
fn an_old_output_survives_a_failure() {
    let folder = folder_with_voice();
    fs::write(folder.path().join("out.wav"), "mine").expect("a file");
    let output = enhance(
        &folder,
        "no_metadata",
        &["in.wav", "-o", "out.wav", "--force"],
    );
    assert_refused(&output, &[]);
    assert_eq!(
        fs::read(folder.path().join("out.wav")).expect("the file"),
        b"mine"
    );
    assert_eq!(names(&folder), ["in.wav", "out.wav"]);
}

#[track_caller]
fn assert_is_the_input(folder: &TempDir, output: &str) {
    let before = fs::read(folder.path().join("in.wav")).expect("the input");
    let refused = enhance(folder, "identity_k1", &["in.wav", "--force", "-o", output]);
    assert_refused(&refused, &["is the input itself"]);
    assert!(fs::read(folder.path().join("in.wav")).expect("the input") == before);
}

#[test]
fn the_input_is_never_the_output_under_whatever_name() {
    let folder = folder_with_voice();
    assert_is_the_input(&folder, "in.wav");
    assert_is_the_input(&folder, "./in.wav");
    fs::hard_link(folder.path().join("in.wav"), folder.path().join("hard.wav")).expect("a link");
    assert_is_the_input(&folder, "hard.wav");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("in.wav", folder.path().join("soft.wav")).expect("a link");
        assert_is_the_input(&folder, "soft.wav");
        let refused = enhance(
            &folder,
            "identity_k1",
            &["soft.wav", "--force", "-o", "in.wav"],
        );
        assert_refused(&refused, &["is the input itself"]);
    }
}

#[test]
fn a_folder_is_no_output() {
    let folder = folder_with_voice();
    assert_refused(
        &enhance(&folder, "identity_k1", &["in.wav", "-f", "-o", "."]),
        &["is a folder"],
    );
    let refused = enhance(&folder, "identity_k1", &["in.wav", "-o", "gone/out.wav"]);
    assert_refused(&refused, &["gone", "does not exist"]);
    assert_eq!(names(&folder), ["in.wav"]);
}

#[cfg(unix)]
#[test]
fn a_device_is_never_replaced() {
    let folder = folder_with_voice();
    let refused = enhance(&folder, "identity_k1", &["in.wav", "-f", "-o", "/dev/null"]);
    assert_refused(&refused, &["/dev/null", "not an ordinary file"]);
    assert!(!Path::new("/dev/null").is_file());
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_what_is_replaced() {
    let folder = folder_with_voice();
    fs::write(folder.path().join("old.wav"), "old").expect("a file");
    std::os::unix::fs::symlink("old.wav", folder.path().join("link.wav")).expect("a link");
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "-f", "-o", "link.wav"],
    ));
    assert!(folder.path().join("link.wav").is_symlink());
    assert!(
        fs::read(folder.path().join("old.wav"))
            .expect("the file")
            .starts_with(b"RIFF")
    );
}

#[cfg(unix)]
#[test]
fn the_output_has_the_rights_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with_voice();
    fs::write(folder.path().join("other"), "").expect("a file");
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "-o", "out.wav"],
    ));
    let mode = |name| {
        fs::metadata(folder.path().join(name))
            .expect("a file")
            .permissions()
            .mode()
    };
    assert_eq!(mode("out.wav"), mode("other"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_takes_no_files_is_named() {
    let folder = folder_with_voice();
    let refused = enhance(&folder, "identity_k1", &["in.wav", "-o", "/proc/out.wav"]);
    assert_refused(
        &refused,
        &[
            "cannot write /proc/out.wav",
            "/proc takes no new files",
            "nothing was left",
        ],
    );
}

/// A limit on the size of files stands in for a full disk: both make a write fail half-way.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing() {
    let folder = folder_with_voice();
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(folder.path()).args([
        "-c",
        "trap '' XFSZ; ulimit -f 100; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_limpid"),
        "enhance",
        "in.wav",
        "--model",
    ]);
    let output = support::output(shell.arg(support::fixture("identity_k1")));
    assert_refused(
        &output,
        &["cannot write", "in-voice.wav", "nothing was left"],
    );
    assert_eq!(names(&folder), ["in.wav"]);
}

#[cfg(unix)]
#[test]
fn an_interruption_leaves_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        // Hours of silence, of which the disk holds a header.
        let mut header = Wav::voice(&[]).bytes();
        header[40..44].copy_from_slice(&2_000_000_000u32.to_le_bytes());
        let path = folder.path().join("in.wav");
        fs::write(&path, header).expect("a file");
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("the file");
        file.set_len(2_000_000_044).expect("a sparse file");

        let mut command = support::limpid(&folder);
        command
            .args(["enhance", "in.wav", "--model"])
            .arg(support::fixture("recurrent"));
        let mut child = command
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("a start");
        while names(&folder).len() < 2 && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill = format!("kill -{signal} {}", child.id());
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &kill])
                .status()
                .expect("sh")
                .success()
        );
        let output = child.wait_with_output().expect("an end");
        assert_eq!(
            output.status.code(),
            Some(130),
            "{}",
            support::stderr(&output)
        );
        assert!(support::stderr(&output).contains("interrupted"));
        assert_eq!(names(&folder), ["in.wav"]);
    }
}
