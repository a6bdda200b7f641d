//! The audio thread under the real-time sanitizer, where there is a compiler that has it: a nightly one.
//! The stable one, for which the project is written, is not offered it.

use std::fs;

use super::rust::cargo_count;
use super::tally::Tally;
use crate::failure::Failure;
use crate::process::{command, works};
use crate::project;

/// Calls that the sanitizer must let pass: the port wakes its worker through this function of libc's.
/// What else would go through it is seen by the plugin's tests, whose filter looks into the call.
const ALLOWED: &str = "function-name-matches:syscall\n";

/// Runs the engine's tests for it.
pub fn run(tally: &mut Tally) -> Result<(), Failure> {
    if !is_there() {
        tally.leave_out(
            "real-time sanitizer",
            "it takes a nightly compiler: rustup toolchain install nightly",
        );
        return Ok(());
    }
    let target = project::target()
        .map_err(Failure::file("target"))?
        .join("rtsan");
    let allowed = target.join("allowed.txt");
    fs::create_dir_all(&target).map_err(Failure::file(&target))?;
    fs::write(&allowed, ALLOWED).map_err(Failure::file(&allowed))?;
    let tests = ["realtime_sanitized", "realtime_latency", "realtime_bypass"];
    let mut cargo = command("cargo", &["+nightly", "test", "--quiet"]);
    // With a target named, programs that run while building are built without the sanitizer.
    cargo.args(["--package", "limpid-engine", "--target", TRIPLE]);
    cargo.args(tests.iter().flat_map(|test| ["--test", test]));
    cargo.arg("--target-dir").arg(&target);
    cargo.env("RUSTFLAGS", "-Zsanitizer=realtime --cfg rtsan");
    let options = format!("suppressions={}", allowed.display());
    cargo.env("RTSAN_OPTIONS", options);
    tally.step("real-time sanitizer", &mut cargo, cargo_count);
    Ok(())
}

/// The one system that it was tried on.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

fn is_there() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && works(
            "sh",
            &[
                "-c",
                "ls \"$(rustc +nightly --print sysroot)\"/lib/rustlib/*/lib/*rtsan*",
            ],
        )
}
