//! The picture: input, voice and background of each recording, on one scale.

use std::fs;
use std::path::Path;

use super::canvas::{Align, Canvas, Type};
use super::colour;
use super::spectrogram::Spectrogram;
use crate::DrawingError;

/// One recording.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it is.
    pub title: String,
    /// Duration.
    pub seconds: f64,
    /// As recorded; what is taken for the voice; what is taken away. Each [`PANEL_WIDTH`] columns of
    /// levels at [`frequencies`].
    pub panels: [Spectrogram; 3],
}

/// Scale of the colours in dB of a full-scale sine.
const FLOOR_DB: f64 = -100.0;
const TOP_DB: f64 = -20.0;
/// Ends of the frequency axis in Hz.
const LOW: f64 = 60.0;
const HIGH: f64 = 20_000.0;
const TICKS_HZ: [f64; 8] = [100.0, 250.0, 500.0, 1e3, 2e3, 4e3, 8e3, 16e3];

// Pixels.
/// Moments that a panel shows.
pub const PANEL_WIDTH: usize = 720;
const PANEL_HEIGHT: usize = 270;
const LEFT: usize = 136;
const TOP: usize = 128;
const GAP_X: usize = 44;
const GAP_Y: usize = 60;
const BAR_GAP: usize = 40;
const BAR_WIDTH: usize = 20;
const RIGHT: usize = 92;
const BOTTOM: usize = 92;
const TICK: usize = 7;

const LABEL: Type = Type {
    size: 21.0,
    bold: false,
    brightness: 0.32,
};
const ROW: Type = Type {
    size: 24.0,
    bold: true,
    brightness: 0.13,
};
const TITLE: Type = Type {
    size: 31.0,
    bold: true,
    brightness: 0.07,
};

/// Frequencies that a panel shows, from the top (Hz).
#[must_use]
pub fn frequencies() -> Vec<f64> {
    (0..PANEL_HEIGHT)
        .map(|row| hertz(1.0 - middle(row)))
        .collect()
}

/// Draws `columns` side by side and writes a PNG file, in the place of one that is there.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(columns: &[Column], path: &Path) -> Result<(), DrawingError> {
    let picture = encode(columns)?;
    fs::write(path, picture).map_err(|source| DrawingError::File {
        path: path.to_owned(),
        source,
    })
}

/// Draws `columns` side by side; the content of a PNG file.
///
/// # Errors
/// When the encoder fails.
pub fn encode(columns: &[Column]) -> Result<Vec<u8>, DrawingError> {
    let panels = columns.len() * (PANEL_WIDTH + GAP_X) - GAP_X;
    let width = LEFT + panels + BAR_GAP + BAR_WIDTH + RIGHT;
    let height = TOP + 3 * PANEL_HEIGHT + 2 * GAP_Y + BOTTOM;
    let mut canvas = Canvas::new(width, height)?;
    for (index, column) in columns.iter().enumerate() {
        let x = LEFT + index * (PANEL_WIDTH + GAP_X);
        canvas.text(&column.title, x as f32, 56.0, Align::Left, TITLE);
        let names = ["Input", "Voice", "Background"];
        for (row, (levels, name)) in column.panels.iter().zip(names).enumerate() {
            let y = TOP + row * (PANEL_HEIGHT + GAP_Y);
            canvas.text(name, x as f32, y as f32 - 14.0, Align::Left, ROW);
            panel(&mut canvas, levels, x, y);
            time_axis(&mut canvas, column.seconds, x, y, row == 2);
            if index == 0 {
                frequency_axis(&mut canvas, y, row == 0);
            }
        }
    }
    bar(&mut canvas, LEFT + panels + BAR_GAP, height - TOP - BOTTOM);
    canvas.encode()
}

fn panel(canvas: &mut Canvas, spectrogram: &Spectrogram, x: usize, y: usize) {
    for (column, levels) in spectrogram.columns.iter().enumerate() {
        for (row, db) in levels.iter().enumerate() {
            let share = (db - FLOOR_DB) / (TOP_DB - FLOOR_DB);
            canvas.set(x + column, y + row, colour::level(share));
        }
    }
}

fn time_axis(canvas: &mut Canvas, seconds: f64, x: usize, y: usize, labelled: bool) {
    let line = colour::grey(0.45);
    let below = y + PANEL_HEIGHT;
    let step = seconds_between_ticks(seconds);
    let is_long = seconds > 120.0;
    for second in (0..=seconds as usize).step_by(step) {
        let at = x + (second as f64 / seconds * (PANEL_WIDTH - 1) as f64).round() as usize;
        canvas.fill(at, below + 3, 2, TICK, line);
        if labelled {
            let text = match is_long {
                true => format!("{}:{:02}", second / 60, second % 60),
                false => second.to_string(),
            };
            canvas.text(
                &text,
                at as f32 + 1.0,
                below as f32 + 34.0,
                Align::Centre,
                LABEL,
            );
        }
    }
    if labelled {
        let middle = (x + PANEL_WIDTH / 2) as f32;
        canvas.text(
            if is_long {
                "Time in minutes"
            } else {
                "Time in seconds"
            },
            middle,
            below as f32 + 68.0,
            Align::Centre,
            LABEL,
        );
    }
}

/// Few enough that their labels do not touch.
fn seconds_between_ticks(seconds: f64) -> usize {
    const STEPS: [usize; 12] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800];
    let fits = |step: &usize| seconds / *step as f64 <= 12.0;
    let hours = (seconds / 12.0 / 3600.0).ceil() as usize;
    STEPS.into_iter().find(fits).unwrap_or(3600 * hours.max(1))
}

fn frequency_axis(canvas: &mut Canvas, y: usize, named: bool) {
    let line = colour::grey(0.45);
    for tick in TICKS_HZ {
        let at = y + ((1.0 - share(tick)) * (PANEL_HEIGHT - 1) as f64).round() as usize;
        canvas.fill(LEFT - 3 - TICK, at, TICK, 2, line);
        let x = (LEFT - TICK - 12) as f32;
        canvas.text(&thousands(tick), x, at as f32 + 8.0, Align::Right, LABEL);
    }
    if named {
        canvas.text(
            "Hz",
            (LEFT - TICK - 12) as f32,
            y as f32 - 14.0,
            Align::Right,
            LABEL,
        );
    }
}

fn bar(canvas: &mut Canvas, x: usize, height: usize) {
    for row in 0..height {
        let share = 1.0 - row as f64 / (height - 1) as f64;
        canvas.fill(x, TOP + row, BAR_WIDTH, 1, colour::level(share));
    }
    let line = colour::grey(0.45);
    let steps = ((TOP_DB - FLOOR_DB) / 20.0).round() as usize;
    for step in 0..=steps {
        let db = TOP_DB - 20.0 * step as f64;
        let at = TOP + step * (height - 1) / steps;
        canvas.fill(x + BAR_WIDTH + 3, at.min(TOP + height - 2), TICK, 2, line);
        let text = format!("\u{2212}{:.0}", -db);
        let left = (x + BAR_WIDTH + TICK + 12) as f32;
        canvas.text(&text, left, at as f32 + 8.0, Align::Left, LABEL);
    }
    canvas.text("dBFS", x as f32, TOP as f32 - 14.0, Align::Left, LABEL);
}

/// Middle of a row of pixels, as a share of the panel's height.
fn middle(row: usize) -> f64 {
    (row as f64 + 0.5) / PANEL_HEIGHT as f64
}

/// Where a frequency lies on the axis, from 0 at the bottom to 1: steps that sound alike are alike
/// (ERB rate, Glasberg and Moore 1990).
fn share(hertz: f64) -> f64 {
    (erb_rate(hertz) - erb_rate(LOW)) / (erb_rate(HIGH) - erb_rate(LOW))
}

/// The frequency at a place on the axis.
fn hertz(share: f64) -> f64 {
    let rate = erb_rate(LOW) + share * (erb_rate(HIGH) - erb_rate(LOW));
    (10f64.powf(rate / 21.4) - 1.0) / 0.00437
}

fn erb_rate(hertz: f64) -> f64 {
    21.4 * (0.00437 * hertz + 1.0).log10()
}

/// `16000` as `16 000`, with a narrow gap where digits are grouped.
fn thousands(hertz: f64) -> String {
    let digits = format!("{hertz:.0}");
    match digits.len() {
        0..=4 => digits,
        n => format!("{} {}", &digits[..n - 3], &digits[n - 3..]),
    }
}
