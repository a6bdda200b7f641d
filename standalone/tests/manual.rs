//! Completions and manual pages are made of what can be typed.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{assert_done, limpid, names, output, stdout};

#[test]
fn every_shell_gets_its_completions() {
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = output(limpid(&folder).args(["completions", shell]));
        assert_done(&done);
        let script = stdout(&done);
        assert!(
            script.contains("voice-out") && script.contains("compare"),
            "{shell}"
        );
        if shell == "bash" {
            fs::write(folder.path().join("limpid.bash"), script).expect("a file");
            let line = "source limpid.bash; COMP_WORDS=(limpid enh); COMP_CWORD=1; \
                        _limpid limpid enh limpid; echo \"${COMPREPLY[@]}\"";
            let mut bash = std::process::Command::new("bash");
            let completed = output(bash.current_dir(folder.path()).args(["-c", line]));
            assert_eq!(stdout(&completed).trim(), "enhance");
        }
    }
}

/// Values of which there are few, in the shell that most have.
#[test]
fn values_are_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = output(limpid(&folder).args(["completions", "bash"]));
    fs::write(folder.path().join("limpid.bash"), stdout(&done)).expect("a file");
    for (option, typed, wanted) in [
        ("--preset", "p", "podcast"),
        ("-p", "voice", "voice-call"),
        ("--solo", "b", "background"),
        ("--link", "", "on pairs off"),
        ("--to", "f", "flac"),
    ] {
        let line = format!(
            "source limpid.bash; COMP_WORDS=(limpid enhance {option} \"{typed}\"); COMP_CWORD=3; \
             _limpid limpid \"{typed}\" {option}; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        let completed = output(bash.current_dir(folder.path()).args(["-c", &line]));
        assert_eq!(stdout(&completed).trim(), wanted, "{option} {typed}");
    }
}

/// What a command promises stands in its help and on its page.
#[test]
fn what_a_command_does_is_told_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_done(&output(limpid(&folder).args(["manual", "man"])));
    for (command, words) in [
        ("enhance", "lines up with it to the sample"),
        ("compare", "draws a picture"),
        (
            "live",
            "a loudspeaker that is heard by the microphone howls",
        ),
    ] {
        let help = output(limpid(&folder).args([command, "--help"]));
        let page = folder.path().join(format!("man/limpid-{command}.1"));
        let page = fs::read_to_string(page).expect("a page");
        for told in [stdout(&help), page] {
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(words), "{words:?} is not in {told}");
        }
    }
}

#[test]
fn there_is_a_page_for_the_program_and_for_each_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = output(limpid(&folder).arg("manual"));
    assert_done(&page);
    assert!(stdout(&page).contains(".TH limpid 1"), "{}", stdout(&page));
    assert_done(&output(limpid(&folder).args(["manual", "man"])));
    let pages = names(&folder);
    assert_eq!(pages, ["man"]);
    let enhance = fs::read_to_string(folder.path().join("man/limpid-enhance.1")).expect("a page");
    assert!(enhance.contains("voice\\-out"), "{enhance}");
    assert!(folder.path().join("man/limpid.1").exists());
}
