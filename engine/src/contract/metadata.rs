//! What the metadata says: texts, numbers, and the rules between the numbers.

use super::examine::{Row, note};
use super::{CONTRACT_VERSION, ContractError, ModelFacts};
use crate::frames::{self, FrameSpec};

/// What a model says of itself in words, and the numbers of its kind when all of them hold.
pub(super) struct Card {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: String,
    pub(super) description: String,
    pub(super) numbers: Option<Numbers>,
}

/// The numbers of either kind, their rules checked.
pub(super) enum Numbers {
    Spectral {
        frames: FrameSpec,
        bins: usize,
    },
    Waveform {
        sample_rate: u32,
        window: usize,
        hop: usize,
    },
}

pub(super) const CONTRACT_MEANS: &str = "the number of the contract that the model keeps, 1";
const KIND_MEANS: &str = "`spectral` or `waveform`";
const LINE_MEANS: &str = "one line of 1 to 200 characters";
const TEXT_MEANS: &str = "1 to 4000 characters";
const MS_MEANS: &str = "a number of milliseconds from 0.1 to 500";
const BINS_MEANS: &str = "a whole number of bins from 2 to 65536";
const RATE_MEANS: &str = "a whole number of Hz from 8000 to 192000";
const SAMPLES_MEANS: &str = "a whole number of samples from 1 to 1048576";

/// The whole key.
pub(super) fn key(name: &str) -> String {
    format!("limpid.{name}")
}

/// Reads everything that is not about tensors.
pub(super) fn read(facts: &ModelFacts, rows: &mut Vec<Row>) -> Card {
    contract_version(facts, rows);
    let kind = kind(facts, rows);
    let mut text = |name, means, limit, lines| text(facts, rows, name, means, limit, lines);
    let name = text("name", LINE_MEANS, 200, false);
    let version = text("version", LINE_MEANS, 200, false);
    let licence = text("licence", LINE_MEANS, 200, false);
    let description = text("description", TEXT_MEANS, 4000, true);
    let numbers = match kind.as_deref() {
        Some("spectral") => spectral(facts, rows),
        Some("waveform") => waveform(facts, rows),
        _ => None,
    };
    Card {
        name: name.unwrap_or_default(),
        version: version.unwrap_or_default(),
        licence: licence.unwrap_or_default(),
        description: description.unwrap_or_default(),
        numbers,
    }
}

fn contract_version(facts: &ModelFacts, rows: &mut Vec<Row>) {
    let parse = |s: &str| s.parse::<u32>().ok();
    let outcome = lookup(facts, "contract", CONTRACT_MEANS, parse).and_then(|found| {
        if found == CONTRACT_VERSION {
            Ok(())
        } else {
            Err(ContractError::OtherContract { found })
        }
    });
    let requirement = format!("`limpid.contract` is {CONTRACT_VERSION}");
    note(rows, requirement, shown(facts, "contract"), outcome);
}

fn kind(facts: &ModelFacts, rows: &mut Vec<Row>) -> Option<String> {
    let outcome = lookup(facts, "kind", KIND_MEANS, |s| Some(s.to_owned())).and_then(|found| {
        match found.as_str() {
            "spectral" | "waveform" => Ok(found),
            _ => Err(ContractError::UnknownKind { found }),
        }
    });
    let requirement = format!("`limpid.kind` is {KIND_MEANS}");
    note(rows, requirement, shown(facts, "kind"), outcome)
}

/// A text that may be shown: bounded, and without control characters (line ends where `lines`).
fn text(
    facts: &ModelFacts,
    rows: &mut Vec<Row>,
    name: &str,
    means: &'static str,
    limit: usize,
    lines: bool,
) -> Option<String> {
    let fits = |s: &str| {
        let printable = s.chars().all(|c| !c.is_control() || (lines && c == '\n'));
        let length = s.chars().count();
        (printable && !s.trim().is_empty() && length <= limit).then(|| s.to_owned())
    };
    let outcome = lookup(facts, name, means, fits);
    note(
        rows,
        format!("`{}` is {means}", key(name)),
        shown(facts, name),
        outcome,
    )
}

fn spectral(facts: &ModelFacts, rows: &mut Vec<Row>) -> Option<Numbers> {
    let mut ms = |name| {
        number(facts, rows, name, MS_MEANS, |v: f64| {
            (0.1..=500.0).contains(&v)
        })
    };
    let window_ms = ms("window_ms");
    let hop_ms = ms("hop_ms");
    let synthesis_ms = ms("synthesis_ms");
    let bins = number(facts, rows, "bins", BINS_MEANS, |v: usize| {
        (2..=65536).contains(&v)
    });
    let (window_ms, hop_ms, synthesis_ms) = (window_ms?, hop_ms?, synthesis_ms?);

    let window_holds = whole_hops(rows, "window_ms", window_ms, hop_ms);
    let synthesis_holds = whole_hops(rows, "synthesis_ms", synthesis_ms, hop_ms);
    let overlaps = two_hops(rows, "synthesis_ms", synthesis_ms, hop_ms);
    let fits = if synthesis_ms <= window_ms {
        Ok(())
    } else {
        Err(ContractError::SynthesisLongerThanWindow {
            synthesis_ms: synthesis_ms.to_string(),
            window_ms: window_ms.to_string(),
        })
    };
    let fits = note(
        rows,
        "`limpid.synthesis_ms` is at most `limpid.window_ms`",
        format!("{synthesis_ms} and {window_ms}"),
        fits,
    );
    let frames = FrameSpec {
        window_ms,
        hop_ms,
        synthesis_ms,
    };
    window_holds.and(synthesis_holds).and(overlaps).and(fits)?;
    Some(Numbers::Spectral {
        frames,
        bins: bins?,
    })
}

fn waveform(facts: &ModelFacts, rows: &mut Vec<Row>) -> Option<Numbers> {
    let rate_fits = |v: u32| frames::RATES.contains(&v);
    let sample_rate = number(facts, rows, "sample_rate", RATE_MEANS, rate_fits);
    let samples_fit = |v: usize| (1..=1_048_576).contains(&v);
    let window = number(facts, rows, "window", SAMPLES_MEANS, samples_fit);
    let hop = number(facts, rows, "hop", SAMPLES_MEANS, samples_fit);
    let (window, hop) = (window?, hop?);
    // Both are far below 2^53, so that doubles hold them exactly.
    let whole = whole_hops(rows, "window", window as f64, hop as f64);
    let overlaps = two_hops(rows, "window", window as f64, hop as f64);
    whole.and(overlaps)?;
    Some(Numbers::Waveform {
        sample_rate: sample_rate?,
        window,
        hop,
    })
}

fn whole_hops(rows: &mut Vec<Row>, name: &str, value: f64, hop: f64) -> Option<()> {
    let ratio = value / hop;
    // Decimal durations such as 0.1 are not exact in binary; a true remainder is far larger.
    let outcome = if (ratio - ratio.round()).abs() < 1e-6 && ratio.round() >= 1.0 {
        Ok(())
    } else {
        Err(ContractError::NotWholeHops {
            key: key(name),
            value: value.to_string(),
            hop: hop.to_string(),
        })
    };
    let requirement = format!("`{}` is a whole number of hops", key(name));
    note(rows, requirement, format!("{value} / {hop}"), outcome)
}

fn two_hops(rows: &mut Vec<Row>, name: &str, value: f64, hop: f64) -> Option<()> {
    let outcome = if value / hop > 2.0 - 1e-6 {
        Ok(())
    } else {
        Err(ContractError::TooFewHops {
            key: key(name),
            value: value.to_string(),
            hop: hop.to_string(),
        })
    };
    let requirement = format!("`{}` is at least two hops", key(name));
    note(rows, requirement, format!("{value} / {hop}"), outcome)
}

fn number<T: std::str::FromStr + Copy>(
    facts: &ModelFacts,
    rows: &mut Vec<Row>,
    name: &str,
    means: &'static str,
    fits: impl Fn(T) -> bool,
) -> Option<T> {
    let parse = |s: &str| s.parse::<T>().ok().filter(|v| fits(*v));
    let outcome = lookup(facts, name, means, parse);
    note(
        rows,
        format!("`{}` is {means}", key(name)),
        shown(facts, name),
        outcome,
    )
}

fn lookup<T>(
    facts: &ModelFacts,
    name: &str,
    means: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ContractError> {
    let key = key(name);
    match facts.metadata.get(&key) {
        None => Err(ContractError::MissingKey { key, means }),
        Some(value) => parse(value).ok_or_else(|| ContractError::BadValue {
            value: value.escape_debug().take(80).collect(),
            key,
            means,
        }),
    }
}

/// What stands under a key, safe to print and not longer than a line.
fn shown(facts: &ModelFacts, name: &str) -> String {
    match facts.metadata.get(&key(name)) {
        Some(value) => value.escape_debug().take(80).collect(),
        None => "nothing".to_owned(),
    }
}
