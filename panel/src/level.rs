//! How a level moves for the eye: up at once, down at a steady pace.

/// Lowest level shown, in dB below full scale.
const FLOOR_DB: f32 = -60.0;
/// Fall in dB a second, as programme meters do.
const FALL: f32 = 26.0;

/// A level in dB that an eye can follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    db: f32,
}

impl Default for Meter {
    fn default() -> Self {
        Self { db: FLOOR_DB }
    }
}

impl Meter {
    /// Takes in the highest absolute sample of the last `seconds`; tells whether the meter moves.
    pub(crate) fn feed(&mut self, peak: f32, seconds: f32) -> bool {
        let before = self.db;
        let db = if peak > 0.0 {
            20.0 * peak.log10()
        } else {
            FLOOR_DB
        };
        self.db = db.max(before - FALL * seconds).clamp(FLOOR_DB, 6.0);
        self.db != before
    }

    /// 0 for what is too faint to show, 1 at full scale.
    pub(crate) fn share(&self) -> f32 {
        (1.0 - self.db / FLOOR_DB).clamp(0.0, 1.0)
    }
}
