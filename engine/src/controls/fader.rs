//! Range, law and text of a fader.
//!
//! A fader goes from silence over -60 dB to +12 dB in steps of 0.1 dB. Its *position* runs from 0 to 1:
//! windows draw it, plugin hosts store and automate it. 0 dB stands at three quarters, so that
//! a nudge near it is fine and the lower third holds what hardly matters.

use super::ControlError;

/// A fader at its lower end: no sound at all.
pub const SILENT: f32 = f32::NEG_INFINITY;

/// Lowest level above silence, in dB.
pub const MIN_DB: f32 = -60.0;

/// Highest level in dB.
pub const MAX_DB: f32 = 12.0;

/// Levels in dB that are worth a mark beside a fader, from the top down; silence is below them.
pub const MARKS_DB: [f32; 9] = [12.0, 6.0, 0.0, -6.0, -12.0, -18.0, -24.0, -36.0, -60.0];

/// Steps of a decibel.
const STEPS: f64 = 10.0;

/// Position and dB of the corners, with straight lines in between.
const LAW: [(f64, f64); 5] = [
    (0.05, MIN_DB as f64),
    (0.20, -36.0),
    (0.45, -18.0),
    (0.75, 0.0),
    (1.00, MAX_DB as f64),
];

/// Below this position a fader is silent; from here to the first corner it stands at [`MIN_DB`].
/// Half-way, so that a host may lose digits of either end without changing it.
const SILENT_BELOW: f64 = LAW[0].0 / 2.0;

/// The nearest value that a fader can stand at. Below the range is silence, as is what is not a
/// number.
#[must_use]
pub fn nearest(db: f32) -> f32 {
    let step = (f64::from(db) * STEPS).round() / STEPS;
    if step.is_nan() || step < f64::from(MIN_DB) {
        return SILENT;
    }
    // The sum makes a negative zero positive.
    step.min(f64::from(MAX_DB)) as f32 + 0.0
}

/// Position, 0 to 1, of a level in dB (of the [`nearest`] one that a fader can stand at).
#[must_use]
pub fn to_position(db: f32) -> f32 {
    let db = nearest(db);
    if db == SILENT {
        return 0.0;
    }
    interpolate(f64::from(db), |&(position, db)| (db, position)) as f32
}

/// Level in dB at a position; what lies outside 0 to 1 counts as the nearer end, and what is not a
/// number as silence. Every level comes back exactly from its own [`to_position`].
#[must_use]
pub fn from_position(position: f32) -> f32 {
    let position = f64::from(position);
    if position.is_nan() || position < SILENT_BELOW {
        return SILENT;
    }
    nearest(interpolate(position, |&corner| corner) as f32)
}

/// Value at `x` on the law, seen through `axes` as `(x, y)`; the ends go on level.
fn interpolate(x: f64, axes: impl Fn(&(f64, f64)) -> (f64, f64)) -> f64 {
    let (first, last) = (axes(&LAW[0]), axes(&LAW[LAW.len() - 1]));
    let x = x.clamp(first.0, last.0);
    for pair in LAW.windows(2) {
        let ((x0, y0), (x1, y1)) = (axes(&pair[0]), axes(&pair[1]));
        if x <= x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    last.1
}

/// A level as text: `-18 dB`, `0 dB`, `+3.5 dB`, `silent`.
#[must_use]
pub fn text(db: f32) -> String {
    let db = nearest(db);
    match db {
        SILENT => "silent".to_owned(),
        0.0 => "0 dB".to_owned(),
        // The shortest text that reads back as the same number has no more digits than the step.
        _ => format!("{db:+} dB"),
    }
}

/// Reads a level in dB: what [`text`] writes, the number alone, `off`, `mute`, `-inf`, with a minus
/// sign or a hyphen, a decimal point or comma. The result is the [`nearest`] step.
///
/// # Errors
/// [`ControlError::NotALevel`] when it is none, [`ControlError::OutOfRange`] when it lies beyond the
/// fader.
pub fn parse(text: &str) -> Result<f32, ControlError> {
    let plain = text
        .trim()
        .to_lowercase()
        .replace(['\u{2212}', '\u{2013}'], "-")
        .replace(',', ".");
    let number = plain.strip_suffix("db").unwrap_or(&plain).trim_end();
    if [
        "silent",
        "silence",
        "off",
        "mute",
        "muted",
        "-inf",
        "-infinity",
        "-\u{221e}",
    ]
    .contains(&number)
    {
        return Ok(SILENT);
    }
    match number.parse::<f32>() {
        Ok(db) if db.is_finite() => {
            let step = nearest(db);
            if step == SILENT || db > MAX_DB + 0.05 {
                return Err(ControlError::OutOfRange(db));
            }
            Ok(step)
        }
        _ => Err(ControlError::NotALevel(text.to_owned())),
    }
}
