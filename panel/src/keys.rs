//! Keys that work wherever the focus is: S for solo, B for bypass, L for link.

use egui::{Key, Modifiers, Ui};
use limpid_engine::controls::{Parameter, Solo};

use crate::Scene;
use crate::shell::Value;

pub(crate) fn global(ui: &Ui, scene: &mut Scene<'_>) {
    // Letters belong to a text field while one is written in.
    if ui.ctx().text_edit_focused() {
        return;
    }
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let controls = scene.shell.controls();
    if pressed(Key::S) {
        let next = match controls.solo {
            Solo::None => Solo::Voice,
            Solo::Voice => Solo::Background,
            Solo::Background => Solo::None,
        };
        change(scene, Parameter::Solo, Value::Solo(next));
    }
    if pressed(Key::B) {
        change(scene, Parameter::Bypass, Value::Switch(!controls.bypass));
    }
    if pressed(Key::L) && scene.shell.links() {
        change(scene, Parameter::Link, Value::Switch(!controls.link));
    }
}

/// A whole gesture: taken hold of, moved, let go.
pub(crate) fn change(scene: &mut Scene<'_>, parameter: Parameter, value: Value) {
    scene.shell.begin(parameter);
    scene.shell.set(parameter, value);
    scene.shell.end(parameter);
}
