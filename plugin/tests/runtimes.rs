//! Another ONNX Runtime in the host's process, of another version, loaded before ours and after: each keeps
//! to its own. `cargo xtask test` names the file of the other. A process has one of each, so this test
//! starts itself again for each case.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::PathBuf;
use std::process::Command;

use host::other_runtime::OtherRuntime;
use host::{Bundle, Clap, Host, Play, Vst3, blocks, enhanced, fixture, speech};
use limpid_engine::controls::Controls;
use limpid_engine::runtime::FILE_VARIABLE;

/// Names the other library.
const OTHER: &str = "LIMPID_TEST_OTHER_RUNTIME";
/// Says which case the process is for.
const CASE: &str = "LIMPID_TEST_RUNTIMES";

#[test]
#[ignore = "needs another ONNX Runtime, which `cargo xtask test` names"]
fn whichever_comes_first_both_runtimes_keep_to_their_own() {
    for case in ["clap theirs", "clap ours", "vst3 theirs", "vst3 ours"] {
        let output = Command::new(std::env::current_exe().expect("the test's own path"))
            .args(["--exact", "a_case", "--nocapture", "--ignored"])
            // What is in the bundle must be enough.
            .env_remove(FILE_VARIABLE)
            .env(CASE, case)
            .output()
            .expect("the test again");
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{case}: see above");
    }
}

#[test]
#[ignore = "run by the other, in a process of its own"]
fn a_case() {
    match std::env::var(CASE).as_deref() {
        Ok("clap theirs") => theirs_first::<Clap>(),
        Ok("clap ours") => ours_first::<Clap>(),
        Ok("vst3 theirs") => theirs_first::<Vst3>(),
        Ok("vst3 ours") => ours_first::<Vst3>(),
        _ => {}
    }
}

fn theirs() -> OtherRuntime {
    let file: PathBuf = std::env::var_os(OTHER).expect("another library").into();
    let theirs = OtherRuntime::load(&file, &fixture("waveform_identity"));
    println!("{} says that it is {}", file.display(), theirs.version);
    assert_ne!(theirs.version, "1.23.2");
    theirs
}

/// An instance of the plugin plays as the engine does.
fn ours_is_right<H: Host>(host: &mut H) {
    let input = vec![speech(48_000); 2];
    let latency = host.latency();
    host.reset();
    let output = host.run(&input, &[], blocks(512));
    let model = Bundle::shared(H::FORMAT).model();
    let expected = enhanced(&model, &input, 48_000, &Controls::default());
    let got = &output[0][latency..];
    assert!(latency > 0 && got == &expected[0][..got.len()]);
}

fn theirs_is_right(theirs: &OtherRuntime) {
    let answer = theirs.answer();
    assert!(
        answer
            .iter()
            .enumerate()
            .all(|(i, y)| *y == i as f32 / 480.0)
    );
}

fn theirs_first<H: Host>() {
    let theirs = theirs();
    theirs_is_right(&theirs);
    let mut host = H::shared(Play::offline(48_000, 512));
    ours_is_right(&mut host);
    theirs_is_right(&theirs);
    ours_is_right(&mut host);
}

fn ours_first<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    ours_is_right(&mut host);
    let theirs = theirs();
    theirs_is_right(&theirs);
    ours_is_right(&mut host);
    drop(host);
    theirs_is_right(&theirs);
    ours_is_right(&mut H::shared(Play::offline(48_000, 512)));
}
