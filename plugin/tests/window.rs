//! The window in a host, on a display of the test's own: seen, moved with the mouse, opened and closed.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]
#![cfg(target_os = "linux")]

mod host;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::{Bundle, Host, Play, blocks, fixture, load, speech};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, ImageFormat, WindowClass};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Names the case that a process is for.
const CASE: &str = "LIMPID_TEST_WINDOW";

/// An X server with nothing on it, which goes with the test.
struct Display(Child, String);

impl Display {
    fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which `cargo xtask test` installs");
        let mut number = String::new();
        let said = server.stdout.take().expect("what the server says");
        BufReader::new(said)
            .read_line(&mut number)
            .expect("a display");
        Self(server, format!(":{}", number.trim()))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The only folder in which a case finds programs.
fn programs(case: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("programs")
        .join(case)
}

/// Runs a case in a process that has a display.
fn on_a_display(case: &str) {
    let programs = programs(case);
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
        .env(CASE, case)
        .output()
        .expect("the test again");
    // Captured by the test itself, and shown when it fails.
    println!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "see above");
}

#[test]
fn the_window_shows_the_sound_and_the_mouse_moves_a_fader() {
    on_a_display("seen");
}

#[test]
fn a_hundred_openings_leave_nothing_behind() {
    on_a_display("hundred");
}

#[test]
fn the_window_opens_as_large_as_the_session_left_it() {
    on_a_display("sized");
}

#[test]
fn a_model_is_chosen_in_the_dialog_of_the_system() {
    on_a_display("browsed");
}

#[test]
#[ignore = "run by the others, each on a display of its own"]
fn a_case() {
    match std::env::var(CASE).as_deref() {
        Ok("seen") => seen(),
        Ok("hundred") => hundred(),
        Ok("sized") => sized(),
        Ok("browsed") => browsed(),
        _ => {}
    }
}

/// The host's side of the screen.
struct Screen {
    connection: RustConnection,
    root: u32,
    window: u32,
}

impl Screen {
    fn new() -> Self {
        let (connection, number) = RustConnection::connect(None).expect("a display");
        let screen = &connection.setup().roots[number];
        let (root, depth, visual) = (screen.root, screen.root_depth, screen.root_visual);
        let window = connection.generate_id().expect("a number");
        let look = CreateWindowAux::new();
        connection
            .create_window(
                depth,
                window,
                root,
                0,
                0,
                1500,
                900,
                0,
                WindowClass::INPUT_OUTPUT,
                visual,
                &look,
            )
            .expect("a window");
        connection.map_window(window).expect("a window that shows");
        connection.flush().expect("a display");
        Self {
            connection,
            root,
            window,
        }
    }

    /// Moves the pointer, presses (4 button press, 5 release) or turns the wheel.
    fn pointer(&self, kind: u8, detail: u8, x: i16, y: i16) {
        self.connection
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0)
            .expect("a pointer");
        self.connection.flush().expect("a display");
        std::thread::sleep(Duration::from_millis(30));
    }

    fn drag(&self, from: (i16, i16), to: (i16, i16)) {
        self.pointer(6, 0, from.0, from.1);
        self.pointer(4, 1, 0, 0);
        for step in 1..=10 {
            let at = |a: i16, b: i16| a + (b - a) * step / 10;
            self.pointer(6, 0, at(from.0, to.0), at(from.1, to.1));
        }
        self.pointer(5, 1, 0, 0);
    }

    /// Red, green and blue of all pixels of the plugin's window.
    fn picture(&self, width: u16, height: u16) -> Vec<[u8; 3]> {
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .expect("a picture")
            .reply()
            .expect("a picture");
        let pixels = image.data.chunks_exact(4);
        pixels.map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]]).collect()
    }
}

fn save(name: &str, pixels: &[[u8; 3]], width: u16, height: u16) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    let file = std::fs::File::create(folder.join(name)).expect("a picture");
    let mut encoder = png::Encoder::new(file, width.into(), height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer
        .write_image_data(pixels.as_flattened())
        .expect("the picture");
}

/// Plays for some seconds as a host in real time does.
fn play(host: &mut Host, seconds: f64) {
    let begun = Instant::now();
    let block = host.play.longest;
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

fn seen() {
    let screen = Screen::new();
    let mut host = Host::new(
        &load(&Bundle::new("seen").plugin),
        Play {
            offline: false,
            ..Play::offline(48_000, 512)
        },
    );
    let size = host.open_window(screen.window);
    let (width, height) = (size.width as u16, size.height as u16);
    std::thread::sleep(Duration::from_secs(1));
    save("idle.png", &screen.picture(width, height), width, height);
    let amber = |[r, _, b]: &[u8; 3]| i32::from(*r) > i32::from(*b) + 60;
    let mut share = 0.0;
    // A busy machine may take its time to draw.
    for _ in 0..10 {
        play(&mut host, 4.0);
        let pixels = screen.picture(width, height);
        save("speech.png", &pixels, width, height);
        share = pixels.iter().filter(|p| amber(p)).count() as f64 / pixels.len() as f64;
        if share > 0.03 {
            break;
        }
    }
    assert!(share > 0.03, "hardly any voice in the picture: {share}");

    let before = host.value("Voice");
    screen.drag((61, 220), (61, 270));
    play(&mut host, 0.3);
    let after = host.value("Voice");
    assert!(after < before - 0.05, "{before} {after}");
    let pixels = screen.picture(width, height);
    save("dragged.png", &pixels, width, height);
    // The wheel, upward.
    for _ in 0..3 {
        screen.pointer(4, 4, 0, 0);
        screen.pointer(5, 4, 0, 0);
    }
    play(&mut host, 1.0);
    assert!(host.value("Voice") > after, "the wheel did nothing");
    host.close_window();
    play(&mut host, 0.2);
}

/// How the window was when the state was saved.
fn look(host: &mut Host) -> serde_json::Value {
    let json = host.json();
    let look = json["fields"]["window"].as_str().expect("a text");
    serde_json::from_str(look).expect("JSON")
}

fn sized() {
    let screen = Screen::new();
    let bundle = Bundle::new("sized");
    let entry = load(&bundle.plugin);
    let mut host = Host::new(&entry, Play::offline(48_000, 512));
    let state = |look: serde_json::Value| {
        let look = look.to_string();
        serde_json::json!({"version": "0.1.0", "params": {}, "fields": {"format": "1", "window": look}})
            .to_string()
    };
    // 150 % of 600 by 400 points.
    let asked = serde_json::json!({"theme": "light", "scale": 1.5, "size": [600.0, 400.0]});
    assert!(host.restore_json(&state(asked)));
    let size = host.open_window(screen.window);
    assert_eq!((size.width, size.height), (900, 600));
    std::thread::sleep(Duration::from_secs(1));
    save("sized.png", &screen.picture(900, 600), 900, 600);
    let size = host.resize_window(1050, 660);
    assert_eq!((size.width, size.height), (1050, 660));
    // The window hears of its size from the display, which takes its time on a busy machine.
    let expected = serde_json::json!([700.0, 440.0]);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(200));
        if look(&mut host)["size"] == expected {
            break;
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    save("resized.png", &screen.picture(1050, 660), 1050, 660);
    host.close_window();
    assert_eq!(look(&mut host)["size"], expected);

    // In another instance the same again, and once more after closing.
    let saved = host.save();
    let mut other = Host::new(&entry, Play::offline(48_000, 512));
    assert!(other.restore(&saved));
    for _ in 0..2 {
        let size = other.open_window(screen.window);
        assert_eq!((size.width, size.height), (1050, 660));
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
        assert_eq!((size.width, size.height), expected);
        other.close_window();
    }
}

fn browsed() {
    use std::os::unix::fs::PermissionsExt;

    let screen = Screen::new();
    let play_on = Play {
        offline: false,
        ..Play::offline(48_000, 512)
    };
    let mut host = Host::new(&load(&Bundle::new("browsed").plugin), play_on);
    host.open_window(screen.window);
    std::thread::sleep(Duration::from_secs(1));
    let browse = |host: &mut Host| {
        for at in [(60, 410), (100, 316)] {
            screen.pointer(6, 0, at.0, at.1);
            screen.pointer(4, 1, 0, 0);
            screen.pointer(5, 1, 0, 0);
            play(host, 0.5);
        }
    };
    // Without any dialog the window says so.
    browse(&mut host);
    play(&mut host, 1.0);
    let pixels = screen.picture(720, 440);
    save("no-dialog.png", &pixels, 720, 440);
    let alarm = pixels.iter().filter(|p| **p == [0xff, 0x7a, 0x66]).count();
    assert!(alarm > 50, "no notice");

    // zenity's part is to print what the user has chosen.
    let model = fixture("identity_k1");
    let program = programs("browsed").join("zenity");
    let script = format!("#!/bin/sh\necho {}\n", model.display());
    std::fs::write(&program, script).expect("a program");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("a program");
    browse(&mut host);
    play(&mut host, 2.0);
    save("chosen.png", &screen.picture(720, 440), 720, 440);
    let json = host.json();
    let wanted = json["fields"]["model"].as_str().expect("a text");
    assert!(wanted.contains("identity_k1.onnx"), "{wanted}");
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

fn hundred() {
    let screen = Screen::new();
    let mut host = Host::new(
        &load(&Bundle::new("hundred").plugin),
        Play::offline(48_000, 512),
    );
    let mut early = (0, 0.0);
    for opening in 1..=100 {
        host.open_window(screen.window);
        std::thread::sleep(Duration::from_millis(80));
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
