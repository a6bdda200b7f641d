//! What the user does, and what a host is told of it.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod support;

use egui::{Event, Key, Modifiers};
use limpid_engine::controls::{Parameter, Preset, Solo};
use limpid_panel::{DEFAULT_SIZE, ThemeChoice, Value};
use support::{Done, Stage, Window};

/// The middle of the voice's vessel in a window of the default size.
const VOICE: [f32; 2] = [61.0, 220.0];

fn window() -> Window {
    let mut window = Window::new(Stage::idle(ThemeChoice::Dark), DEFAULT_SIZE, 1.0);
    window.frames(3);
    window
}

/// The levels that a gesture on one parameter has set; fails when it is not held and let go of.
fn levels(window: &Window, parameter: Parameter) -> Vec<f32> {
    let done = &window.stage.done;
    assert_eq!(done.first(), Some(&Done::Begin(parameter)), "{done:?}");
    assert_eq!(done.last(), Some(&Done::End(parameter)), "{done:?}");
    done.iter()
        .filter_map(|done| match done {
            Done::Set(of, Value::Level(db)) if *of == parameter => Some(*db),
            _ => None,
        })
        .collect()
}

#[test]
fn dragging_down_turns_down_in_one_gesture() {
    let mut window = window();
    window.drag(VOICE, [VOICE[0], VOICE[1] + 60.0]);
    let set = levels(&window, Parameter::Voice);
    assert!(set.len() > 5 && set.is_sorted_by(|a, b| a > b), "{set:?}");
    let begins = |d: &&Done| matches!(d, Done::Begin(_));
    assert_eq!(window.stage.done.iter().filter(begins).count(), 1);
}

#[test]
fn shift_drags_ten_times_finer() {
    let coarse = {
        let mut window = window();
        window.drag(VOICE, [VOICE[0], VOICE[1] + 60.0]);
        window.stage.controls.voice_db
    };
    let mut window = window();
    window.hold(Modifiers::SHIFT);
    window.drag(VOICE, [VOICE[0], VOICE[1] + 60.0]);
    let fine = window.stage.controls.voice_db;
    assert!(fine < 0.0 && fine > coarse / 5.0, "{fine} {coarse}");
}

#[test]
fn a_fader_dragged_to_the_bottom_is_silent() {
    let mut window = window();
    window.drag(VOICE, [VOICE[0], 900.0]);
    assert_eq!(window.stage.controls.voice_db, f32::NEG_INFINITY);
}

#[test]
fn a_click_moves_nothing() {
    let mut window = window();
    window.click(VOICE[0], VOICE[1]);
    assert_eq!(window.stage.controls.voice_db, 0.0);
}

#[test]
fn a_double_click_resets_to_0_db() {
    let mut window = window();
    window.stage.controls.voice_db = -23.0;
    window.click(VOICE[0], VOICE[1]);
    window.click(VOICE[0], VOICE[1]);
    assert_eq!(window.stage.controls.voice_db, 0.0);
    assert_eq!(levels(&window, Parameter::Voice), [0.0]);
}

#[test]
fn the_wheel_moves_the_fader_under_the_pointer_alone() {
    let mut window = window();
    window.move_to(VOICE[0], VOICE[1]);
    window.wheel(-3.0);
    let db = window.stage.controls.voice_db;
    assert!((-6.0..-1.0).contains(&db), "{db}");
    assert_eq!(window.stage.controls.background_db, f32::NEG_INFINITY);
}

#[test]
fn arrows_move_the_focused_fader_and_tab_goes_on() {
    let mut window = window();
    window.click(VOICE[0], VOICE[1]);
    window.frames(2);
    window.key(Key::ArrowDown);
    window.key(Key::ArrowDown);
    assert_eq!(window.stage.controls.voice_db, -2.0);
    window.hold(Modifiers::SHIFT);
    window.key(Key::ArrowUp);
    window.hold(Modifiers::NONE);
    assert!((window.stage.controls.voice_db + 1.9).abs() < 1e-4);
    window.key(Key::End);
    assert_eq!(window.stage.controls.voice_db, f32::NEG_INFINITY);
    window.key(Key::ArrowUp);
    assert_eq!(window.stage.controls.voice_db, -59.0);
    window.key(Key::Home);
    assert_eq!(window.stage.controls.voice_db, 0.0);
    let focused = window.context.memory(|m| m.focused());
    window.key(Key::Tab);
    window.frames(2);
    assert_ne!(window.context.memory(|m| m.focused()), focused);
}

#[test]
fn every_control_is_reached_by_tab() {
    let mut window = window();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        window.key(Key::Tab);
        window.frames(2);
        seen.extend(window.context.memory(|m| m.focused()));
    }
    // Two faders, two solos, presets, link, bypass, view, model.
    assert_eq!(seen.len(), 9);
}

#[test]
fn letters_switch_solo_bypass_and_link_as_whole_gestures() {
    let mut window = window();
    window.key(Key::S);
    assert_eq!(window.stage.controls.solo, Solo::Voice);
    assert_eq!(
        window.stage.done,
        [
            Done::Begin(Parameter::Solo),
            Done::Set(Parameter::Solo, Value::Solo(Solo::Voice)),
            Done::End(Parameter::Solo),
        ]
    );
    window.key(Key::S);
    window.key(Key::S);
    assert_eq!(window.stage.controls.solo, Solo::None);
    window.key(Key::B);
    window.key(Key::L);
    assert!(window.stage.controls.bypass && !window.stage.controls.link);
}

#[test]
fn a_preset_is_set_from_its_menu() {
    let mut window = window();
    window.click(360.0, 34.0);
    window.frames(20);
    // The second line of the menu.
    window.click(300.0, 118.0);
    let podcast = Preset::find("podcast").expect("a preset");
    assert!(
        podcast.is_set(&window.stage.controls),
        "{:?}",
        window.stage.controls
    );
}

#[test]
fn the_system_s_dialog_is_asked_for_from_the_model_menu() {
    let mut window = window();
    window.click(60.0, 410.0);
    window.frames(20);
    window.click(100.0, window.size.y - 124.0);
    assert_eq!(window.stage.done, [Done::Browse]);
}

#[test]
fn a_path_typed_into_the_model_menu_is_a_model_chosen() {
    let mut window = window();
    window.click(60.0, 410.0);
    window.frames(20);
    let field = window.size.y - 75.0;
    window.click(200.0, field);
    window.event(Event::Text("/models/own.onnx".into()));
    window.frames(2);
    window.key(Key::S);
    window.key(Key::Enter);
    let chosen = window.stage.done.iter().find_map(|done| match done {
        Done::Model(choice) => Some(choice.path.clone()),
        _ => None,
    });
    assert_eq!(chosen, Some("/models/own.onnx".into()));
    assert_eq!(window.stage.controls.solo, Solo::None, "a letter in a text");
}
