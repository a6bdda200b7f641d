//! Every state of the window, drawn without a graphics card and kept as a picture in
//! `target/tmp/panel`. What can be said of them in numbers is checked; the rest is for eyes.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod support;

use std::path::Path;

use limpid_engine::controls::Solo;
use limpid_panel::{
    DEFAULT_SIZE, LARGEST_SIZE, Notice, NoticeKind, SMALLEST_SIZE, Sound, ThemeChoice,
};
use support::{Canvas, Stage, Window};

const DARK: ThemeChoice = ThemeChoice::Dark;
const LIGHT: ThemeChoice = ThemeChoice::Light;

/// A recorded voice in noise: the voice, and both together.
fn speech() -> (Vec<f32>, Vec<f32>) {
    let read = |name: &str| -> Vec<f32> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../assets/demo")
            .join(name);
        let mut reader = hound::WavReader::open(path).expect("the demo recording");
        let scale = 1.0 / (1u32 << (reader.spec().bits_per_sample - 1)) as f32;
        reader
            .samples::<i32>()
            .map(|s| s.expect("a sample") as f32 * scale)
            .collect()
    };
    (read("mixture-clean.wav"), read("mixture.wav"))
}

/// The window after some seconds of speech.
fn speaking(theme: ThemeChoice, size: [f32; 2], scale: f32) -> Window {
    let (voice, dry) = speech();
    let mut window = Window::new(Stage::sounding(theme, &voice, &dry), size, scale);
    window.frames(300);
    window
}

fn keep(window: &mut Window, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panel");
    window.picture().save(&folder.join(format!("{name}.png")));
}

/// Shares of the picture's pixels that are clearly amber, and clearly blue.
fn colours(canvas: &Canvas) -> (f32, f32) {
    let (mut amber, mut blue, mut all) = (0, 0, 0);
    for y in canvas.height / 4..canvas.height * 3 / 4 {
        for x in canvas.width / 4..canvas.width * 3 / 4 {
            let [r, _, b] = canvas.at(x, y).map(i32::from);
            all += 1;
            amber += i32::from(r > b + 40);
            blue += i32::from(b > r + 40);
        }
    }
    (amber as f32 / all as f32, blue as f32 / all as f32)
}

#[test]
fn speech_shows_the_voice_in_amber_and_the_background_in_blue() {
    for (theme, name) in [(DARK, "speech-dark"), (LIGHT, "speech-light")] {
        let (voice, dry) = speech();
        let mut stage = Stage::sounding(theme, &voice, &dry);
        stage.controls.background_db = -6.0;
        let mut window = Window::new(stage, DEFAULT_SIZE, 2.0);
        window.frames(300);
        keep(&mut window, name);
        let (amber, blue) = colours(window.picture());
        assert!(amber > 0.03 && blue > 0.03, "{name}: {amber} {blue}");
    }
}

#[test]
fn silence_leaves_the_picture_empty() {
    let silence = vec![0.0; 48_000 * 4];
    for (theme, name) in [(DARK, "silent-input"), (LIGHT, "silent-input-light")] {
        let stage = Stage::sounding(theme, &silence, &silence);
        let mut window = Window::new(stage, DEFAULT_SIZE, 1.0);
        window.frames(200);
        keep(&mut window, name);
        let (amber, blue) = colours(window.picture());
        assert!(amber == 0.0 && blue == 0.0, "{name}: {amber} {blue}");
    }
}

#[test]
fn a_window_that_has_heard_nothing_waits_calmly() {
    for (theme, name) in [(DARK, "idle-dark"), (LIGHT, "idle-light")] {
        let mut window = Window::new(Stage::idle(theme), DEFAULT_SIZE, 1.0);
        window.frames(3);
        keep(&mut window, name);
        let before = every_pixel(window.picture());
        window.frames(60);
        assert!(before == every_pixel(window.picture()), "{name} moves");
    }
}

fn every_pixel(canvas: &Canvas) -> Vec<[u8; 3]> {
    (0..canvas.width * canvas.height)
        .map(|i| canvas.at(i % canvas.width, i / canvas.width))
        .collect()
}

#[test]
fn numbers_that_change_move_nothing_beside_them() {
    let silence = vec![0.0; 48_000];
    let drawn = |load: f32, misses: u64| {
        let mut window = Window::new(Stage::sounding(DARK, &silence, &silence), DEFAULT_SIZE, 1.0);
        window.frames(200);
        window.stage.facts.load = load;
        window.stage.facts.misses = misses;
        window.frames(400);
        every_pixel(window.picture())
    };
    let (a, b) = (drawn(0.03, 17), drawn(0.08, 48));
    // Only the two figures differ: a handful of pixels, none left of the first of them.
    let width = DEFAULT_SIZE[0] as usize;
    let first = a.iter().zip(&b).enumerate().filter(|(_, (a, b))| a != b);
    let leftmost = first.map(|(i, _)| i % width).min().expect("other figures");
    assert!(leftmost > width - 200, "{leftmost}");
}

#[test]
fn misses_are_counted_in_sight() {
    for (theme, name) in [(DARK, "miss"), (LIGHT, "miss-light")] {
        let mut window = speaking(theme, DEFAULT_SIZE, 1.0);
        assert!(
            !has_alarm(window.picture(), theme, 0.9),
            "{name}: too early"
        );
        window.stage.facts.misses = 3;
        window.stage.facts.sound = Sound::Missing;
        window.frames(3);
        keep(&mut window, name);
        assert!(has_alarm(window.picture(), theme, 0.9), "{name}: no alarm");
    }
}

/// Whether anything below `share` of the height has the colour of alarm.
fn has_alarm(canvas: &Canvas, theme: ThemeChoice, share: f32) -> bool {
    let alarm: [u8; 3] = match theme {
        LIGHT => [0xc2, 0x3a, 0x28],
        _ => [0xff, 0x7a, 0x66],
    };
    let top = (canvas.height as f32 * share) as usize;
    let near = |pixel: [u8; 3]| pixel.iter().zip(alarm).all(|(a, b)| a.abs_diff(b) < 25);
    (0..canvas.width).any(|x| (top..canvas.height).any(|y| near(canvas.at(x, y))))
}

#[test]
fn a_refused_model_is_explained_over_the_picture() {
    for (theme, suffix) in [(DARK, ""), (LIGHT, "-light")] {
        let mut window = speaking(theme, DEFAULT_SIZE, 1.0);
        window.stage.notice = Some(Notice {
            kind: NoticeKind::Warning,
            text:
                "denoise.onnx is not a model for Limpid: the metadata lacks limpid.kind; export it \
                   with the keys that the documentation lists. The model before plays on."
                    .into(),
            dismissible: true,
        });
        keep(&mut window, &format!("refused-model{suffix}"));
        assert!(has_alarm(window.picture(), theme, 0.6), "no notice");
        window.stage.notice = Some(Notice {
            kind: NoticeKind::Warning,
            text:
                "The sound passes through unchanged until this is mended. The ONNX Runtime library \
                   limpid_onnxruntime_1_23_2.so was not found; install Limpid again."
                    .into(),
            dismissible: false,
        });
        window.stage.facts.sound = Sound::PassedThrough;
        window.stage.model = String::new();
        keep(&mut window, &format!("missing-library{suffix}"));
    }
}

#[test]
fn every_size_and_scale_shows_everything() {
    let sizes = [
        ("smallest-75", DARK, SMALLEST_SIZE, 0.75),
        ("smallest", DARK, SMALLEST_SIZE, 1.0),
        ("smallest-light", LIGHT, SMALLEST_SIZE, 1.0),
        ("largest", DARK, LARGEST_SIZE, 1.0),
        ("largest-light", LIGHT, LARGEST_SIZE, 1.0),
        ("default-200", DARK, DEFAULT_SIZE, 2.0),
    ];
    for (name, theme, size, scale) in sizes {
        let mut window = speaking(theme, size, scale);
        keep(&mut window, name);
        let (amber, _) = colours(window.picture());
        assert!(amber > 0.02, "{name}: {amber}");
    }
}

#[test]
fn a_small_window_holds_long_sentences_and_menus() {
    let mut window = speaking(LIGHT, SMALLEST_SIZE, 1.0);
    window.stage.notice = Some(Notice {
        kind: NoticeKind::Warning,
        text: "The sound passes through unchanged until this is mended. The model limpid was not \
               found; install Limpid again, or put limpid.onnx into one of "
            .to_owned()
            + &["/home/somebody/.vst3/Limpid.vst3/Contents/Resources/models"; 6].join(", "),
        dismissible: false,
    });
    keep(&mut window, "smallest-notice");
    window.stage.notice = None;
    for (name, at) in [
        ("smallest-presets", [260.0, 30.0]),
        ("smallest-models", [50.0, 293.0]),
        ("smallest-view", [489.0, 30.0]),
    ] {
        window.click(at[0], at[1]);
        window.frames(20);
        keep(&mut window, name);
        assert!(is_within(&window), "{name} leaves the window");
        window.key(egui::Key::Escape);
        window.frames(20);
    }
}

/// Whether a menu is open, and lies within the window.
fn is_within(window: &Window) -> bool {
    let all = egui::Rect::from_min_size(egui::Pos2::ZERO, window.size);
    window.context.memory(|memory| {
        let open = memory.areas().visible_layer_ids();
        let mut menus = open
            .iter()
            .filter(|layer| layer.order == egui::Order::Foreground)
            .filter_map(|layer| memory.area_rect(layer.id))
            .peekable();
        menus.peek().is_some() && menus.all(|area| all.contains_rect(area))
    })
}

#[test]
fn a_window_below_the_smallest_size_still_shows_its_upper_left() {
    let mut window = speaking(DARK, [300.0, 180.0], 1.0);
    keep(&mut window, "too-small");
    window.frames(3);
}

#[test]
fn solo_bypass_and_a_link_of_no_effect_are_plain_to_see() {
    for (theme, suffix) in [(DARK, ""), (LIGHT, "-light")] {
        let mut window = speaking(theme, DEFAULT_SIZE, 1.0);
        for (solo, name) in [(Solo::Background, "background"), (Solo::Voice, "voice")] {
            window.stage.controls.solo = solo;
            window.frames(120);
            keep(&mut window, &format!("solo-{name}{suffix}"));
        }
        window.stage.controls.solo = Solo::None;
        window.stage.links = false;
        window.frames(60);
        keep(&mut window, &format!("no-link{suffix}"));
        window.stage.controls.bypass = true;
        window.frames(60);
        keep(&mut window, &format!("bypass{suffix}"));
    }
}

#[test]
fn menus_open_in_the_window_s_own_look() {
    for (name, at, theme) in [
        ("menu-presets", [360.0, 34.0], DARK),
        ("menu-models", [60.0, 410.0], LIGHT),
        ("menu-models-dark", [60.0, 410.0], DARK),
        ("menu-view", [684.0, 34.0], LIGHT),
    ] {
        let mut window = speaking(theme, DEFAULT_SIZE, 1.0);
        window.click(at[0], at[1]);
        window.frames(20);
        keep(&mut window, name);
    }
}
