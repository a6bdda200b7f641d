//! What a terminal shows of a session, as lines of text.

use std::time::Duration;

use limpid_engine::controls::{Controls, Parameter};
use limpid_engine::meters::Pair;

use super::keys;
use crate::live::board::{Glance, Side};
use crate::live::ms;

/// Cells of a meter at most, and the level at its left end in dB.
const CELLS: usize = 30;
const LOWEST: f32 = -60.0;
/// Cells of a line beside its meter.
const BESIDE: usize = "background   -60 dB  fader silent".len();
/// How fast a meter falls, in dB a second.
const FALL: f32 = 30.0;

/// Levels as the eye wants them: up at once, down slowly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meters {
    db: Pair<f32>,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            db: Pair {
                voice: f32::NEG_INFINITY,
                background: f32::NEG_INFINITY,
            },
        }
    }
}

impl Meters {
    /// Takes in the highest samples of the time that has passed.
    pub(super) fn feed(&mut self, peaks: Pair<f32>, passed: Duration) {
        let fall = FALL * passed.as_secs_f32();
        let follow = |db: f32, peak: f32| {
            let fallen = if db - fall < LOWEST {
                f32::NEG_INFINITY
            } else {
                db - fall
            };
            fallen.max(20.0 * peak.log10())
        };
        self.db.voice = follow(self.db.voice, peaks.voice);
        self.db.background = follow(self.db.background, peaks.background);
    }
}

/// The picture that is drawn in place, in lines of `width` cells at most.
pub(super) fn screen(
    width: usize,
    since: Duration,
    glance: &Glance,
    controls: &Controls,
    meters: &Meters,
) -> Vec<String> {
    let mut lines = vec![String::new()];
    let cells = width.saturating_sub(BESIDE).clamp(4, CELLS);
    let strip = |name: &str, db: f32, parameter: Parameter| {
        format!(
            "{name:10} {} {}  fader {}",
            bar(db, cells),
            level(db),
            parameter.text(controls)
        )
    };
    lines.push(strip("voice", meters.db.voice, Parameter::Voice));
    lines.push(strip(
        "background",
        meters.db.background,
        Parameter::Background,
    ));
    lines.push(format!(
        "solo {} · bypass {} · link {} · model {}",
        Parameter::Solo.text(controls),
        Parameter::Bypass.text(controls),
        Parameter::Link.text(controls),
        glance.model
    ));
    lines.extend(devices(glance));
    lines.push(latency(glance));
    lines.push(figures(glance));
    if let Some((paths, seconds)) = &glance.recording {
        let seconds = Duration::from_secs_f64(*seconds);
        lines.push(format!(
            "recording {} and {}, {}",
            paths.noisy.display(),
            paths.voice.display(),
            clock(seconds)
        ));
    }
    if glance.safety_raised {
        lines.push("r brings the safety back to what you asked for".to_owned());
    }
    lines.push(String::new());
    lines.push(format!("{} · {}", clock(since), keys::HELP));
    lines.iter().flat_map(|line| fold(line, width)).collect()
}

/// As many lines as there is room for: without the empty ones first, then without the last ones.
pub(super) fn fit(mut lines: Vec<String>, height: usize) -> Vec<String> {
    if lines.len() > height {
        lines.retain(|line| !line.is_empty());
        lines.truncate(height);
    }
    lines
}

/// A line in parts of `width` cells at most, taken apart at blanks, the later ones indented.
fn fold(line: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let line = plain(line);
    let mut parts = vec![String::new()];
    let mut length = 0;
    for word in line.split_inclusive(' ') {
        let cells = word.chars().count();
        if length > 2 && length + word.trim_end().chars().count() > width {
            parts.push("  ".to_owned());
            length = 2;
        }
        if let Some(last) = parts.last_mut() {
            last.push_str(word);
        }
        length += cells;
    }
    parts
        .iter()
        .map(|part| cut(part.trim_end(), width))
        .collect()
}

/// One line for those who do not look.
pub(super) fn line(since: Duration, glance: &Glance, meters: &Meters) -> String {
    format!(
        "{} voice {}, background {}, {}, {}",
        clock(since),
        level(meters.db.voice).trim_start(),
        level(meters.db.background).trim_start(),
        latency(glance),
        figures(glance)
    )
}

/// What is open, and what is not.
pub(super) fn devices(glance: &Glance) -> Vec<String> {
    if glance.idle {
        return vec!["waiting for a program that records the Limpid microphone".to_owned()];
    }
    let side = |word: &str, side: &Side| {
        let Side {
            name,
            rate,
            channels,
            block,
            ..
        } = side;
        format!("{word} {name} ({rate} Hz, {channels} ch, blocks of {block})")
    };
    let mut lines = Vec::new();
    if let Some(input) = &glance.input {
        lines.push(side("from", input));
    }
    lines.extend(
        glance
            .outputs
            .iter()
            .flatten()
            .map(|output| side("to", output)),
    );
    if glance.input.is_some() && !glance.plays {
        lines.push("to nothing: --monitor lets you hear it, --output names a device".to_owned());
    }
    lines.extend(
        glance
            .waiting
            .iter()
            .map(|reason| format!("waiting: {reason}")),
    );
    lines
}

fn latency(glance: &Glance) -> String {
    let Some(latency) = &glance.latency else {
        return "no latency yet".to_owned();
    };
    format!(
        "latency {} ms (input {} + enhancer {} + bridge {} + output {}), safety {}",
        ms(latency.total()),
        ms(latency.input),
        ms(latency.enhancer),
        ms(latency.bridge),
        ms(latency.output),
        safety(glance)
    )
}

/// One figure, unless the enhancer and the bridges have come to differ.
fn safety(glance: &Glance) -> String {
    let [enhancer, bridge] = glance.safety.map(ms);
    if enhancer == bridge {
        format!("{enhancer} ms")
    } else {
        format!("{enhancer} and {bridge} ms")
    }
}

fn figures(glance: &Glance) -> String {
    let counts = &glance.counts;
    let mut text = format!(
        "load {:.1} %, late {}, gaps {}, xruns {}, drift {:+.0} ppm",
        glance.status.load * 100.0,
        counts.misses,
        counts.underruns,
        counts.xruns,
        glance.drift_ppm
    );
    if let Some(failed) = &glance.status.failed {
        text += &format!("; the model has failed and the sound passes unchanged: {failed}");
    }
    text
}

/// `-12 dB`, in six cells.
fn level(db: f32) -> String {
    if db < LOWEST {
        "silent".to_owned()
    } else {
        format!("{:>3.0} dB", db)
    }
}

fn bar(db: f32, cells: usize) -> String {
    let share = ((db - LOWEST) / -LOWEST).clamp(0.0, 1.0);
    let full = (share * cells as f32).round() as usize;
    format!("{}{}", "█".repeat(full), "·".repeat(cells - full))
}

/// `MM:SS`, or `H:MM:SS`.
fn clock(since: Duration) -> String {
    let seconds = since.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A line of so many cells at most: longer ones would break the picture.
pub(super) fn cut(line: &str, width: usize) -> String {
    plain(line).chars().take(width).collect()
}

/// Without line ends and whatever else would move the cursor: names and reasons come from others.
fn plain(line: &str) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    line.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_rise_at_once_and_fall_slowly() {
        let mut meters = Meters::default();
        let peaks = |voice, background| Pair { voice, background };
        meters.feed(peaks(1.0, 0.1), Duration::from_millis(100));
        assert!((meters.db.voice - 0.0).abs() < 0.01);
        assert!((meters.db.background + 20.0).abs() < 0.01);
        meters.feed(peaks(0.0, 1.0), Duration::from_millis(100));
        assert!((meters.db.voice + 3.0).abs() < 0.01);
        assert!((meters.db.background - 0.0).abs() < 0.01);
        meters.feed(peaks(0.0, 0.0), Duration::from_secs(5));
        assert_eq!(level(meters.db.voice), "silent");
    }

    #[test]
    fn a_meter_has_always_the_same_width() {
        for db in [f32::NEG_INFINITY, -61.0, -30.0, 0.0, 6.0, f32::NAN] {
            assert_eq!(bar(db, CELLS).chars().count(), CELLS, "{db}");
        }
    }

    #[test]
    fn a_narrow_terminal_shows_all_of_it_in_more_lines() {
        let glance = Glance {
            waiting: vec!["the microphone with the rather long name is gone".to_owned()],
            ..Glance::default()
        };
        let on = |width| {
            let (controls, meters) = (Controls::default(), Meters::default());
            screen(width, Duration::ZERO, &glance, &controls, &meters)
        };
        let words = |lines: &[String]| {
            let text = lines.join(" ").replace(['·', '█'], "");
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words
        };
        let (wide, narrow) = (on(200), on(40));
        assert!(narrow.len() > wide.len());
        assert!(
            narrow.iter().all(|line| line.chars().count() <= 40),
            "{narrow:?}"
        );
        assert_eq!(words(&narrow), words(&wide));
        // Meters keep to their line.
        assert!(narrow[1].ends_with("fader 0 dB"), "{narrow:?}");
        on(0);
    }

    #[test]
    fn what_others_say_breaks_no_line() {
        let glance = Glance {
            waiting: vec!["refused:\r\nConnection\x1b[2J refused".to_owned()],
            ..Glance::default()
        };
        let (controls, meters) = (Controls::default(), Meters::default());
        for width in [20, 100] {
            let lines = screen(width, Duration::ZERO, &glance, &controls, &meters);
            let whole = lines.concat();
            assert!(!whole.chars().any(char::is_control), "{lines:?}");
        }
        assert_eq!(cut("one\ntwo", 5), "one t");
    }

    #[test]
    fn a_low_terminal_shows_the_first_lines_alone() {
        let lines = || {
            ["", "voice", "background", "", "help"]
                .map(str::to_owned)
                .to_vec()
        };
        assert_eq!(fit(lines(), 5), lines());
        assert_eq!(fit(lines(), 4), ["voice", "background", "help"]);
        assert_eq!(fit(lines(), 2), ["voice", "background"]);
        assert!(fit(lines(), 0).is_empty());
    }

    #[test]
    fn nothing_open_is_said() {
        let lines = screen(
            100,
            Duration::from_secs(3700),
            &Glance {
                waiting: vec!["the microphone is gone".to_owned()],
                ..Glance::default()
            },
            &Controls::default(),
            &Meters::default(),
        );
        let text = lines.join("\n");
        assert!(text.contains("waiting: the microphone is gone"), "{text}");
        assert!(text.contains("no latency yet"), "{text}");
        assert!(text.contains("1:01:40"), "{text}");
    }
}
