//! The window in a host, on a display of the test's own: seen, moved with the mouse, opened and closed.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]
#![cfg(target_os = "linux")]

mod host;

use std::time::Duration;

use host::desk::{instance, on_a_display, play, run_case, until};
use host::screen::{KEY_B, KEY_DOWN, KEY_HOME, KEY_SHIFT, Screen, save};
use host::{Bundle, Clap, Footprint, Host, Play, Vst3, in_both_hosts};

in_both_hosts!(
    the_window_shows_the_sound_and_mouse_and_keys_move_the_controls,
    a_hundred_openings_leave_nothing_behind,
    a_window_is_gone_once_it_is_closed,
    the_window_opens_as_large_as_the_session_left_it,
    menus_double_clicks_and_fine_drags_do_what_they_say,
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

fn menus_double_clicks_and_fine_drags_do_what_they_say<H: Host>() {
    on_a_display::<H>("clicked");
}

/// Menus and notices, in dark.
const RAISED: [u8; 3] = [0x1b, 0x24, 0x2d];

#[test]
#[ignore = "run by the others, each on a display of its own"]
fn a_case() {
    run_case(run::<Clap>, run::<Vst3>);
}

fn run<H: Host>(case: &str) {
    match case {
        "closed" => closed::<H>(),
        "seen" => seen::<H>(),
        "hundred" => hundred::<H>(),
        "sized" => sized::<H>(),
        "clicked" => clicked::<H>(),
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

fn hundred<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("hundred", Play::offline(48_000, 512));
    let mut early = None;
    for opening in 1..=100 {
        host.open_window(screen.window);
        std::thread::sleep(Duration::from_millis(80));
        host.idle();
        host.close_window();
        if opening == 20 {
            std::thread::sleep(Duration::from_millis(500));
            early = Some(Footprint::now());
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    let (early, late) = (early.expect("a footprint"), Footprint::now());
    println!("after 20 openings {early:?}, after 100 {late:?}");
    assert!(late.threads <= early.threads, "{early:?} {late:?}");
    assert!(late.files <= early.files, "{early:?} {late:?}");
    // An opening holds about 20 MB. A tenth of a megabyte of each stays with the system's X and
    // OpenGL libraries, which is not ours to free.
    assert!(late.memory < early.memory + 24.0, "{early:?} {late:?}");
}

/// Chooses a scale in the view menu, by the place of its line at 100 %; the window has the scale `now`.
fn scaled<H: Host>(screen: &Screen, host: &mut H, now: f64, y: f64) {
    let at = |points: f64| (points * now) as i16;
    let is_open = || {
        let (x, y) = (at(690.0) as usize, at(100.0) as usize);
        let width = at(720.0) as usize;
        screen.picture(width as u16, at(440.0) as u16)[width * y + x] == RAISED
    };
    let mut tries = 0;
    until(host, "no view menu", |_| {
        if tries % 15 == 0 && !is_open() {
            screen.click(at(683.0), at(34.0));
        }
        tries += 1;
        is_open()
    });
    screen.click(at(620.0), at(y));
}

/// What is clicked and dragged by hand beside the faders' own moves: a preset, a double-click, a drag with
/// Shift, and the smallest and the largest scale.
fn clicked<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("clicked", Play::real_time(48_000, 512));
    host.open_window(screen.window);
    std::thread::sleep(Duration::from_secs(1));
    let reads = |host: &mut H, name: &str| {
        let value = host.value(name);
        host.text(name, value)
    };
    // A click of which the window sees the halves a second apart is none to it, hence several.
    let is_menu = |x: usize, y: usize| screen.picture(720, 440)[720 * y + x] == RAISED;
    let open = |host: &mut H, (x, y), seen: (usize, usize)| {
        let mut tries = 0;
        until(host, "no menu", |_| {
            if tries % 15 == 0 && !is_menu(seen.0, seen.1) {
                screen.click(x, y);
            }
            tries += 1;
            is_menu(seen.0, seen.1)
        });
    };
    open(&mut host, (360, 34), (197, 150));
    screen.click(300, 118);
    until(&mut host, "no preset", |host| {
        reads(host, "Background") == "-24 dB"
    });
    assert_eq!(reads(&mut host, "Voice"), "0 dB");
    assert_eq!(host.value("Stereo link"), 0.0);

    screen.pointer(6, 0, 61, 220);
    screen.key_part(2, KEY_SHIFT);
    screen.pointer(4, 1, 0, 0);
    let before = host.value("Voice");
    let mut at = 220;
    until(&mut host, "the drag did nothing", |host| {
        at = (at + 5).min(260);
        screen.pointer(6, 0, 61, at);
        host.value("Voice") < before
    });
    screen.pointer(5, 1, 0, 0);
    screen.key_part(3, KEY_SHIFT);
    play(&mut host, 1.0);
    // A drag of 40 points without Shift is a fifth of the fader.
    let moved = before - host.value("Voice");
    assert!(moved > 0.0 && moved < 0.05, "{moved}");

    until(&mut host, "no reset", |host| {
        screen.click(61, 220);
        screen.click(61, 220);
        play(host, 0.3);
        reads(host, "Voice") == "0 dB"
    });
    // 75 % is the fourth line of the view menu, below those of the theme, and 200 % the ninth.
    for (now, line, scale, size) in [
        (1.0, 207.0, 0.75, (540, 330)),
        (0.75, 352.0, 2.0, (1440, 880)),
    ] {
        scaled(&screen, &mut host, now, line);
        obey(&mut host, size);
        assert_eq!(look(&mut host)["scale"], scale);
        let [width, height] = [size.0 as u16, size.1 as u16];
        let name = format!("scale-{}.png", scale * 100.0);
        save::<H>(&name, &screen.picture(width, height), width, height);
    }
    host.close_window();
}
