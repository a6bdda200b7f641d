//! Programs, library and documentation. The plugin's own tests need hosts: see `plugin`.

use super::tally::{Count, Tally, number_before};
use crate::failure::Failure;
use crate::process::{command, works};

/// All steps.
pub fn run(tally: &mut Tally) -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    crate::setup::require(&[
        crate::setup::SERVERS,
        crate::setup::PIPEWIRE,
        crate::setup::DISPLAY,
    ])?;
    let cargo = |arguments: &[&str]| command("cargo", arguments);
    tally.check("rustfmt", &mut cargo(&["fmt", "--all", "--check"]));
    tally.check(
        "clippy",
        &mut cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    );
    let mut doc = cargo(&[
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    tally.check("rustdoc", doc.env("RUSTDOCFLAGS", "-D warnings"));
    if works("cargo", &["nextest", "--version"]) {
        let mut nextest = cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--exclude",
            "limpid-plugin",
            "--no-fail-fast",
            "--status-level",
            "fail",
        ]);
        tally.step("tests (nextest)", &mut nextest, nextest_count);
        let mut doctests = cargo(&["test", "--quiet", "--workspace", "--doc", "--no-fail-fast"]);
        tally.step("documentation's examples", &mut doctests, cargo_count);
    } else {
        let mut tests = cargo(&["test", "--quiet", "--workspace", "--no-fail-fast"]);
        tests.args(["--exclude", "limpid-plugin"]);
        tally.step("tests (cargo test)", &mut tests, cargo_count);
    }
    Ok(())
}

/// `test result: ok. 12 passed; 0 failed; 0 ignored; ...`, once a test program.
pub fn cargo_count(line: &str) -> Option<Count> {
    line.trim_start()
        .starts_with("test result:")
        .then(|| Count {
            passed: number_before(line, "passed"),
            failed: number_before(line, "failed"),
        })
}

/// `Summary [ 1.2s] 12 tests run: 11 passed, 1 failed, 0 skipped`, once.
fn nextest_count(line: &str) -> Option<Count> {
    line.trim_start().starts_with("Summary").then(|| Count {
        passed: number_before(line, "passed"),
        failed: number_before(line, "failed") + number_before(line, "timed"),
    })
}
