//! What a program reads when a file is done: a line of JSON.

use std::path::Path;

use serde::Serialize;

use super::list::Outputs;
use super::pass::Done;
use crate::failure::Failure;
use crate::level::Levels;

/// A file's line. What does not apply is left out.
#[derive(Serialize)]
struct Record<'a> {
    input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background_output: Option<String>,
    /// `done`, `skipped` or `failed`.
    status: &'a str,
    #[serde(flatten)]
    facts: Option<Facts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Facts<'a> {
    /// Duration of the sound.
    seconds: f64,
    /// Hz.
    rate: u32,
    channels: usize,
    /// Name and version.
    model: String,
    sha256: &'a str,
    /// Samples at `rate` that were taken out so that the output lines up.
    latency_removed: u64,
    /// Samples too loud for the file.
    clipped: u64,
    /// Packets of the input that could not be decoded and are silence.
    damaged_packets: u64,
    /// What the input has beside its samples and the output has not.
    not_kept: &'a [String],
    before: Option<Levels>,
    after: Option<Levels>,
    took_seconds: f64,
    /// Time over duration.
    real_time_factor: f64,
}

/// The line of a file that is `done`, was there already (`None`), or failed.
pub fn line(
    input: &Path,
    outputs: Option<&Outputs>,
    outcome: Result<Option<&Done>, &Failure>,
) -> String {
    let done = outcome.ok().flatten();
    let shown = |path: &Option<_>| {
        path.as_ref()
            .map(|p: &std::path::PathBuf| p.display().to_string())
    };
    let record = Record {
        input: input.display().to_string(),
        output: outputs.and_then(|outputs| shown(&outputs.mix)),
        voice_output: outputs.and_then(|outputs| shown(&outputs.voice)),
        background_output: outputs.and_then(|outputs| shown(&outputs.background)),
        status: match outcome {
            Ok(Some(_)) => "done",
            Ok(None) => "skipped",
            Err(_) => "failed",
        },
        facts: done.map(facts),
        error: outcome.err().map(ToString::to_string),
    };
    // Strings and numbers always have a form in JSON.
    serde_json::to_string(&record).unwrap_or_default()
}

fn facts(done: &Done) -> Facts<'_> {
    let (contract, form) = (done.model.contract(), &done.form);
    let took = done.took.as_secs_f64();
    Facts {
        seconds: done.seconds(),
        rate: form.rate,
        channels: form.channels,
        model: format!("{} {}", contract.name, contract.version),
        sha256: done.model.sha256(),
        latency_removed: done.latency,
        clipped: done.clipped,
        damaged_packets: done.damaged,
        not_kept: &done.lost,
        before: done.levels.map(|(before, _)| before),
        after: done.levels.map(|(_, after)| after),
        took_seconds: took,
        real_time_factor: took / done.seconds(),
    }
}
