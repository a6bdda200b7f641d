//! The model, loaded once for all files, and the enhancers, made once for all files of a form.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::{Enhancer, EnhancerError, Parts};
use limpid_engine::network::{Model, Network};
use limpid_engine::runtime::Runtime;

use super::BATCH;
use super::list::Outputs;
use super::target;
use crate::cli::{EnhanceArguments, Link};
use crate::failure::Failure;
use crate::places;

/// What all workers share. The model is loaded when the first file is known to be readable.
pub struct Studio<'a> {
    arguments: &'a EnhanceArguments,
    model: Mutex<Option<Model>>,
    /// Folders that have been looked through for what a killed worker left.
    tidied: Mutex<HashSet<PathBuf>>,
}

impl<'a> Studio<'a> {
    /// With nothing loaded yet.
    pub fn new(arguments: &'a EnhanceArguments) -> Self {
        Self {
            arguments,
            model: Mutex::new(None),
            tidied: Mutex::new(HashSet::new()),
        }
    }

    /// What was typed.
    pub fn arguments(&self) -> &'a EnhanceArguments {
        self.arguments
    }

    /// Takes away what a killed worker has left in the folders of `outputs`: once each.
    pub fn tidy(&self, outputs: &Outputs) {
        for (_, path) in outputs.iter() {
            let folder = target::folder(path);
            let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
            if tidied.insert(folder.to_owned()) {
                target::tidy(folder);
            }
        }
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

/// A worker's own enhancers, kept from file to file.
#[derive(Default)]
pub struct Bench {
    last: Option<(u32, usize, Ensemble)>,
}

impl Bench {
    /// Enhancers at rest for files of `rate` (Hz) and `channels`.
    ///
    /// # Errors
    /// When the model cannot run at this rate.
    pub fn enhancer(
        &mut self,
        studio: &Studio<'_>,
        model: &Model,
        rate: u32,
        channels: usize,
    ) -> Result<&mut Ensemble, Problem> {
        let fits = |(r, c, _): &(u32, usize, Ensemble)| (*r, *c) == (rate, channels);
        let mut kept = self.last.take().filter(fits);
        if let Some((_, _, ensemble)) = &mut kept {
            ensemble.enhancers.iter_mut().for_each(Enhancer::reset);
        }
        let ready = match kept {
            Some(ready) => ready,
            None => (
                rate,
                channels,
                Ensemble::new(studio, model, rate, channels)?,
            ),
        };
        Ok(&mut self.last.insert(ready).2)
    }
}

/// Why there is no enhancer.
pub enum Problem {
    /// The model does not run.
    Model(Failure),
    /// The model does not fit the file.
    Form(EnhancerError),
}

/// Enhancers that share the channels of a file: one for all of them, or one for each pair.
pub struct Ensemble {
    /// At least one, in the order of their channels; all of one latency and hop.
    enhancers: Vec<Enhancer>,
    channels: usize,
    is_linked: bool,
    parts: Parts,
}

impl Ensemble {
    fn new(
        studio: &Studio<'_>,
        model: &Model,
        rate: u32,
        channels: usize,
    ) -> Result<Self, Problem> {
        let link = studio.arguments.link();
        let is_linked = link != Link::Off;
        let width = if link == Link::Pairs { 2 } else { channels };
        let mut enhancers = Vec::new();
        for first in (0..channels).step_by(width) {
            let group = width.min(channels - first);
            enhancers.push(make(model, rate, group, is_linked)?);
        }
        Ok(Self {
            enhancers,
            channels,
            is_linked,
            parts: Parts::default(),
        })
    }

    /// Channels of input and parts.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples from input to output.
    pub fn latency(&self) -> usize {
        self.enhancers.first().map_or(0, Enhancer::latency)
    }

    /// Samples a channel in one hop.
    pub fn hop(&self) -> usize {
        self.enhancers.first().map_or(1, Enhancer::hop)
    }

    /// As [`Enhancer::process`].
    ///
    /// # Errors
    /// As there.
    pub fn process(&mut self, input: &[f32], parts: &mut Parts) -> Result<(), EnhancerError> {
        if let [one] = self.enhancers.as_mut_slice() {
            return one.process(input, self.is_linked, parts);
        }
        let stride = input.len() / self.channels;
        parts.voice.resize(input.len(), 0.0);
        parts.dry.resize(input.len(), 0.0);
        let mut at = 0;
        for enhancer in &mut self.enhancers {
            let range = at..at + stride * enhancer.channels();
            enhancer.process(&input[range.clone()], self.is_linked, &mut self.parts)?;
            parts.voice[range.clone()].copy_from_slice(&self.parts.voice);
            parts.dry[range.clone()].copy_from_slice(&self.parts.dry);
            at = range.end;
        }
        Ok(())
    }
}

fn make(model: &Model, rate: u32, channels: usize, is_linked: bool) -> Result<Enhancer, Problem> {
    let count = match model.contract().kind {
        Kind::Spectral { .. } if is_linked => 1,
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
