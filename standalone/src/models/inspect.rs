//! `limpid models inspect`: all that is known of one model, for a person or for a program.

use std::fs;
use std::path::Path;

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::latency_of;
use limpid_engine::network::{Batching, Model};
use limpid_engine::runtime::Runtime;
use serde::Serialize;

use super::weights;
use crate::enhance::BATCH;
use crate::failure::Failure;
use crate::{places, say};

/// The rate that samples are told at, Hz.
const RATE: u32 = 48_000;

/// What is told, in this order.
#[derive(Serialize)]
struct Card {
    file: String,
    name: String,
    version: String,
    licence: String,
    description: String,
    kind: &'static str,
    window_ms: f64,
    hop_ms: f64,
    /// From input to output of a stream, without what a sound card or a host adds.
    latency_ms: f64,
    latency_samples_at_48_khz: usize,
    /// The highest frequency that the model decides on its own.
    bandwidth_hz: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_taps: Option<usize>,
    /// Numbers in the file: those that were learned, and fixed tables such as those of bands.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights_and_tables: Option<u64>,
    /// Bytes of the file.
    size: u64,
    sha256: String,
    /// Of files, and why not more where it is 1.
    hops_per_call: usize,
    hops_per_call_because: &'static str,
    /// Of one stream on this machine as it is now, ms.
    hop_takes_ms: f64,
    share_of_a_core: f64,
}

/// Prints it.
///
/// # Errors
/// When there is no such model, or it does not keep the contract.
pub fn inspect(asked: &Path, json: bool) -> Result<(), Failure> {
    let path = places::model(asked)?;
    let runtime = Runtime::load(&places::library())?;
    let model = Model::load(&runtime, &path)?;
    let card = card(&path, &model)?;
    if json {
        // Strings and numbers always have a form in JSON.
        return say::line(&serde_json::to_string(&card).unwrap_or_default());
    }
    let rows = rows(&card);
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"))
        .collect();
    say::line(&lines.join("\n"))
}

fn card(path: &Path, model: &Model) -> Result<Card, Failure> {
    let contract = model.contract();
    let (hop, late) = latency_of(contract, RATE).map_err(|source| Failure::Enhancer {
        path: path.to_owned(),
        source,
    })?;
    let ms = |samples: usize, rate: u32| samples as f64 * 1000.0 / f64::from(rate);
    let (kind, window_ms, hop_ms, bandwidth_hz, filter_taps) = match contract.kind {
        Kind::Spectral { frames, bins, taps } => {
            let top = (bins - 1) as f64 / frames.window_ms * 1000.0;
            ("spectral", frames.window_ms, frames.hop_ms, top, Some(taps))
        }
        Kind::Waveform {
            sample_rate,
            window,
            hop,
        } => {
            let (window, hop) = (ms(window, sample_rate), ms(hop, sample_rate));
            ("waveform", window, hop, f64::from(sample_rate) / 2.0, None)
        }
    };
    let stream = model.open_stream_batched(BATCH)?;
    // The file was read a moment ago; where it has gone since, those two are not told.
    let bytes = fs::read(path).unwrap_or_default();
    Ok(Card {
        file: path.display().to_string(),
        name: contract.name.clone(),
        version: contract.version.clone(),
        licence: contract.licence.clone(),
        description: contract.description.clone(),
        kind,
        window_ms,
        hop_ms,
        latency_ms: ms(hop + late, RATE),
        latency_samples_at_48_khz: hop + late,
        bandwidth_hz,
        filter_taps,
        weights_and_tables: weights::count(&bytes),
        size: bytes.len() as u64,
        sha256: model.sha256().to_owned(),
        hops_per_call: stream.batch(),
        hops_per_call_because: because(stream.batching()),
        hop_takes_ms: model.cost().step.as_secs_f64() * 1000.0,
        share_of_a_core: model.cost().load(),
    })
}

fn because(batching: &Batching) -> &'static str {
    match batching {
        Batching::Several(_) => "the same bits as one at a time",
        Batching::Single => "one was asked for",
        Batching::OneHopModel => "the model was exported for one",
        Batching::Unequal => "several give other bits",
        Batching::Refused(_) => "the runtime refuses several",
    }
}

fn rows(card: &Card) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("file", card.file.clone()),
        ("name", format!("{} {}", card.name, card.version)),
        ("licence", card.licence.clone()),
        ("description", card.description.clone()),
        ("kind", card.kind.to_owned()),
        ("window", format!("{} ms", card.window_ms)),
        ("hop", format!("{} ms", card.hop_ms)),
        (
            "latency",
            format!(
                "{:.1} ms ({} samples at 48 kHz), and what card or host add",
                card.latency_ms, card.latency_samples_at_48_khz
            ),
        ),
        (
            "bandwidth",
            format!("up to {:.1} kHz", card.bandwidth_hz / 1000.0),
        ),
    ];
    if let Some(taps) = card.filter_taps {
        rows.push(("filter", format!("{taps} frames")));
    }
    if let Some(count) = card.weights_and_tables {
        let numbers = format!("{count} numbers, with fixed tables among them");
        rows.push(("weights", numbers));
    }
    rows.extend([
        ("size", format!("{:.2} MB", card.size as f64 / 1e6)),
        ("SHA-256", card.sha256.clone()),
        (
            "hops a call",
            format!(
                "{} in files: {}",
                card.hops_per_call, card.hops_per_call_because
            ),
        ),
        (
            "speed",
            format!(
                "{:.2} ms of computing a hop, {:.1} % of a core",
                card.hop_takes_ms,
                card.share_of_a_core * 100.0
            ),
        ),
    ]);
    rows
}

/// What a list says of a model beside its name: version, latency and kind. `None`: it keeps no contract.
pub fn short(runtime: &Runtime, path: &Path) -> Option<String> {
    let facts = Model::inspect(runtime, path).ok()?;
    let contract = limpid_engine::contract::check(&facts).ok()?;
    let (hop, late) = latency_of(&contract, RATE).ok()?;
    let kind = match contract.kind {
        Kind::Spectral { .. } => "spectral",
        Kind::Waveform { .. } => "waveform",
    };
    let ms = (hop + late) as f64 * 1000.0 / f64::from(RATE);
    Some(format!("{:10} {ms:5.1} ms  {kind}", contract.version))
}
