//! The picture: what is heard over the last seconds, both parts in their colours.
//!
//! Time runs to the left, pitch upward. A moment is as bright as the sound was loud and as strong as
//! the faders let it through then, so the picture tells what the listener got.

use egui::{
    Align2, Color32, ColorImage, CornerRadius, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind,
    TextureHandle, TextureOptions, Ui, pos2,
};
use limpid_engine::controls::{Controls, Gains};
use limpid_engine::meters::{BANDS, Column, HIGHEST_HZ, LOWEST_HZ};

use crate::Scene;
use crate::shell::Sound;
use crate::theme::{Theme, medium, regular};

/// Moments that are kept: ten seconds.
const MOMENTS: usize = 1024;
/// Points of width for each moment.
const STEP: f32 = 1.0;
/// Levels in dB that are just invisible and as bright as can be.
const FAINT_DB: f32 = -84.0;
const BRIGHT_DB: f32 = -24.0;
/// Sounds fade toward high pitch, and rumble is louder than it seems; the picture makes up for so
/// many dB an octave from 500 Hz on.
const TILT_DB: f32 = 3.0;
/// What is left of a part in the picture when its fader is silent.
const GHOST: f32 = 0.3;
/// Pitches that are written at the edge.
const PITCHES: [(f32, &str); 3] = [(100.0, "100 Hz"), (1000.0, "1 kHz"), (10_000.0, "10 kHz")];

/// Both parts of a band at a moment, 0 to 255.
type Cell = [u8; 2];

pub(crate) struct Picture {
    /// A ring of moments, each with its bands from low to high.
    cells: Vec<[Cell; BANDS]>,
    next: usize,
    texture: Option<TextureHandle>,
    /// Moments that the texture does not show yet; all of them after a change of theme.
    stale: usize,
    theme: Option<&'static Theme>,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            cells: vec![[[0; 2]; BANDS]; MOMENTS],
            next: 0,
            texture: None,
            stale: MOMENTS,
            theme: None,
        }
    }
}

impl Picture {
    /// Takes in one moment, with the controls as they stand.
    pub(crate) fn push(&mut self, column: &Column, controls: &Controls) {
        let gains = Gains::from(controls);
        let strength = |gain: f32| {
            let shown = if controls.bypass { 1.0 } else { gain.min(1.0) };
            GHOST + (1.0 - GHOST) * shown.sqrt()
        };
        let (voice, background) = (strength(gains.voice), strength(gains.background));
        let cells = &mut self.cells[self.next];
        for (band, cell) in cells.iter_mut().enumerate() {
            cell[0] = shade(column.voice[band], band, voice);
            cell[1] = shade(column.background[band], band, background);
        }
        self.next = (self.next + 1) % MOMENTS;
        self.stale = (self.stale + 1).min(MOMENTS);
    }

    /// Everything in other colours from now on.
    pub(crate) fn repaint(&mut self, theme: &'static Theme) {
        self.theme = Some(theme);
        self.stale = MOMENTS;
    }

    pub(crate) fn show(&mut self, ui: &Ui, scene: &Scene<'_>) {
        let area = crate::crisp(ui, scene.layout.picture);
        let theme = scene.theme;
        let painter = ui.painter();
        let round = CornerRadius::same(12);
        painter.rect_filled(area, round, theme.well);
        self.upload(ui, theme);
        self.paint_moments(ui, area);
        self.paint_scale(ui, theme, area);
        let facts = scene.shell.facts();
        let controls = scene.shell.controls();
        let veil = if controls.bypass {
            Some("Bypassed")
        } else if facts.sound == Sound::Idle {
            Some("Waiting for sound")
        } else {
            None
        };
        if let Some(word) = veil {
            let ground = theme.well.gamma_multiply(0.7);
            painter.rect_filled(area, round, ground);
            let (centre, font) = (area.center(), regular(14.0));
            painter.text(centre, Align2::CENTER_CENTER, word, font, theme.quiet);
        }
        self.paint_corners(ui, theme, area);
        let line = Stroke::new(1.0, theme.line);
        painter.rect_stroke(area, round, line, StrokeKind::Inside);
    }

    /// Brings the texture up to date: one strip of the new moments, or two at the ring's seam.
    fn upload(&mut self, ui: &Ui, theme: &Theme) {
        let texture = self.texture.get_or_insert_with(|| {
            self.stale = MOMENTS;
            let empty = ColorImage::filled([MOMENTS, BANDS], theme.well);
            ui.ctx()
                .load_texture("picture", empty, TextureOptions::LINEAR)
        });
        let mut first = (self.next + MOMENTS - self.stale) % MOMENTS;
        while self.stale > 0 {
            let count = self.stale.min(MOMENTS - first);
            let strip = &self.cells[first..first + count];
            texture.set_partial([first, 0], image(strip, theme), TextureOptions::LINEAR);
            self.stale -= count;
            first = (first + count) % MOMENTS;
        }
    }

    /// The newest moment at the right edge; as many as there is room for.
    fn paint_moments(&self, ui: &Ui, area: Rect) {
        let Some(texture) = &self.texture else {
            return;
        };
        let shown = ((area.width() / STEP) as usize).min(MOMENTS - 1);
        let first = (self.next + MOMENTS - shown) % MOMENTS;
        let before_seam = shown.min(MOMENTS - first);
        let step = area.width() / shown as f32;
        let mut mesh = Mesh::with_texture(texture.id());
        let mut left = area.left();
        for (start, count) in [(first, before_seam), (0, shown - before_seam)] {
            if count == 0 {
                continue;
            }
            let right = left + count as f32 * step;
            let u = |moment: usize| moment as f32 / MOMENTS as f32;
            mesh.add_rect_with_uv(
                Rect::from_min_max(pos2(left, area.top()), pos2(right, area.bottom())),
                Rect::from_min_max(pos2(u(start), 0.0), pos2(u(start + count), 1.0)),
                Color32::WHITE,
            );
            left = right;
        }
        ui.painter().add(Shape::mesh(mesh));
    }

    fn paint_scale(&self, ui: &Ui, theme: &Theme, area: Rect) {
        for (hz, text) in PITCHES {
            let share = (hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln();
            let y = area.bottom() - share * area.height();
            let at = pos2(area.left() + 10.0, y);
            let painter = ui.painter();
            // A rim of the ground keeps the letters readable over bright sounds.
            for rim in [[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]] {
                let at = at + egui::Vec2::from(rim);
                let ink = theme.well.gamma_multiply(0.8);
                painter.text(at, Align2::LEFT_CENTER, text, medium(10.0), ink);
            }
            painter.text(at, Align2::LEFT_CENTER, text, medium(10.0), theme.quiet);
        }
    }

    /// The moments are a rectangle: covers its corners with the ground.
    fn paint_corners(&self, ui: &Ui, theme: &Theme, area: Rect) {
        let radius = 12.0;
        let corners = [
            (area.left_top(), 1.0, 1.0),
            (area.right_top(), -1.0, 1.0),
            (area.left_bottom(), 1.0, -1.0),
            (area.right_bottom(), -1.0, -1.0),
        ];
        for (corner, x, y) in corners {
            let centre = corner + egui::vec2(radius * x, radius * y);
            let mut mesh = Mesh::default();
            mesh.colored_vertex(corner, theme.ground);
            let steps = 12u32;
            for i in 0..=steps {
                let angle = std::f32::consts::FRAC_PI_2 * i as f32 / steps as f32;
                let rim: Pos2 =
                    centre - egui::vec2(radius * x * angle.cos(), radius * y * angle.sin());
                mesh.colored_vertex(rim, theme.ground);
                if i > 0 {
                    mesh.add_triangle(0, i, i + 1);
                }
            }
            ui.painter().add(Shape::mesh(mesh));
        }
    }
}

/// How strongly a band shows, 0 to 255.
fn shade(db: f32, band: usize, strength: f32) -> u8 {
    let octaves = (HIGHEST_HZ / LOWEST_HZ).log2();
    let pitch = band as f32 / BANDS as f32 * octaves - (500.0 / LOWEST_HZ).log2();
    let level = db + TILT_DB * pitch;
    let share = ((level - FAINT_DB) / (BRIGHT_DB - FAINT_DB)).clamp(0.0, 1.0);
    // Bent a little, so that a faint floor stays calm.
    (share.powf(1.5) * strength * 255.0).round() as u8
}

/// A strip of moments as pixels; the top row is the highest band.
fn image(moments: &[[Cell; BANDS]], theme: &Theme) -> ColorImage {
    let mut pixels = Vec::with_capacity(moments.len() * BANDS);
    for band in (0..BANDS).rev() {
        pixels.extend(moments.iter().map(|moment| pixel(moment[band], theme)));
    }
    ColorImage::new([moments.len(), BANDS], pixels)
}

/// Light that adds up on a dark ground, ink that covers on a light one.
fn pixel([voice, background]: Cell, theme: &Theme) -> Color32 {
    let (v, b) = (f32::from(voice) / 255.0, f32::from(background) / 255.0);
    // Where both sound the voice keeps its colour: half of each would be mud.
    let b = b * (1.0 - 0.6 * v);
    let channel = |ground: u8, voice: u8, background: u8| {
        let [ground, voice, background] = [ground, voice, background].map(f32::from);
        let value = if theme.dark {
            ground + v * voice + b * background
        } else {
            ground * (1.0 - v * (1.0 - voice / 255.0)) * (1.0 - b * (1.0 - background / 255.0))
        };
        value.clamp(0.0, 255.0) as u8
    };
    Color32::from_rgb(
        channel(theme.well.r(), theme.voice.r(), theme.background.r()),
        channel(theme.well.g(), theme.voice.g(), theme.background.g()),
        channel(theme.well.b(), theme.voice.b(), theme.background.b()),
    )
}
