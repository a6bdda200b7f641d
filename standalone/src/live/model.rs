//! The model that plays.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::{Enhancer, EnhancerError};
use limpid_engine::network::{Cost, Model, ModelError, Network};
use limpid_engine::runtime::Runtime;

use super::board::Shown;
use super::priority::{self, Standing};
use crate::failure::Failure;
use crate::places;

/// Share of a core beyond which a model is of no use in real time: once a hop, with cold caches, a
/// network takes about twice what it takes in the loop by which it is timed.
const HIGHEST_LOAD: f64 = 0.5;

/// Why a model does not play.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the model takes {0} on this computer, which is too slow for real time; choose another model"
    )]
    TooSlow(Cost),
    #[error(transparent)]
    Network(#[from] ModelError),
    #[error("the model cannot run here: {0}; choose another model")]
    Enhancer(#[from] EnhancerError),
}

/// Times that a model is timed before it is refused: at a login everything starts at once.
const TRIES: usize = 3;
/// From one to the next.
const PAUSE: Duration = Duration::from_millis(300);

/// A file or a name, loaded and timed.
pub fn load(asked: &Path) -> Result<Model, Failure> {
    let path = places::model(asked)?;
    let runtime = Runtime::load(&places::library())?;
    let mut model = Model::load(&runtime, &path)?;
    for _ in 1..TRIES {
        if model.cost().is_within(HIGHEST_LOAD) {
            break;
        }
        std::thread::sleep(PAUSE);
        model = Model::load(&runtime, &path)?;
    }
    if !model.cost().is_within(HIGHEST_LOAD) {
        return Err(Failure::Live(Refusal::TooSlow(model.cost()).to_string()));
    }
    Ok(model)
}

/// An enhancer of its own, for a stream of this rate (Hz) and so many channels, run by a worker that
/// stands so with the system.
pub fn enhancer(
    model: &Model,
    rate: u32,
    channels: usize,
    standing: &Arc<Standing>,
) -> Result<Box<Enhancer>, Refusal> {
    let mut networks: Vec<Box<dyn Network>> = Vec::with_capacity(channels);
    // One a channel, as the link may be taken off while it runs.
    for _ in 0..channels {
        let stream = Box::new(model.open_stream()?);
        networks.push(priority::paused_at_need(stream, standing));
    }
    let enhancer = Enhancer::new(model.contract(), networks, rate, channels)?;
    Ok(Box::new(enhancer))
}

/// Shows a model on the board.
pub(super) fn show(model: &Model, shown: &mut Shown) {
    let contract = model.contract();
    let title = format!("{} {}", contract.name, contract.version);
    (shown.model, shown.unlinked) = match contract.kind {
        Kind::Spectral { .. } => (title, false),
        Kind::Waveform { sample_rate, .. } => {
            let top = f64::from(sample_rate) / 2000.0;
            (format!("{title} · up to {top} kHz"), true)
        }
    };
}
