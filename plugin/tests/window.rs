//! The window in a host, on a display of the test's own: seen, moved with the mouse, opened and closed.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]
#![cfg(target_os = "linux")]

mod host;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use host::screen::{Display, KEY_B, KEY_DOWN, KEY_HOME, Screen, save};
use host::{Bundle, Clap, Host, Play, Vst3, blocks, fixture, in_both_hosts, speech};
use limpid_engine::runtime::FILE_VARIABLE;

/// Names the case that a process is for.
const CASE: &str = "LIMPID_TEST_WINDOW";

/// The only folder in which a case finds programs.
fn programs(case: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("programs")
        .join(case)
}

/// Runs a case in a process that has a display.
fn on_a_display<H: Host>(case: &str) {
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

in_both_hosts!(
    the_window_shows_the_sound_and_mouse_and_keys_move_the_controls,
    a_hundred_openings_leave_nothing_behind,
    a_window_is_gone_once_it_is_closed,
    the_window_opens_as_large_as_the_session_left_it,
    a_model_is_chosen_in_the_dialog_of_the_system,
    the_window_says_what_is_missing_and_what_is_refused,
);

fn the_window_shows_the_sound_and_mouse_and_keys_move_the_controls<H: Host>() {
    on_a_display::<H>("seen");
}

fn a_hundred_openings_leave_nothing_behind<H: Host>() {
    on_a_display::<H>("hundred");
}

fn a_window_is_gone_once_it_is_closed<H: Host>() {
    on_a_display::<H>("closed");
}

fn the_window_opens_as_large_as_the_session_left_it<H: Host>() {
    on_a_display::<H>("sized");
}

fn a_model_is_chosen_in_the_dialog_of_the_system<H: Host>() {
    on_a_display::<H>("browsed");
}

fn the_window_says_what_is_missing_and_what_is_refused<H: Host>() {
    on_a_display::<H>("told");
}

#[test]
#[ignore = "run by the others, each on a display of its own"]
fn a_case() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    match case.split_once('-') {
        Some(("Clap", case)) => run::<Clap>(case),
        Some((_, case)) => run::<Vst3>(case),
        None => panic!("no case {case}"),
    }
}

fn run<H: Host>(case: &str) {
    match case {
        "closed" => closed::<H>(),
        "seen" => seen::<H>(),
        "hundred" => hundred::<H>(),
        "sized" => sized::<H>(),
        "browsed" => browsed::<H>(),
        "told" => told::<H>(),
        other => panic!("no case {other}"),
    }
}

/// A host takes its own window away, or ends, as soon as the plugin's is closed: nothing of that may still
/// be under way by then. The process ends with the last closing, as with that of each case here.
fn closed<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("closed", Play::offline(48_000, 512));
    for opening in 1..=20 {
        host.open_window(screen.window);
        assert!(screen.holds_a_window(), "opening {opening}");
        // A slow machine may take its time to draw.
        let drawn = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            screen
                .picture(720, 440)
                .iter()
                .any(|pixel| *pixel != [0; 3])
        });
        assert!(drawn, "opening {opening} stays black");
        host.close_window();
        assert!(!screen.holds_a_window(), "opening {opening}");
    }
}

/// An instance out of a bundle of the case's own.
fn instance<H: Host>(name: &str, play: Play) -> H {
    H::new(&H::load(&Bundle::new(H::FORMAT, name).plugin), play)
}

/// Plays for some seconds as a host in real time does.
fn play<H: Host>(host: &mut H, seconds: f64) {
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

fn seen<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("seen", Play::real_time(48_000, 512));
    let (width, height) = host.open_window(screen.window);
    let (width, height) = (width as u16, height as u16);
    std::thread::sleep(Duration::from_secs(1));
    save::<H>("idle.png", &screen.picture(width, height), width, height);
    let amber = |[r, _, b]: &[u8; 3]| i32::from(*r) > i32::from(*b) + 60;
    let mut share = 0.0;
    // A busy machine may take its time to draw.
    for _ in 0..20 {
        play(&mut host, 4.0);
        let pixels = screen.picture(width, height);
        save::<H>("speech.png", &pixels, width, height);
        share = pixels.iter().filter(|p| amber(p)).count() as f64 / pixels.len() as f64;
        if share > 0.03 {
            break;
        }
    }
    assert!(share > 0.03, "hardly any voice in the picture: {share}");

    let before = host.value("Voice");
    // Down bit by bit, until the window has seen it: a busy machine may draw once a second.
    screen.pointer(6, 0, 61, 220);
    screen.pointer(4, 1, 0, 0);
    let mut at = 220;
    until(&mut host, "the drag did nothing", |host| {
        at = (at + 10).min(290);
        screen.pointer(6, 0, 61, at);
        screen.pointer(6, 0, 61, at - 1);
        host.value("Voice") < before - 0.05
    });
    screen.pointer(5, 1, 0, 0);
    play(&mut host, 1.0);
    let after = host.value("Voice");
    let pixels = screen.picture(width, height);
    save::<H>("dragged.png", &pixels, width, height);
    // The wheel, upward.
    for _ in 0..3 {
        screen.pointer(4, 4, 0, 0);
        screen.pointer(5, 4, 0, 0);
    }
    until(&mut host, "the wheel did nothing", |host| {
        host.value("Voice") > after
    });

    // The pointer has given the window the keyboard.
    let reads = |text: &'static str| {
        move |host: &mut H| {
            let value = host.value("Voice");
            host.text("Voice", value) == text
        }
    };
    screen.key(KEY_HOME);
    until(&mut host, "Home did nothing", reads("0 dB"));
    screen.key(KEY_DOWN);
    until(&mut host, "an arrow did nothing", reads("-1 dB"));
    screen.key(KEY_B);
    until(&mut host, "B did nothing", |host| {
        host.value("Bypass") == 1.0
    });
    play(&mut host, 0.5);
    save::<H>(
        "bypassed.png",
        &screen.picture(width, height),
        width,
        height,
    );
    screen.key(KEY_B);
    until(&mut host, "B did nothing a second time", |host| {
        host.value("Bypass") == 0.0
    });
    host.close_window();
    play(&mut host, 0.2);
}

/// Plays on until something is so; a busy machine may take its time.
fn until<H: Host>(host: &mut H, failure: &str, mut so: impl FnMut(&mut H) -> bool) {
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

/// Gives the window each size that it asks for, until it has asked for the last.
fn obey<H: Host>(host: &mut H, last: (u32, u32)) {
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(200));
        if let Some(size) = host.wanted_size() {
            host.resize_window(size.0, size.1);
            if size == last {
                std::thread::sleep(Duration::from_secs(1));
                return;
            }
        }
    }
    panic!("{last:?} was never asked for");
}

/// How the window was when the state was saved.
fn look<H: Host>(host: &mut H) -> serde_json::Value {
    let json = host.json();
    let look = json["fields"]["window"].as_str().expect("a text");
    serde_json::from_str(look).expect("JSON")
}

fn sized<H: Host>() {
    let screen = Screen::new();
    let bundle = Bundle::new(H::FORMAT, "sized");
    let entry = H::load(&bundle.plugin);
    let mut host = H::new(&entry, Play::offline(48_000, 512));
    let state = |look: serde_json::Value| {
        let look = look.to_string();
        serde_json::json!({"version": "0.1.0", "params": {}, "fields": {"format": "1", "window": look}})
            .to_string()
    };
    // 150 % of 600 by 400 points.
    let asked = serde_json::json!({"theme": "light", "scale": 1.5, "size": [600.0, 400.0]});
    assert!(host.restore_json(&state(asked)));
    let size = host.open_window(screen.window);
    assert_eq!(size, (900, 600));
    std::thread::sleep(Duration::from_secs(1));
    save::<H>("sized.png", &screen.picture(900, 600), 900, 600);
    let size = host.resize_window(1050, 660);
    assert_eq!(size, (1050, 660));
    // The window hears of its size from the display, which takes its time on a busy machine.
    let expected = serde_json::json!([700.0, 440.0]);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(200));
        host.idle();
        if look(&mut host)["size"] == expected {
            break;
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    save::<H>("resized.png", &screen.picture(1050, 660), 1050, 660);

    // A session that is loaded while the window is open: the host is asked for the size, and gives it.
    let asked = serde_json::json!({"theme": "dark", "scale": 1.25, "size": [640.0, 400.0]});
    assert!(host.restore_json(&state(asked.clone())));
    obey(&mut host, (800, 500));
    save::<H>("reloaded.png", &screen.picture(800, 500), 800, 500);
    assert_eq!(look(&mut host), asked);
    // And back to what it was.
    let asked = serde_json::json!({"theme": "light", "scale": 1.5, "size": expected});
    assert!(host.restore_json(&state(asked.clone())));
    obey(&mut host, (1050, 660));
    host.close_window();
    assert_eq!(look(&mut host), asked);

    // In another instance the same again, and once more after closing.
    let saved = host.save();
    let mut other = H::new(&entry, Play::offline(48_000, 512));
    assert!(other.restore(&saved));
    for _ in 0..2 {
        let size = other.open_window(screen.window);
        assert_eq!(size, (1050, 660));
        std::thread::sleep(Duration::from_millis(300));
        other.close_window();
    }
    // A session of before sizes were saved, and one with a size that no window can have.
    for (asked, expected) in [
        (
            serde_json::json!({"theme": "dark", "scale": 1.0}),
            (720, 440),
        ),
        (
            serde_json::json!({"scale": 1.0, "size": [9.0, 1e9]}),
            (520, 900),
        ),
    ] {
        assert!(other.restore_json(&state(asked)));
        let size = other.open_window(screen.window);
        assert_eq!(size, expected);
        other.close_window();
    }
}

fn browsed<H: Host>() {
    use std::os::unix::fs::PermissionsExt;

    let screen = Screen::new();
    let mut host: H = instance("browsed", Play::real_time(48_000, 512));
    host.open_window(screen.window);
    std::thread::sleep(Duration::from_secs(1));
    // The menu covers the voice's fader, which is amber.
    let menu_is_open = || {
        let [r, _, b] = screen.picture(720, 440)[720 * 300 + 45];
        i32::from(r) < i32::from(b) + 20
    };
    // A click of which the window sees the halves a second apart is none to it.
    let click_until = |host: &mut H, (x, y), failure: &str, so: &dyn Fn() -> bool| {
        let mut waited = 0;
        until(host, failure, |_| {
            if waited % 15 == 0 {
                screen.click(x, y);
            }
            waited += 1;
            so()
        });
    };
    let browse = |host: &mut H| {
        until(host, "no window", |_| !menu_is_open());
        click_until(host, (60, 410), "no menu", &menu_is_open);
        click_until(host, (100, 316), "the menu stays", &|| !menu_is_open());
    };
    // Without any dialog the window says so.
    browse(&mut host);
    until(&mut host, "no notice", |_| {
        screen.shows_a_warning::<H>("no-dialog.png")
    });

    // zenity's part is to print what the user has chosen.
    let model = fixture("identity_k1");
    let program = PathBuf::from(std::env::var_os("PATH").expect("a folder")).join("zenity");
    let script = format!("#!/bin/sh\necho {}\n", model.display());
    std::fs::write(&program, script).expect("a program");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("a program");
    browse(&mut host);
    until(&mut host, "nothing was chosen", |host| {
        let json = host.json();
        let wanted = json["fields"]["model"].as_str().expect("a text");
        wanted.contains("identity_k1.onnx")
    });
    save::<H>("chosen.png", &screen.picture(720, 440), 720, 440);
    host.close_window();
}

/// Threads of this process, and its resident memory in MB.
fn footprint() -> (usize, f64) {
    let threads = std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .count();
    let pages = std::fs::read_to_string("/proc/self/statm").expect("memory");
    let resident: f64 = pages
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("pages");
    (threads, resident * 4096.0 / 1e6)
}

fn hundred<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("hundred", Play::offline(48_000, 512));
    let mut early = (0, 0.0);
    for opening in 1..=100 {
        host.open_window(screen.window);
        std::thread::sleep(Duration::from_millis(80));
        host.idle();
        host.close_window();
        if opening == 20 {
            std::thread::sleep(Duration::from_millis(500));
            early = footprint();
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    let late = footprint();
    println!("threads and MB after 20 openings {early:?}, after 100 {late:?}");
    assert!(late.0 <= early.0, "{early:?} {late:?}");
    // An opening holds about 20 MB. A tenth of a megabyte of each stays with the system's X and
    // OpenGL libraries, which is not ours to free.
    assert!(late.1 < early.1 + 24.0, "{early:?} {late:?}");
}

/// A state that asks for the model in a file.
fn wanting(model: &Path) -> String {
    let wanted = serde_json::json!({ "name": "own", "path": model }).to_string();
    serde_json::json!({"version": "0.1.0", "params": {}, "fields": {"format": "1", "model": wanted}})
        .to_string()
}

fn told<H: Host>() {
    let screen = Screen::new();
    let real_time = Play::real_time(48_000, 512);
    let shows = |host: &mut H, name: &str| {
        host.open_window(screen.window);
        // A slow machine may take its time to draw.
        let shown = (0..20).any(|_| {
            play(host, 0.5);
            screen.shows_a_warning::<H>(name)
        });
        host.close_window();
        shown
    };
    let bundle = Bundle::without_library(H::FORMAT, "told-no-library");
    let mut host = H::new(&H::load(&bundle.plugin), real_time);
    assert!(shows(&mut host, "no-library.png"));
    drop(host);

    let bundle = Bundle::new(H::FORMAT, "told-no-model");
    std::fs::remove_dir_all(bundle.data.join("models")).expect("a folder to remove");
    let mut host = H::new(&H::load(&bundle.plugin), real_time);
    assert!(shows(&mut host, "no-model.png"));
    drop(host);

    let bundle = Bundle::new(H::FORMAT, "told");
    let library = H::load(&bundle.plugin);
    let mut host = H::new(&library, real_time);
    host.deactivate();
    assert!(host.restore_json(&wanting(Path::new("/nowhere/own.onnx"))));
    host.activate();
    assert!(shows(&mut host, "gone.png"));

    // While it plays: a file that is no model, and a model of another latency.
    let mut host = H::new(&library, real_time);
    let refused = bundle.data.join("refused.onnx");
    std::fs::write(&refused, b"no model").expect("a file");
    assert!(host.restore_json(&wanting(&refused)));
    assert!(shows(&mut host, "refused.png"));
    let mut host = H::new(&library, real_time);
    assert!(host.restore_json(&wanting(&fixture("waveform_identity"))));
    assert!(shows(&mut host, "other-latency.png"));
}
