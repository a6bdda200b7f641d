//! The model, loaded once for all files, and the enhancers, made once for all files of a form.

use std::sync::{Mutex, PoisonError};

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::network::{Model, Network};
use limpid_engine::runtime::Runtime;

use super::BATCH;
use crate::cli::EnhanceArguments;
use crate::failure::Failure;
use crate::places;

/// What all workers share. The model is loaded when the first file is known to be readable.
pub struct Studio<'a> {
    arguments: &'a EnhanceArguments,
    model: Mutex<Option<Model>>,
}

impl<'a> Studio<'a> {
    /// With nothing loaded yet.
    pub fn new(arguments: &'a EnhanceArguments) -> Self {
        Self {
            arguments,
            model: Mutex::new(None),
        }
    }

    /// What was typed.
    pub fn arguments(&self) -> &'a EnhanceArguments {
        self.arguments
    }

    /// Library and model.
    ///
    /// # Errors
    /// When one of them is missing or broken, which is true for all files.
    pub fn model(&self) -> Result<Model, Failure> {
        // A worker that panicked has left the model as it was: loaded or not.
        let mut place = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = &*place {
            return Ok(model.clone());
        }
        let path = places::model(&self.arguments.model)?;
        let runtime = Runtime::load(&places::library())?;
        let model = Model::load(&runtime, &path)?;
        Ok(place.insert(model).clone())
    }
}

/// A worker's own enhancer, kept from file to file.
#[derive(Default)]
pub struct Bench {
    last: Option<(u32, usize, Enhancer)>,
}

impl Bench {
    /// An enhancer at rest for files of `rate` (Hz) and `channels`.
    ///
    /// # Errors
    /// When the model cannot run at this rate.
    pub fn enhancer(
        &mut self,
        studio: &Studio<'_>,
        model: &Model,
        rate: u32,
        channels: usize,
    ) -> Result<&mut Enhancer, Problem> {
        let fits = |(r, c, _): &(u32, usize, Enhancer)| (*r, *c) == (rate, channels);
        let mut kept = self.last.take().filter(fits);
        if let Some((_, _, enhancer)) = &mut kept {
            enhancer.reset();
        }
        let ready = match kept {
            Some(ready) => ready,
            None => (rate, channels, make(studio, model, rate, channels)?),
        };
        Ok(&mut self.last.insert(ready).2)
    }
}

/// Why there is no enhancer.
pub enum Problem {
    /// The model does not run.
    Model(Failure),
    /// The model does not fit the file.
    Form(limpid_engine::enhancer::EnhancerError),
}

fn make(
    studio: &Studio<'_>,
    model: &Model,
    rate: u32,
    channels: usize,
) -> Result<Enhancer, Problem> {
    let count = match model.contract().kind {
        Kind::Spectral { .. } if studio.arguments.controls().link => 1,
        Kind::Spectral { .. } | Kind::Waveform { .. } => channels,
    };
    let mut networks: Vec<Box<dyn Network>> = Vec::new();
    for _ in 0..count {
        let stream = model.open_stream_batched(BATCH);
        networks.push(Box::new(stream.map_err(|e| Problem::Model(e.into()))?));
    }
    let enhancer =
        Enhancer::new(model.contract(), networks, rate, channels).map_err(Problem::Form)?;
    Ok(enhancer.with_batch(BATCH))
}
