//! A sentence that the user must know, laid over the foot of the picture so that nothing moves.

use egui::text::LayoutJob;
use egui::{Align2, CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::Scene;
use crate::shell::NoticeKind;
use crate::theme::{mix, regular};

/// Points between the card's edge and its text.
const PADDING: f32 = 12.0;
/// Height of a line of its text, or a little more.
const LINE: f32 = 16.0;

pub(crate) fn show(ui: &Ui, scene: &mut Scene<'_>) {
    let Some(notice) = scene.shell.notice() else {
        return;
    };
    let theme = scene.theme;
    let colour = match notice.kind {
        NoticeKind::Information => theme.quiet,
        NoticeKind::Warning => theme.alarm,
    };
    let room = scene.layout.picture.shrink(10.0);
    let cross = if notice.dismissible { 20.0 } else { 0.0 };
    let width = room.width() - 2.0 * PADDING - 8.0 - cross;
    let painter = ui.painter();
    let mut job = LayoutJob::simple(notice.text.clone(), regular(12.5), theme.text, width);
    job.wrap.max_rows = ((room.height() - 2.0 * PADDING) / LINE) as usize;
    let galley = painter.layout_job(job);
    let (cut, height) = (galley.elided, galley.size().y + 2.0 * PADDING);
    let card = Rect::from_min_max(pos2(room.left(), room.bottom() - height), room.max);
    let card = crate::crisp(ui, card);
    let round = CornerRadius::same(8);
    let edge = Stroke::new(1.0, mix(theme.raised, colour, 0.5));
    painter.rect(card, round, theme.raised, edge, StrokeKind::Inside);
    let bar = Rect::from_min_size(
        card.min + vec2(PADDING - 4.0, PADDING),
        vec2(3.0, card.height() - 2.0 * PADDING),
    );
    painter.rect_filled(bar, CornerRadius::same(2), colour);
    let inside = painter.with_clip_rect(card.intersect(painter.clip_rect()));
    inside.galley(card.min + vec2(PADDING + 8.0, PADDING), galley, theme.text);
    if cut {
        let whole = ui.interact(card, Id::unique("whole notice"), Sense::hover());
        whole.on_hover_text(notice.text);
    }
    if notice.dismissible {
        let button = Rect::from_center_size(card.right_top() + vec2(-16.0, 18.0), vec2(20.0, 20.0));
        let response = ui.interact(button, Id::unique("dismiss notice"), Sense::click());
        let ink = if response.hovered() {
            theme.text
        } else {
            theme.quiet
        };
        painter.text(
            button.center(),
            Align2::CENTER_CENTER,
            "×",
            regular(16.0),
            ink,
        );
        if response.clicked() {
            scene.shell.dismiss_notice();
        }
    }
}
