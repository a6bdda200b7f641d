//! A display for each case, and a person at it: a test starts itself again for each.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use limpid_engine::runtime::FILE_VARIABLE;

use super::screen::{Display, Screen, save};
use super::{Bundle, Host, Play, blocks, speech};

/// Names the case that a process is for.
pub const CASE: &str = "LIMPID_TEST_WINDOW";

/// The only folder in which a case finds programs.
pub fn programs(case: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("programs")
        .join(case)
}

/// Runs a case in a process that has a display.
pub fn on_a_display<H: Host>(case: &str) {
    let case = format!("{:?}-{case}", H::FORMAT);
    let programs = programs(&case);
    let _ = std::fs::remove_dir_all(&programs);
    std::fs::create_dir_all(&programs).expect("a folder for programs");
    let display = Display::start();
    let output = Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--exact", "a_case", "--nocapture", "--ignored"])
        .env("DISPLAY", &display.1)
        // No desktop, and no programs but those that a case puts there.
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .env("PATH", &programs)
        // Each opening has a thread, and with it a pool of the allocator's that would blur the figures.
        .env("MALLOC_ARENA_MAX", "1")
        .env_remove(FILE_VARIABLE)
        .env("XDG_DATA_HOME", &programs)
        .env("XDG_DATA_DIRS", "/nowhere")
        .env(CASE, case)
        .output()
        .expect("the test again");
    // Captured by the test itself, and shown when it fails.
    println!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "see above");
}

/// An instance out of a bundle of the case's own.
pub fn instance<H: Host>(name: &str, play: Play) -> H {
    H::new(&H::load(&Bundle::new(H::FORMAT, name).plugin), play)
}

/// Plays for some seconds as a host in real time does.
pub fn play<H: Host>(host: &mut H, seconds: f64) {
    let begun = Instant::now();
    let block = host.play().longest;
    let input = speech(8 * 48_000);
    let mut at = 0;
    while begun.elapsed().as_secs_f64() < seconds {
        let part = input[at..at + block].to_vec();
        host.run(&[part.clone(), part], &[], blocks(block));
        at = (at + block) % (input.len() - block);
        let due = begun + Duration::from_secs_f64(at as f64 / 48_000.0);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// Plays on until something is so; a busy machine may take its time.
pub fn until<H: Host>(host: &mut H, failure: &str, mut so: impl FnMut(&mut H) -> bool) {
    for _ in 0..200 {
        if so(host) {
            return;
        }
        play(host, 0.3);
    }
    let pixels = Screen::unseen().picture(1200, 800);
    save::<H>("failed.png", &pixels, 1200, 800);
    panic!("{failure}");
}

/// Gives the main thread its turns until something is so, without playing.
pub fn until_at_rest<H: Host>(host: &mut H, failure: &str, mut so: impl FnMut(&mut H) -> bool) {
    for _ in 0..600 {
        if so(host) {
            return;
        }
        host.idle();
        std::thread::sleep(Duration::from_millis(100));
    }
    let pixels = Screen::unseen().picture(1200, 800);
    save::<H>("failed.png", &pixels, 1200, 800);
    panic!("{failure}");
}

/// Which of a test's cases this process is for: `clap` or `vst3` runs it by its name.
pub fn run_case(clap: fn(&str), vst3: fn(&str)) {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    match case.split_once('-') {
        Some(("Clap", case)) => clap(case),
        Some((_, case)) => vst3(case),
        None => panic!("no case {case}"),
    }
}
