//! `limpid enhance`: a WAV file in, a WAV file out, in constant memory.
//!
//! The enhancer answers a fixed number of samples late. That many samples are dropped at the start and
//! that many zeros fed in behind the end, so the output lines up with the input to the sample, has its
//! length, and keeps its tail.

mod interrupt;
mod progress;
mod summary;
mod target;

use std::io;
use std::path::Path;
use std::time::Instant;

use limpid_engine::contract::Kind;
use limpid_engine::controls::{Controls, Gains, Mixer};
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::{Model, Network};
use limpid_engine::runtime::Runtime;

use self::interrupt::Interrupt;
use self::progress::Progress;
use self::summary::Summary;
use self::target::Target;
use crate::cli::EnhanceArguments;
use crate::failure::Failure;
use crate::wav::{Layout, Sink, Source, WavError};
use crate::{places, say};

/// Hops that one call of the network advances by. A hop of a small network costs more to call than to
/// compute, and beyond some sixteen nothing more is gained.
const BATCH: usize = 16;

/// Runs the command.
///
/// # Errors
/// See [`Failure`]. Nothing is left under the output's name then.
pub fn run(arguments: &EnhanceArguments) -> Result<(), Failure> {
    let interrupt = Interrupt::watch();
    let input = &arguments.input;
    let controls = arguments.controls();
    let mut source = open(input)?;
    let output = match &arguments.output {
        Some(output) => output.clone(),
        None => target::default_path(input, &controls),
    };
    let target = Target::new(input, &output, arguments.force)?;
    let (model, mut enhancer) = prepare(arguments, source.layout())?;

    let layout = source.layout().clone();
    let begun = Instant::now();
    let progress = Progress::new(layout.frames(), layout.rate, arguments.quiet);
    let pass = Pass {
        controls,
        input,
        output: &output,
        progress: &progress,
        interrupt: &interrupt,
    };
    let clipped = pass.run(&mut source, &mut enhancer, target.writer())?;
    drop(progress);
    interrupt.check()?;
    target.keep(arguments.force)?;
    let summary = Summary {
        output: &output,
        layout: &layout,
        model: &model,
        latency: enhancer.latency(),
        clipped,
        took: begun.elapsed(),
    };
    if arguments.quiet {
        return Ok(());
    }
    say::line(&summary.to_string())
}

fn open(input: &Path) -> Result<Source, Failure> {
    let owned = || input.to_owned();
    // Ahead of opening: opening a pipe would wait for its other end.
    match input.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(Failure::InputIsFolder(owned())),
        Ok(metadata) if !metadata.is_file() => return Err(Failure::InputIsSpecial(owned())),
        _ => {}
    }
    Source::open(input).map_err(|source| Failure::Input {
        path: owned(),
        source,
    })
}

/// Loads library and model, and makes the enhancer that fits the file.
fn prepare(arguments: &EnhanceArguments, layout: &Layout) -> Result<(Model, Enhancer), Failure> {
    let path = places::model(&arguments.model)?;
    let runtime = Runtime::load(&places::library())?;
    let model = Model::load(&runtime, &path)?;
    let link = arguments.controls().link;
    let count = match model.contract().kind {
        Kind::Spectral { .. } if link => 1,
        Kind::Spectral { .. } | Kind::Waveform { .. } => layout.channels,
    };
    let mut networks: Vec<Box<dyn Network>> = Vec::new();
    for _ in 0..count {
        networks.push(Box::new(model.open_stream_batched(BATCH)?));
    }
    let enhancer = Enhancer::new(model.contract(), networks, layout.rate, layout.channels)
        .map_err(|source| Failure::Enhancer {
            path: arguments.input.clone(),
            source,
        })?;
    Ok((model, enhancer.with_batch(BATCH)))
}

/// What stays the same while a file is gone through.
struct Pass<'a> {
    controls: Controls,
    input: &'a Path,
    output: &'a Path,
    progress: &'a Progress,
    interrupt: &'a Interrupt,
}

impl Pass<'_> {
    /// Goes through the whole source. Returns how many samples were clipped.
    fn run<W: io::Write>(
        &self,
        source: &mut Source,
        enhancer: &mut Enhancer,
        writer: W,
    ) -> Result<u64, Failure> {
        let (frames, rate) = (source.layout().frames(), source.layout().rate);
        let channels = enhancer.channels();
        let mut sink = Sink::begin(writer, source).map_err(|e| self.written(e))?;
        let mut mixers = vec![Mixer::new(rate, Gains::from(&self.controls)); channels];
        let mut parts = Parts::default();
        let mut mixed = Vec::new();
        // Samples still to be dropped at the start, and frames still to be written.
        let (mut early, mut left) = (enhancer.latency() as u64, frames);
        while left > 0 {
            self.interrupt.check()?;
            let hops = (early + left)
                .div_ceil(enhancer.hop() as u64)
                .min(BATCH as u64);
            let length = hops as usize * enhancer.hop();
            mixed.resize(length * channels, 0.0);
            source.read(&mut mixed).map_err(|source| Failure::Input {
                path: self.input.to_owned(),
                source,
            })?;
            enhancer
                .process(&mixed, self.controls.link, &mut parts)
                .map_err(|source| Failure::Enhancer {
                    path: self.input.to_owned(),
                    source,
                })?;
            let planes = parts
                .voice
                .chunks_exact(length)
                .zip(parts.dry.chunks_exact(length));
            for ((mixer, (voice, dry)), out) in mixers
                .iter_mut()
                .zip(planes)
                .zip(mixed.chunks_exact_mut(length))
            {
                mixer.mix(voice, dry, out);
            }
            let first = early.min(length as u64) as usize;
            let last = length.min(first + left.min(usize::MAX as u64) as usize);
            sink.write(&mixed, first..last)
                .map_err(|e| self.written(e.into()))?;
            early -= first as u64;
            left -= (last - first) as u64;
            self.progress.advance((last - first) as u64);
        }
        sink.finish(source).map_err(|e| self.written(e))
    }

    fn written(&self, error: WavError) -> Failure {
        let path = self.output.to_owned();
        match error {
            WavError::Io(source) => Failure::Output { path, source },
            source => Failure::OutputTooLong { path, source },
        }
    }
}
