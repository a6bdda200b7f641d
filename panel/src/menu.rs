//! The few kinds of buttons and menu lines that the window is made of.

use std::fmt::Debug;
use std::hash::Hash;
use std::path::PathBuf;

use egui::{
    Align2, Color32, CornerRadius, Id, Popup, PopupCloseBehavior, Rect, Response, Role, ScrollArea,
    Sense, Shape, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use crate::Scene;
use crate::shell::ModelChoice;
use crate::theme::{Theme, medium, mix, regular};

/// Points that the frame of a menu takes, both sides together.
const MENU_RIM: f32 = 18.0;

/// A button that is on or off: quiet words when off, a field of `colour` when on.
pub(crate) fn pill(
    ui: &Ui,
    theme: &Theme,
    area: Rect,
    id: impl Hash + Debug,
    text: &str,
    on: bool,
    colour: Color32,
) -> Response {
    let area = crate::crisp(ui, area);
    let response = ui.interact(area, Id::unique(("pill", id)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, text));
    let round = CornerRadius::same((area.height() / 2.0) as u8);
    let painter = ui.painter();
    if on {
        painter.rect_filled(area, round, colour);
    } else {
        let fill = if response.hovered() {
            mix(theme.ground, theme.line, 0.5)
        } else {
            theme.ground
        };
        painter.rect(
            area,
            round,
            fill,
            Stroke::new(1.0, theme.line),
            StrokeKind::Inside,
        );
    }
    let ink = if on {
        theme.on_colour
    } else if response.hovered() {
        theme.text
    } else {
        theme.quiet
    };
    painter.text(
        area.center(),
        Align2::CENTER_CENTER,
        text,
        medium(12.0),
        ink,
    );
    focus_ring(ui, theme, area, &response);
    response
}

/// A button that does nothing just now, with the reason for whoever points at it.
pub(crate) fn greyed(ui: &Ui, theme: &Theme, area: Rect, id: &str, text: &str, why: &str) {
    let area = crate::crisp(ui, area);
    let response = ui.interact(area, Id::unique(("greyed", id)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, false, text));
    let round = CornerRadius::same((area.height() / 2.0) as u8);
    let rim = Stroke::new(1.0, mix(theme.ground, theme.line, 0.6));
    let painter = ui.painter();
    painter.rect_stroke(area, round, rim, StrokeKind::Inside);
    let ink = mix(theme.ground, theme.quiet, 0.5);
    let (centre, font) = (area.center(), medium(12.0));
    painter.text(centre, Align2::CENTER_CENTER, text, font, ink);
    response.on_hover_text(why);
}

/// Words with a small arrow that open a menu.
pub(crate) fn drop_down(
    ui: &Ui,
    theme: &Theme,
    area: Rect,
    id: &str,
    text: &str,
    align: Align2,
) -> Response {
    let painter = ui.painter();
    let response = ui.interact(area, Id::unique(("menu", id)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, text));
    let ink = if response.hovered()
        || Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response))
    {
        theme.text
    } else {
        mix(theme.quiet, theme.text, 0.5)
    };
    let room = area.shrink2(vec2(8.0, 0.0)).with_max_x(area.right() - 22.0);
    let galley = painter.layout_no_wrap(text.to_owned(), medium(13.0), ink);
    let width = galley.size().x.min(room.width());
    let left = match align {
        Align2::CENTER_CENTER => area.center().x - (width + 14.0) / 2.0,
        _ => area.left(),
    };
    let top = area.center().y - galley.size().y / 2.0;
    let cut = Rect::from_min_max(pos2(left, area.top()), pos2(left + width, area.bottom()));
    painter
        .with_clip_rect(cut.intersect(painter.clip_rect()))
        .galley(pos2(left, top), galley, ink);
    let tip = pos2(left + width + 9.0, area.center().y + 2.5);
    let arrow = vec![tip + vec2(-4.0, -4.0), tip, tip + vec2(4.0, -4.0)];
    painter.add(Shape::line(arrow, Stroke::new(1.5, ink)));
    focus_ring(ui, theme, area.shrink(1.0), &response);
    response
}

/// Three dots that open a menu.
pub(crate) fn dots(ui: &Ui, theme: &Theme, area: Rect, id: &str) -> Response {
    let response = ui.interact(area, Id::unique(("menu", id)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "View"));
    let ink = if response.hovered() {
        theme.text
    } else {
        theme.quiet
    };
    for x in [-6.0, 0.0, 6.0] {
        let centre = area.center() + vec2(x, 0.0);
        ui.painter().circle_filled(centre, 1.6, ink);
    }
    focus_ring(ui, theme, area, &response);
    response
}

fn focus_ring(ui: &Ui, theme: &Theme, area: Rect, response: &Response) {
    if response.has_focus() {
        let round = CornerRadius::same((area.height() / 2.0 + 2.0) as u8);
        let stroke = Stroke::new(1.5, theme.quiet);
        ui.painter()
            .rect_stroke(area.expand(2.0), round, stroke, StrokeKind::Inside);
    }
}

/// Opens a menu of a width; where the window is too low for it, it scrolls. Tells whether it is open.
pub(crate) fn menu(popup: Popup<'_>, width: f32, contents: impl FnOnce(&mut Ui)) -> bool {
    let window = popup.ctx().content_rect();
    let button = popup.get_anchor_rect().unwrap_or(window);
    let room = (window.bottom() - button.bottom()).max(button.top() - window.top());
    let height = room - MENU_RIM - 8.0;
    // The expected width keeps a centred menu in the middle from its first frame on.
    popup
        .width(width + MENU_RIM)
        .show(|ui| {
            ui.set_width(width);
            ScrollArea::vertical()
                // All that there is, and not what the menu had in the frame before.
                .min_scrolled_height(height)
                .max_height(height)
                .show(ui, contents);
        })
        .is_some()
}

/// A menu's heading.
pub(crate) fn section(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.label(
            egui::RichText::new(text)
                .font(regular(11.0))
                .color(theme.quiet),
        );
    });
}

/// A line of a menu, with a quiet remark below it; tells whether it was chosen.
pub(crate) fn choice(ui: &mut Ui, theme: &Theme, name: &str, remark: &str, current: bool) -> bool {
    let width = ui.available_width();
    let indent = 20.0;
    let remark = remark.to_owned();
    let remark = (!remark.is_empty()).then(|| {
        let room = width - indent - 10.0;
        ui.painter()
            .layout(remark, regular(11.5), theme.quiet, room)
    });
    let below = remark.as_ref().map_or(0.0, |galley| galley.size().y + 5.0);
    let (area, response) = ui.allocate_exact_size(vec2(width, 26.0 + below), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, current, name));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(area, CornerRadius::same(6), theme.hovered());
    }
    let middle = area.left_top() + vec2(0.0, 13.0);
    if current {
        painter.circle_filled(middle + vec2(10.0, 0.0), 2.5, theme.voice_ink);
    }
    let left = middle + vec2(indent, 0.0);
    painter.text(left, Align2::LEFT_CENTER, name, medium(13.0), theme.text);
    if let Some(galley) = remark {
        painter.galley(area.left_top() + vec2(indent, 23.0), galley, theme.quiet);
    }
    response.clicked()
}

/// The model chooser.
#[derive(Default)]
pub(crate) struct ModelMenu {
    /// As of when the menu opened; looking at folders in every frame would be work for nothing.
    choices: Option<Vec<ModelChoice>>,
    path: String,
}

impl ModelMenu {
    pub(crate) fn show(&mut self, ui: &Ui, scene: &mut Scene<'_>, area: Rect) {
        let model = scene.shell.model();
        let text = if model.is_empty() { "No model" } else { &model };
        let button = drop_down(ui, scene.theme, area, "models", text, Align2::LEFT_CENTER);
        let popup = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        if !menu(popup, 300.0, |ui| self.contents(ui, scene, &model)) {
            self.choices = None;
        }
    }

    fn contents(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, model: &str) {
        let choices = self.choices.get_or_insert_with(|| scene.shell.models());
        section(ui, scene.theme, "Model");
        if choices.is_empty() {
            section(ui, scene.theme, "None found");
        }
        for found in choices.iter() {
            let current = model.split(' ').next() == Some(found.name.as_str());
            if choice(ui, scene.theme, &found.name, "", current) {
                scene.shell.choose_model(found.clone());
                ui.close();
            }
        }
        if scene.shell.browses() && choice(ui, scene.theme, "Choose a file…", "", false) {
            scene.shell.browse();
            ui.close();
        }
        ui.add_space(6.0);
        section(
            ui,
            scene.theme,
            "Your own: path of an .onnx file, then Enter",
        );
        let field = TextEdit::singleline(&mut self.path)
            .hint_text("/path/to/model.onnx")
            .desired_width(284.0)
            .margin(vec2(8.0, 6.0));
        let field = ui.add(field);
        let edge = if field.has_focus() {
            scene.theme.quiet
        } else {
            scene.theme.line
        };
        ui.painter().rect_stroke(
            field.rect,
            CornerRadius::same(6),
            Stroke::new(1.0, edge),
            StrokeKind::Inside,
        );
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let path = self.path.trim().trim_matches('"');
        if entered && !path.is_empty() {
            let path = PathBuf::from(path);
            let name = path.file_stem().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            scene.shell.choose_model(ModelChoice { name, path });
            self.path.clear();
            ui.close();
        }
    }
}
