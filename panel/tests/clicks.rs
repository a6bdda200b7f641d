//! Every button and every menu, clicked; and the keys and wheel that move by other steps than one.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod support;

use egui::{Key, Modifiers};
use limpid_engine::controls::{PRESETS, Parameter, Solo};
use limpid_panel::{DEFAULT_SIZE, Notice, NoticeKind, SCALES, ThemeChoice, Value};
use support::{Done, Stage, Window};

// In a window of the default size.
const VOICE: [f32; 2] = [61.0, 220.0];
const SOLO_VOICE: [f32; 2] = [61.0, 366.0];
const SOLO_BACKGROUND: [f32; 2] = [659.0, 366.0];
const PRESET_MENU: [f32; 2] = [360.0, 34.0];
const LINK: [f32; 2] = [562.0, 34.0];
const BYPASS: [f32; 2] = [624.0, 34.0];
const VIEW_MENU: [f32; 2] = [683.0, 34.0];
const MODEL_MENU: [f32; 2] = [60.0, 410.0];

fn window() -> Window {
    let mut window = Window::new(Stage::idle(ThemeChoice::Dark), DEFAULT_SIZE, 1.0);
    window.frames(3);
    window
}

/// Clicks, and gives what a host is told of it.
fn told(window: &mut Window, at: [f32; 2]) -> Vec<Done> {
    window.stage.done.clear();
    window.click(at[0], at[1]);
    window.frames(2);
    window.stage.done.clone()
}

fn whole(parameter: Parameter, value: Value) -> [Done; 3] {
    [
        Done::Begin(parameter),
        Done::Set(parameter, value),
        Done::End(parameter),
    ]
}

#[test]
fn each_solo_is_switched_by_its_button_and_takes_the_other_s_place() {
    let mut window = window();
    for (at, solo) in [
        (SOLO_VOICE, Solo::Voice),
        (SOLO_BACKGROUND, Solo::Background),
        (SOLO_VOICE, Solo::Voice),
        (SOLO_VOICE, Solo::None),
        (SOLO_BACKGROUND, Solo::Background),
        (SOLO_BACKGROUND, Solo::None),
    ] {
        let told = told(&mut window, at);
        assert_eq!(told, whole(Parameter::Solo, Value::Solo(solo)));
    }
}

#[test]
fn link_and_bypass_are_switched_by_their_buttons() {
    let mut window = window();
    for (at, parameter, first) in [
        (LINK, Parameter::Link, false),
        (BYPASS, Parameter::Bypass, true),
    ] {
        for on in [first, !first] {
            let told = told(&mut window, at);
            assert_eq!(told, whole(parameter, Value::Switch(on)));
        }
    }
}

#[test]
fn with_a_model_that_links_nothing_link_is_grey_and_does_nothing() {
    let mut window = window();
    let before = pixels(&mut window);
    window.stage.links = false;
    assert_eq!(told(&mut window, LINK), []);
    window.key(Key::L);
    assert_eq!(window.stage.done, []);
    window.move_to(360.0, 220.0);
    window.frames(30);
    assert!(pixels(&mut window) < before / 2, "it looks as ever");
    // Somebody who points at it is told why.
    let [x, y] = LINK;
    window.move_to(x, y);
    window.frames(90);
    let hints = window.context.memory(|memory| {
        let layers = memory.areas().visible_layer_ids();
        let hints = layers.iter().filter(|l| l.order == egui::Order::Tooltip);
        hints.count()
    });
    assert_eq!(hints, 1, "no hint");
}

/// How much of the link's button is filled or written on, in pixels.
fn pixels(window: &mut Window) -> usize {
    let canvas = window.picture();
    let ground = canvas.at(530, 34);
    let far = |[a, b]: [[u8; 3]; 2]| a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 60);
    let area = (540..584).flat_map(|x| (23..45).map(move |y| (x, y)));
    area.filter(|(x, y)| far([canvas.at(*x, *y), ground]))
        .count()
}

#[test]
fn each_preset_is_set_by_its_line() {
    let mut window = window();
    for (line, preset) in PRESETS.iter().enumerate() {
        window.choose(PRESET_MENU, line);
        assert!(preset.is_set(&window.stage.controls), "{}", preset.name);
    }
}

#[test]
fn the_view_menu_gives_each_theme_and_each_size() {
    let mut window = window();
    let themes = [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark];
    for (line, theme) in themes.into_iter().enumerate() {
        window.choose(VIEW_MENU, line);
        assert_eq!(window.stage.appearance.theme, theme);
        // It stays open for the next, until one clicks elsewhere.
        window.key(Key::Escape);
        window.frames(20);
    }
    for (line, scale) in SCALES.into_iter().enumerate() {
        window.choose(VIEW_MENU, themes.len() + line);
        assert_eq!(window.stage.appearance.scale, scale);
        assert_eq!(window.menu(), [], "the menu stays");
    }
    assert_eq!(window.stage.appearance.theme, ThemeChoice::Dark);
}

#[test]
fn a_model_of_the_list_is_chosen_by_its_line() {
    let mut window = window();
    window.choose(MODEL_MENU, 1);
    let expected = window.stage.models[1].clone();
    assert_eq!(window.stage.done, [Done::Model(expected)]);
    assert_eq!(window.menu(), [], "the menu stays");
}

#[test]
fn a_notice_is_put_away_by_its_cross_unless_its_cause_lasts() {
    let mut window = window();
    for dismissible in [false, true] {
        window.stage.notice = Some(Notice {
            kind: NoticeKind::Warning,
            text: "The model was not taken over.".into(),
            dismissible,
        });
        window.frames(2);
        let told = told(&mut window, [576.0, 347.0]);
        assert_eq!(told.contains(&Done::Dismissed), dismissible);
        assert_eq!(window.stage.notice.is_none(), dismissible);
    }
}

#[test]
fn page_keys_move_by_6_db_and_0_and_delete_go_to_the_ends() {
    let mut window = window();
    window.click(VOICE[0], VOICE[1]);
    window.frames(2);
    for (key, db) in [
        (Key::PageDown, -6.0),
        (Key::PageDown, -12.0),
        (Key::PageUp, -6.0),
        (Key::Delete, f32::NEG_INFINITY),
        (Key::PageUp, -54.0),
        (Key::Num0, 0.0),
        (Key::PageUp, 6.0),
        (Key::PageUp, 12.0),
        (Key::PageUp, 12.0),
    ] {
        window.key(key);
        assert_eq!(window.stage.controls.voice_db, db, "{key:?}");
    }
}

#[test]
fn shift_makes_the_wheel_ten_times_finer() {
    let turned = |modifiers| {
        let mut window = window();
        window.move_to(VOICE[0], VOICE[1]);
        window.hold(modifiers);
        window.wheel(-10.0);
        window.stage.controls.voice_db
    };
    let (coarse, fine) = (turned(Modifiers::NONE), turned(Modifiers::SHIFT));
    assert!(coarse < -3.0, "{coarse}");
    let ratio = coarse / fine;
    assert!((8.0..12.5).contains(&ratio), "{coarse} {fine}");
}
