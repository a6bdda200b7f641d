//! `limpid` without a command, on a display that nobody sees.

#![cfg(target_os = "linux")]
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "much of it is for the terminal's tests")]
#[path = "live/program.rs"]
mod program;
#[allow(dead_code, reason = "much of it is for the terminal's tests")]
#[path = "live/pulse.rs"]
mod pulse;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, Window};
use x11rb::rust_connection::RustConnection;

use pulse::Pulse;
use support::limpid;

/// Long beyond what anything here takes, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display of the test's own.
fn display() -> (Running, String) {
    let mut server = Command::new("Xvfb")
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1024x768x24",
            "-nolisten",
            "tcp",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb, which `cargo xtask test` installs (Debian: xvfb)");
    let mut number = String::new();
    let out = server.stdout.take().expect("a pipe");
    BufReader::new(out)
        .read_line(&mut number)
        .expect("a number");
    (Running(server), format!(":{}", number.trim()))
}

/// The window, without any sound server.
fn window(folder: &TempDir, display: &str) -> Running {
    let mut command = command(folder, display);
    Running(command.spawn().expect("the program starts"))
}

fn command(folder: &TempDir, display: &str) -> Command {
    let mut command = limpid(folder);
    command
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path().join("settings"))
        .env("XDG_RUNTIME_DIR", folder.path())
        .env_remove("PULSE_SERVER")
        .env("JACK_DEFAULT_SERVER", "limpid-none")
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Waits for its end; gives its code.
#[track_caller]
fn end(running: &mut Running) -> Option<i32> {
    let mut ended = None;
    until("its end", || {
        ended = running.0.try_wait().expect("a child");
        ended.is_some()
    });
    ended.and_then(|status| status.code())
}

#[track_caller]
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} has not happened");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The window that is called Limpid, if there is one.
fn find(x: &RustConnection, root: Window) -> Option<Window> {
    let children = x.query_tree(root).ok()?.reply().ok()?.children;
    children.into_iter().find(|&child| {
        let name = x.get_property(false, child, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
        let name = name.ok().and_then(|cookie| cookie.reply().ok());
        name.is_some_and(|name| name.value == b"Limpid")
    })
}

/// Whether more than one colour is seen: something has been drawn.
fn is_drawn(x: &RustConnection, window: Window) -> bool {
    use x11rb::protocol::xproto::ImageFormat;
    let image = x.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, 400, 200, u32::MAX);
    let Some(image) = image.ok().and_then(|cookie| cookie.reply().ok()) else {
        return false;
    };
    let mut pixels: Vec<&[u8]> = image.data.chunks_exact(4).collect();
    pixels.sort_unstable();
    pixels.dedup();
    pixels.len() > 8
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("settings/limpid/settings.json")
}

fn connect(display: &str) -> (RustConnection, Window) {
    let (x, screen) = x11rb::connect(Some(display)).expect("the display");
    let root = x.setup().roots[screen].root;
    (x, root)
}

#[test]
fn the_window_opens_and_is_drawn_without_any_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, display) = display();
    let (x, root) = connect(&display);
    let _window = window(&folder, &display);
    until("a window", || find(&x, root).is_some());
    let window = find(&x, root).expect("a window");
    until("something drawn", || is_drawn(&x, window));
    // Without a microphone it waits for one.
    std::thread::sleep(Duration::from_secs(1));
    assert!(find(&x, root).is_some());
}

#[test]
fn a_signal_closes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, display) = display();
    let (x, root) = connect(&display);
    let mut running = window(&folder, &display);
    until("a window", || find(&x, root).is_some());
    let window = find(&x, root).expect("a window");
    until("something drawn", || is_drawn(&x, window));
    program::signal(running.0.id(), "TERM");
    // Not by the signal, and not because it took too long.
    assert_eq!(end(&mut running), Some(0));
}

#[test]
fn its_virtual_microphone_comes_when_there_is_a_server_and_goes_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut pulse = Pulse::start();
    let settings = pulse.home().join(".config/limpid/settings.json");
    fs::create_dir_all(settings.parent().expect("a folder")).expect("a folder");
    let model = support::fixture("identity_k1");
    let chosen = serde_json::json!({ "output": "VirtualMicrophone", "model": model });
    fs::write(&settings, chosen.to_string()).expect("a file");
    let (_server, display) = display();
    let mut command = command(&folder, &display);
    pulse.aim(&mut command);
    pulse.kill();
    let mut running = Running(command.spawn().expect("the program starts"));
    std::thread::sleep(Duration::from_secs(1));
    pulse.restart();
    let sources = || pulse.pactl(&["list", "short", "sources"]);
    until("the microphone", || {
        sources().contains("limpid_microphone\t")
    });
    program::signal(running.0.id(), "INT");
    assert_eq!(end(&mut running), Some(0));
    assert!(!sources().contains("limpid"), "{}", sources());
}

#[test]
fn broken_settings_are_set_aside_and_the_window_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = file(&folder);
    fs::create_dir_all(broken.parent().expect("a folder")).expect("a folder");
    fs::write(&broken, "{\"input\": 7,").expect("a file");
    let (_server, display) = display();
    let (x, root) = connect(&display);
    let _window = window(&folder, &display);
    until("a window", || find(&x, root).is_some());
    let kept = broken.with_extension("broken.json");
    assert_eq!(fs::read_to_string(kept).expect("a file"), "{\"input\": 7,");
}

#[test]
fn without_a_display_it_names_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = limpid(&folder);
    let output = command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("HOME", Path::new("/nonexistent"))
        .output()
        .expect("the program starts");
    let said = support::stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("`limpid live` works in the terminal"),
        "{said}"
    );
}

/// From the program's start to something drawn, ten times; a figure of docs/live.md. Nothing is asserted:
/// it depends on the machine.
#[test]
#[ignore = "it measures"]
fn start_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, display) = display();
    let (x, root) = connect(&display);
    let mut took = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        let running = window(&folder, &display);
        while !find(&x, root).is_some_and(|window| is_drawn(&x, window)) {
            assert!(begun.elapsed() < PATIENCE, "nothing was drawn");
            std::thread::sleep(Duration::from_millis(5));
        }
        took.push(begun.elapsed().as_millis());
        drop(running);
        until("its end", || find(&x, root).is_none());
    }
    took.sort_unstable();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    println!(
        "drawn after {} ms (median of 10; {} to {}), load average {load}",
        took[5], took[0], took[9]
    );
}
