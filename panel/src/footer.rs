//! The line at the bottom: the model, and the small print.

use egui::{Align2, Rect, Ui, pos2};

use crate::Scene;
use crate::menu::ModelMenu;
use crate::shell::Sound;
use crate::theme::regular;

/// How often the figure of the load changes, in seconds: faster nobody can read it.
const LOAD_EVERY: f64 = 0.5;
/// How long a new miss stays in the colour of alarm, in seconds.
const FRESH: f64 = 3.0;

/// What the small print remembers.
#[derive(Default)]
pub(crate) struct Footer {
    load: f32,
    load_at: Option<f64>,
    /// Misses and gaps.
    lost: u64,
    missed_at: Option<f64>,
}

impl Footer {
    pub(crate) fn show(&mut self, ui: &Ui, scene: &mut Scene<'_>, models: &mut ModelMenu) {
        let line = scene.layout.footer;
        let facts = scene.shell.facts();
        let now = ui.input(|i| i.time);
        if self.load_at.is_none_or(|at| now - at >= LOAD_EVERY) {
            self.load = facts.load;
            self.load_at = Some(now);
        }
        let gaps = scene.shell.gaps();
        let lost = facts.misses + gaps;
        if lost > self.lost {
            self.missed_at = Some(now);
        }
        self.lost = lost;
        let fresh = self.missed_at.is_some_and(|at| now - at < FRESH);

        let theme = scene.theme;
        let mut right = line.right();
        let mut word = |text: String, colour| {
            let painter = ui.painter();
            let at = pos2(right, line.center().y);
            let drawn = painter.text(at, Align2::RIGHT_CENTER, text, regular(12.0), colour);
            right = drawn.left() - 18.0;
        };
        match facts.sound {
            Sound::Idle => word("waiting for audio".to_owned(), theme.quiet),
            Sound::PassedThrough => word("passing through".to_owned(), theme.alarm),
            Sound::Enhanced | Sound::Missing => {
                let colour = if fresh { theme.alarm } else { theme.quiet };
                word(losses(facts.misses, gaps), colour);
                word(format!("{:.0} % of a core", self.load * 100.0), theme.quiet);
            }
        }
        if let Some(latency) = facts.latency_ms {
            word(format!("{latency:.1} ms latency"), theme.quiet);
        }
        let area = Rect::from_min_max(
            line.min,
            pos2((right - 8.0).min(line.left() + 240.0), line.bottom()),
        );
        models.show(ui, scene, area);
    }
}

/// Gaps are told where there are any: a plugin has none of its own.
fn losses(misses: u64, gaps: u64) -> String {
    let counted = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let misses = counted(misses, "miss", "misses");
    match gaps {
        0 => misses,
        gaps => format!("{misses}, {}", counted(gaps, "gap", "gaps")),
    }
}

#[cfg(test)]
mod tests {
    use super::losses;

    #[test]
    fn gaps_are_told_where_there_are_any() {
        assert_eq!(losses(1, 0), "1 miss");
        assert_eq!(losses(0, 1), "0 misses, 1 gap");
        assert_eq!(losses(2, 3), "2 misses, 3 gaps");
    }
}
