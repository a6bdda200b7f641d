//! A fader: a vessel filled as high as it is set, with the sound that comes through as its light.
//!
//! Drag anywhere in it (it does not jump to the pointer), ten times finer with Shift; wheel and arrow
//! keys by steps; double-click for 0 dB.

use egui::{
    Color32, CornerRadius, EventFilter, Id, Key, Modifiers, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2,
};
use limpid_engine::controls::{Parameter, fader as law};

use crate::shell::{Shell, Value};
use crate::theme::{Theme, mix};

/// Width of the vessel in points.
const WIDTH: f32 = 44.0;
/// dB of one notch of the wheel or one press of an arrow key; with Shift a tenth of it.
const STEP_DB: f32 = 1.0;
/// dB of the page keys.
const PAGE_DB: f32 = 6.0;
/// Points of scrolling that make a notch.
const NOTCH: f32 = 40.0;
/// How much finer Shift makes everything.
const FINE: f32 = 0.1;

/// What a fader is and shows.
pub(crate) struct Fader<'a> {
    pub(crate) parameter: Parameter,
    pub(crate) db: f32,
    /// 0 to 1 of the sound before the fader.
    pub(crate) level: f32,
    pub(crate) colour: Color32,
    /// Of the ring round it when it has the keyboard.
    pub(crate) ink: Color32,
    /// Whether it has a say just now: another part's solo takes it away.
    pub(crate) heard: bool,
    /// Whether its part is heard at 0 dB, wherever the fader stands.
    pub(crate) soloed: bool,
    /// Side of the vessel on which the marks stand: -1 left, 1 right.
    pub(crate) marks: f32,
    pub(crate) theme: &'a Theme,
}

/// What a drag has gathered: a wheel and a drag add up before they are rounded to the fader.
#[derive(Clone, Copy, Default)]
struct Grip {
    position: f32,
    scrolled: f32,
}

impl Fader<'_> {
    pub(crate) fn show(&self, ui: &mut Ui, area: Rect, shell: &mut dyn Shell) -> Response {
        let vessel = crate::crisp(
            ui,
            Rect::from_center_size(area.center(), egui::vec2(WIDTH, area.height())),
        );
        let id = Id::unique(("fader", self.parameter.id()));
        let response = ui.interact(vessel, id, Sense::click_and_drag());
        self.drag(ui, vessel, &response, shell);
        self.wheel(ui, &response, shell);
        self.keys(ui, &response, shell);
        if response.double_clicked() {
            self.gesture(shell, 0.0);
        }
        if response.clicked() {
            response.request_focus();
        }
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(law::text(self.db)),
            label: Some(self.parameter.name().to_owned()),
            value: Some(f64::from(self.db.max(law::MIN_DB))),
            ..WidgetInfo::new(Role::Slider)
        });
        self.paint(ui, vessel, &response);
        response
    }

    fn drag(&self, ui: &Ui, vessel: Rect, response: &Response, shell: &mut dyn Shell) {
        let id = response.id;
        if response.drag_started() {
            let grip = Grip {
                position: law::to_position(self.db),
                ..Grip::default()
            };
            ui.data_mut(|d| d.insert_temp(id, grip));
            response.request_focus();
            shell.begin(self.parameter);
        }
        if response.dragged() && response.drag_delta().y != 0.0 {
            let fine = if ui.input(|i| i.modifiers.shift) {
                FINE
            } else {
                1.0
            };
            let moved = -response.drag_delta().y / vessel.height() * fine;
            let position = ui.data_mut(|d| {
                let grip = d.get_temp_mut_or_default::<Grip>(id);
                grip.position = (grip.position + moved).clamp(0.0, 1.0);
                grip.position
            });
            shell.set(self.parameter, Value::Level(law::from_position(position)));
        }
        if response.drag_stopped() {
            shell.end(self.parameter);
        }
    }

    fn wheel(&self, ui: &Ui, response: &Response, shell: &mut dyn Shell) {
        if !response.hovered() {
            return;
        }
        // With Shift some systems scroll sideways.
        let (delta, fine) = ui.input(|i| {
            let delta = i.smooth_scroll_delta();
            (delta.x + delta.y, i.modifiers.shift)
        });
        if delta == 0.0 {
            return;
        }
        let step = STEP_DB * if fine { FINE } else { 1.0 };
        let quantum = 0.1;
        let scrolled = ui.data_mut(|d| {
            let grip = d.get_temp_mut_or_default::<Grip>(response.id);
            grip.scrolled += delta / NOTCH * step;
            let whole = (grip.scrolled / quantum).trunc() * quantum;
            grip.scrolled -= whole;
            whole
        });
        if scrolled != 0.0 {
            self.nudge(shell, scrolled);
        }
    }

    fn keys(&self, ui: &Ui, response: &Response, shell: &mut dyn Shell) {
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: false,
            tab: false,
            escape: false,
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
        let taken = |modifiers: Modifiers, key: Key| {
            ui.input_mut(|i| i.count_and_consume_key(modifiers, key)) as f32
        };
        let mut by = FINE * STEP_DB * taken(Modifiers::SHIFT, Key::ArrowUp);
        by -= FINE * STEP_DB * taken(Modifiers::SHIFT, Key::ArrowDown);
        by += STEP_DB * taken(Modifiers::NONE, Key::ArrowUp);
        by -= STEP_DB * taken(Modifiers::NONE, Key::ArrowDown);
        by += PAGE_DB * taken(Modifiers::NONE, Key::PageUp);
        by -= PAGE_DB * taken(Modifiers::NONE, Key::PageDown);
        if by != 0.0 {
            self.nudge(shell, by);
        }
        if taken(Modifiers::NONE, Key::Home) + taken(Modifiers::NONE, Key::Num0) > 0.0 {
            self.gesture(shell, 0.0);
        }
        if taken(Modifiers::NONE, Key::End) + taken(Modifiers::NONE, Key::Delete) > 0.0 {
            self.gesture(shell, law::SILENT);
        }
    }

    /// Moves by some dB; down from the floor is silence, up from silence is the floor and more.
    fn nudge(&self, shell: &mut dyn Shell, by: f32) {
        let from = self.db.max(law::MIN_DB);
        self.gesture(shell, law::nearest(from + by));
    }

    fn gesture(&self, shell: &mut dyn Shell, db: f32) {
        shell.begin(self.parameter);
        shell.set(self.parameter, Value::Level(db));
        shell.end(self.parameter);
    }

    fn paint(&self, ui: &Ui, vessel: Rect, response: &Response) {
        let theme = self.theme;
        let painter = ui.painter();
        let round = CornerRadius::same(12);
        painter.rect_filled(vessel, round, theme.well);
        let strength = if self.heard { 1.0 } else { 0.35 };
        let colour = mix(theme.well, self.colour, strength);
        let position = law::to_position(self.db);
        let surface = vessel.bottom() - position * vessel.height();
        let inside = |top: f32| Rect::from_min_max(pos2(vessel.left(), top), vessel.max);
        // Both are drawn as whole vessels and cut at their surface, so that corners stay round.
        let fill = |top: f32, colour: Color32| {
            let cut = painter.with_clip_rect(inside(top).intersect(painter.clip_rect()));
            cut.rect_filled(vessel, round, colour);
        };
        fill(surface, mix(theme.well, colour, 0.26));
        let reach = if self.soloed {
            law::to_position(0.0)
        } else {
            position
        };
        let light = vessel.bottom() - reach * self.level * vessel.height();
        fill(light, theme.light(colour));
        painter.rect_stroke(
            vessel,
            round,
            Stroke::new(1.0, theme.line),
            StrokeKind::Inside,
        );
        self.paint_handle(ui, vessel, surface, colour, response);
        self.paint_marks(ui, vessel);
        if response.has_focus() {
            painter.rect_stroke(
                vessel.expand(3.0),
                CornerRadius::same(15),
                Stroke::new(1.5, self.ink),
                StrokeKind::Inside,
            );
        }
    }

    /// The surface of the filling is what one takes hold of.
    fn paint_handle(&self, ui: &Ui, vessel: Rect, surface: f32, colour: Color32, r: &Response) {
        let grown = if r.hovered() || r.dragged() { 2.0 } else { 0.0 };
        let y = surface.clamp(vessel.top() + 4.0, vessel.bottom() - 4.0);
        let handle = Rect::from_center_size(
            pos2(vessel.center().x, y),
            egui::vec2(WIDTH + 8.0 + grown, 5.0),
        );
        let painter = ui.painter();
        let rim = Stroke::new(2.0, self.theme.ground);
        painter.rect(
            handle.expand(2.0),
            CornerRadius::same(4),
            colour,
            rim,
            StrokeKind::Inside,
        );
    }

    fn paint_marks(&self, ui: &Ui, vessel: Rect) {
        let edge = if self.marks < 0.0 {
            vessel.left()
        } else {
            vessel.right()
        };
        for db in law::MARKS_DB {
            let y = vessel.bottom() - law::to_position(db) * vessel.height();
            if y < vessel.top() + 10.0 {
                continue;
            }
            let length = if db == 0.0 { 7.0 } else { 4.0 };
            let colour = if db == 0.0 {
                self.theme.quiet
            } else {
                self.theme.scale()
            };
            let from = edge + self.marks * 7.0;
            ui.painter().line_segment(
                [pos2(from, y), pos2(from + self.marks * length, y)],
                Stroke::new(1.0, colour),
            );
        }
    }
}
