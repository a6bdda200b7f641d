//! A part's strip: its name, where its fader stands, the fader, and solo.

use egui::{Align2, Rect, Ui, pos2, vec2};
use limpid_engine::controls::{Parameter, Solo, fader as law};

use crate::Scene;
use crate::fader::Fader;
use crate::level::Meter;
use crate::menu::pill;
use crate::shell::Value;
use crate::theme::{medium, semibold};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Voice,
    Background,
}

/// Height of name and value, and of the solo button.
const HEAD: f32 = 44.0;
const FOOT: f32 = 24.0;

impl Side {
    fn parameter(self) -> Parameter {
        match self {
            Self::Voice => Parameter::Voice,
            Self::Background => Parameter::Background,
        }
    }

    fn solo(self) -> Solo {
        match self {
            Self::Voice => Solo::Voice,
            Self::Background => Solo::Background,
        }
    }
}

pub(crate) fn show(ui: &mut Ui, scene: &mut Scene<'_>, side: Side, meter: &Meter) {
    let controls = scene.shell.controls();
    let theme = scene.theme;
    let (area, db, marks) = match side {
        Side::Voice => (scene.layout.voice, controls.voice_db, 1.0),
        Side::Background => (scene.layout.background, controls.background_db, -1.0),
    };
    let (colour, ink) = match side {
        Side::Voice => (theme.voice, theme.voice_ink),
        Side::Background => (theme.background, theme.background_ink),
    };
    let soloed = controls.solo == side.solo();
    let heard = !controls.bypass && (controls.solo == Solo::None || soloed);
    let painter = ui.painter();
    let name = side.parameter().name();
    let top = area.center_top();
    painter.text(top, Align2::CENTER_TOP, name, medium(13.0), ink);
    let value = if soloed {
        "solo".to_owned()
    } else {
        // Set in type, a minus is as wide as a figure, not a hyphen.
        law::text(db).replace('-', "\u{2212}")
    };
    let below = top + vec2(0.0, 19.0);
    painter.text(
        below,
        Align2::CENTER_TOP,
        value,
        semibold(15.0),
        if heard { theme.text } else { theme.quiet },
    );
    let fader = Fader {
        parameter: side.parameter(),
        db,
        level: meter.share(),
        colour,
        ink,
        heard,
        soloed,
        marks,
        theme,
    };
    let vessel = Rect::from_min_max(
        pos2(area.left(), area.top() + HEAD),
        pos2(area.right(), area.bottom() - FOOT - 12.0),
    );
    fader.show(ui, vessel, scene.shell);
    let button = Rect::from_center_size(
        area.center_bottom() - vec2(0.0, FOOT / 2.0),
        vec2(56.0, FOOT),
    );
    if pill(ui, theme, button, ("solo", name), "Solo", soloed, ink).clicked() {
        toggle_solo(scene, side);
    }
}

fn toggle_solo(scene: &mut Scene<'_>, side: Side) {
    let solo = if scene.shell.controls().solo == side.solo() {
        Solo::None
    } else {
        side.solo()
    };
    scene.shell.begin(Parameter::Solo);
    scene.shell.set(Parameter::Solo, Value::Solo(solo));
    scene.shell.end(Parameter::Solo);
}
