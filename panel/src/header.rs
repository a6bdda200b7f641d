//! The line at the top: the name, the preset, link and bypass, and how the window looks.

use egui::{Align2, Popup, Rect, RectAlign, Ui, pos2, vec2};
use limpid_engine::controls::{Controls, PRESETS, Parameter, Preset};

use crate::Scene;
use crate::keys::change;
use crate::layout::SCALES;
use crate::menu::{choice, dots, drop_down, greyed, menu, pill, section};
use crate::shell::{Appearance, ThemeChoice, Value};
use crate::theme::semibold;

/// What the preset menu reads when the faders stand elsewhere.
const OWN: &str = "Own setting";
/// Why link is grey.
const UNLINKED: &str = "This model hears each channel by itself, so linking them has no effect.";

pub(crate) fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let line = scene.layout.header;
    ui.painter().text(
        line.left_center(),
        Align2::LEFT_CENTER,
        "Limpid",
        semibold(17.0),
        scene.theme.text,
    );
    presets(ui, scene);
    switches(ui, scene);
}

fn presets(ui: &mut Ui, scene: &mut Scene<'_>) {
    let line = scene.layout.header;
    let controls = scene.shell.controls();
    let current = PRESETS.iter().find(|preset| preset.is_set(&controls));
    let area = Rect::from_center_size(line.center(), vec2(150.0, line.height()));
    let name = current.map_or(OWN, |preset| preset.name);
    let button = drop_down(
        ui,
        scene.theme,
        area,
        "presets",
        name,
        Align2::CENTER_CENTER,
    );
    let popup = Popup::menu(&button).align(RectAlign::BOTTOM);
    menu(popup, 320.0, |ui| {
        for preset in &PRESETS {
            if choice(
                ui,
                scene.theme,
                preset.name,
                preset.about,
                current == Some(preset),
            ) {
                apply(scene, preset);
                ui.close();
            }
        }
    });
}

/// Sets what the preset changes, each as a gesture of its own.
fn apply(scene: &mut Scene<'_>, preset: &Preset) {
    let before = scene.shell.controls();
    let Controls {
        voice_db,
        background_db,
        solo,
        link,
        ..
    } = preset.apply(&before);
    change(scene, Parameter::Voice, Value::Level(voice_db));
    change(scene, Parameter::Background, Value::Level(background_db));
    if solo != before.solo {
        change(scene, Parameter::Solo, Value::Solo(solo));
    }
    if link != before.link {
        change(scene, Parameter::Link, Value::Switch(link));
    }
}

fn switches(ui: &mut Ui, scene: &mut Scene<'_>) {
    let line = scene.layout.header;
    let theme = scene.theme;
    let controls = scene.shell.controls();
    let height = 24.0;
    let at = |right: f32, width: f32| {
        let x = line.right() - right - width;
        Rect::from_min_size(pos2(x, line.center().y - height / 2.0), vec2(width, height))
    };
    link(ui, scene, at(112.0, 46.0));
    let bypass = pill(
        ui,
        theme,
        at(40.0, 66.0),
        "bypass",
        "Bypass",
        controls.bypass,
        theme.alarm,
    );
    if bypass.on_hover_text(Parameter::Bypass.about()).clicked() {
        change(scene, Parameter::Bypass, Value::Switch(!controls.bypass));
    }
    let button = dots(ui, theme, at(0.0, 28.0), "view");
    menu(Popup::menu(&button), 150.0, |ui| view(ui, scene));
}

fn link(ui: &Ui, scene: &mut Scene<'_>, area: Rect) {
    let theme = scene.theme;
    if !scene.shell.links() {
        greyed(ui, theme, area, "link", "Link", UNLINKED);
        return;
    }
    let on = scene.shell.controls().link;
    let link = pill(ui, theme, area, "link", "Link", on, theme.quiet);
    if link.on_hover_text(Parameter::Link.about()).clicked() {
        change(scene, Parameter::Link, Value::Switch(!on));
    }
}

/// Theme and scale.
fn view(ui: &mut Ui, scene: &mut Scene<'_>) {
    let now = scene.shell.appearance();
    let themes = [
        (ThemeChoice::System, "As the system"),
        (ThemeChoice::Light, "Light"),
        (ThemeChoice::Dark, "Dark"),
    ];
    section(ui, scene.theme, "Theme");
    for (theme, name) in themes {
        if choice(ui, scene.theme, name, "", now.theme == theme) {
            scene.shell.set_appearance(Appearance { theme, ..now });
        }
    }
    ui.add_space(6.0);
    section(ui, scene.theme, "Size");
    for scale in SCALES {
        let name = format!("{:.0} %", scale * 100.0);
        if choice(ui, scene.theme, &name, "", (now.scale - scale).abs() < 0.01) {
            scene.shell.set_appearance(Appearance { scale, ..now });
            ui.close();
        }
    }
}
