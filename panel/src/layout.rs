//! Where everything lies: a pure function of the window's size.

use egui::{Rect, pos2, vec2};

/// Size in points in which the window opens.
pub const DEFAULT_SIZE: [f32; 2] = [720.0, 440.0];
/// Smallest size in points that still shows everything.
pub const SMALLEST_SIZE: [f32; 2] = [520.0, 320.0];
/// Largest size in points that makes sense.
pub const LARGEST_SIZE: [f32; 2] = [1440.0, 900.0];
/// The scales on offer, 1 being 100 %.
pub const SCALES: [f32; 6] = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0];

/// Width of a fader's strip.
const STRIP: f32 = 76.0;
/// Height of the line at the top.
const HEADER: f32 = 28.0;
/// Height of the line at the bottom.
const FOOTER: f32 = 22.0;

/// The rectangles of the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) header: Rect,
    pub(crate) voice: Rect,
    pub(crate) picture: Rect,
    pub(crate) background: Rect,
    pub(crate) footer: Rect,
}

impl Layout {
    pub(crate) fn new(area: Rect) -> Self {
        // Air grows with the window, between these.
        let margin = (area.width() * 0.032).clamp(16.0, 28.0);
        let gap = (area.height() * 0.045).clamp(12.0, 24.0);
        let inner = area.shrink2(vec2(margin, margin.min(20.0)));
        let header = Rect::from_min_size(inner.min, vec2(inner.width(), HEADER));
        let footer = Rect::from_min_max(pos2(inner.left(), inner.bottom() - FOOTER), inner.max);
        let body = Rect::from_min_max(
            pos2(inner.left(), header.bottom() + gap),
            pos2(inner.right(), footer.top() - gap),
        );
        let voice = Rect::from_min_size(body.min, vec2(STRIP, body.height()));
        let background = Rect::from_min_max(pos2(body.right() - STRIP, body.top()), body.max);
        let picture = Rect::from_min_max(
            pos2(voice.right() + margin * 0.8, body.top()),
            pos2(background.left() - margin * 0.8, body.bottom()),
        );
        Self {
            header,
            voice,
            picture,
            background,
            footer,
        }
    }
}
