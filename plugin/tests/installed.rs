//! The plugin where `cargo xtask install` puts it, in a host of each format. `cargo xtask test` installs it
//! for a user of the tests' own, and names that user's folder.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::{Path, PathBuf};

use host::{Clap, Host, Play, Vst3, blocks, enhanced, speech};
use limpid_engine::controls::Controls;

/// Names the user's folder.
const USER: &str = "LIMPID_TEST_USER";

fn user() -> PathBuf {
    std::env::var_os(USER)
        .expect("the folder of a user for whom the plugin is installed")
        .into()
}

#[test]
#[ignore = "needs an installation, which `cargo xtask test` makes"]
fn the_clap_enhances_with_what_it_brings() {
    let folder = user().join(".clap/Limpid");
    enhances::<Clap>(&folder.join("Limpid.clap"), &folder.join("Limpid-data"));
}

#[test]
#[ignore = "needs an installation, which `cargo xtask test` makes"]
fn the_vst3_enhances_with_what_it_brings() {
    let contents = user().join(".vst3/Limpid.vst3/Contents");
    let binary = format!("{}-linux/Limpid.so", std::env::consts::ARCH);
    enhances::<Vst3>(&contents.join(binary), &contents.join("Resources"));
}

fn enhances<H: Host>(plugin: &Path, data: &Path) {
    let library = H::load(plugin);
    let mut host = H::new(&library, Play::offline(48_000, 512));
    let latency = host.latency();
    let input = vec![speech(48_000); 2];
    let output = host.run(&input, &[], blocks(512));
    // The library that runs is the installed one, not one that lies elsewhere on this computer.
    let maps = std::fs::read_to_string("/proc/self/maps").expect("what is loaded");
    let runtime = data.canonicalize().expect("a folder of data");
    let runtime = runtime.join("limpid_onnxruntime").display().to_string();
    assert!(maps.contains(&runtime), "{runtime} is not loaded");
    let model = data.join("models/limpid.onnx");
    let expected = enhanced(&model, &input, 48_000, &Controls::default());
    let got = &output[0][latency..];
    assert!(latency > 0 && got == &expected[0][..got.len()]);
}
