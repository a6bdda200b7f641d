//! One file, from its first sample to its last.
//!
//! The enhancer answers a fixed number of samples late. That many samples are dropped at the start and
//! that many zeros fed in behind the end, so the output lines up with the input to the sample, has its
//! length, and keeps its tail.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use limpid_engine::controls::{Controls, Gains, Mixer};
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::Model;

use super::interrupt::Interrupt;
use super::level::{Levels, Meter};
use super::progress::Bar;
use super::studio::{Problem, Studio};
use super::target::{self, Target};
use super::{BATCH, Bench};
use crate::failure::Failure;
use crate::wav::{Layout, Sink, Source, WavError};

/// What was made of a file.
pub struct Done {
    /// The file that was written.
    pub output: PathBuf,
    /// What it is.
    pub layout: Layout,
    /// The model that was used.
    pub model: Model,
    /// Samples that the enhancer answers late, and that were taken out again.
    pub latency: usize,
    /// Samples that had to be clipped.
    pub clipped: u64,
    /// Input and output, when levels were asked for.
    pub levels: Option<(Levels, Levels)>,
    /// From the first sample read to the last written.
    pub took: Duration,
}

/// Enhances one file. `None`: its output is there already, and that is enough.
///
/// # Errors
/// See [`Failure`]. Nothing is left under the output's name then.
pub fn enhance(
    input: &Path,
    output: &Path,
    studio: &Studio<'_>,
    bench: &mut Bench,
    bar: &mut Bar,
    interrupt: &Interrupt,
) -> Result<Option<Done>, Failure> {
    let arguments = studio.arguments();
    interrupt.check()?;
    if arguments.resume && output.is_file() {
        return Ok(None);
    }
    let mut source = open(input)?;
    if arguments.out_dir.is_some() {
        target::make_folder(output)?;
    }
    let target = Target::new(input, output, arguments.force)?;
    let model = studio.model()?;
    let layout = source.layout().clone();
    let enhancer = bench
        .enhancer(studio, &model, layout.rate, layout.channels)
        .map_err(|problem| match problem {
            Problem::Model(failure) => failure,
            Problem::Form(source) => Failure::Enhancer {
                path: input.to_owned(),
                source,
            },
        })?;
    bar.begin(layout.frames(), layout.rate);
    let begun = Instant::now();
    let mut pass = Pass {
        controls: arguments.controls(),
        input,
        output,
        bar,
        interrupt,
        meters: arguments
            .json
            .then(|| [(); 2].map(|()| Meter::new(layout.rate, layout.channels))),
    };
    let clipped = pass.run(&mut source, enhancer, target.writer())?;
    let levels = pass
        .meters
        .map(|[before, after]| (before.levels(), after.levels()));
    interrupt.check()?;
    match target.keep(arguments.force) {
        // Another worker has been quicker; with the same arguments it wrote the same.
        Err(Failure::OutputExists(_)) if arguments.resume => return Ok(None),
        kept => kept?,
    }
    Ok(Some(Done {
        output: output.to_owned(),
        latency: enhancer.latency(),
        layout,
        model,
        clipped,
        levels,
        took: begun.elapsed(),
    }))
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

/// What stays the same while a file is gone through.
struct Pass<'a> {
    controls: Controls,
    input: &'a Path,
    output: &'a Path,
    bar: &'a Bar,
    interrupt: &'a Interrupt,
    /// Of the input and of the output.
    meters: Option<[Meter; 2]>,
}

impl Pass<'_> {
    /// Goes through the whole source. Returns how many samples were clipped.
    fn run(
        &mut self,
        source: &mut Source,
        enhancer: &mut Enhancer,
        writer: &File,
    ) -> Result<u64, Failure> {
        let (rate, channels) = (source.layout().rate, enhancer.channels());
        let writer = io::BufWriter::with_capacity(1 << 16, writer);
        let mut sink = Sink::begin(writer, source).map_err(|e| self.written(e))?;
        let mut mixers = vec![Mixer::new(rate, Gains::from(&self.controls)); channels];
        let mut parts = Parts::default();
        let mut mixed = Vec::new();
        // Samples still to be dropped at the start.
        let mut early = enhancer.latency();
        let mut ended = false;
        // Frames that were read and are still to be written.
        let mut left = 0;
        while !ended || left > 0 {
            self.interrupt.check()?;
            let hops = match ended {
                true => (early + left).div_ceil(enhancer.hop()).min(BATCH),
                false => BATCH,
            };
            let length = hops * enhancer.hop();
            mixed.resize(length * channels, 0.0);
            let came = self.read(source, &mut mixed)?;
            ended = came < length;
            left += came;
            enhancer
                .process(&mixed, self.controls.link, &mut parts)
                .map_err(|source| Failure::Enhancer {
                    path: self.input.to_owned(),
                    source,
                })?;
            mix(&mut mixers, &parts, &mut mixed);
            let first = early.min(length);
            let last = length.min(first + left);
            self.write(&mut sink, &mixed, first..last)?;
            early -= first;
            left -= last - first;
            self.bar.advance((last - first) as u64);
        }
        sink.finish(source).map_err(|e| self.written(e))
    }

    fn read(&mut self, source: &mut Source, planar: &mut [f32]) -> Result<usize, Failure> {
        let came = source.read(planar).map_err(|source| Failure::Input {
            path: self.input.to_owned(),
            source,
        })?;
        if let Some([before, _]) = &mut self.meters {
            before.add(planar, source.layout().channels, 0..came);
        }
        Ok(came)
    }

    fn write<W: io::Write>(
        &mut self,
        sink: &mut Sink<W>,
        planar: &[f32],
        frames: Range<usize>,
    ) -> Result<(), Failure> {
        if let Some([_, after]) = &mut self.meters {
            after.add(planar, sink.layout().channels, frames.clone());
        }
        sink.write(planar, frames)
            .map_err(|e| self.written(e.into()))
    }

    fn written(&self, error: WavError) -> Failure {
        let path = self.output.to_owned();
        match error {
            WavError::Io(source) => Failure::Output { path, source },
            source => Failure::OutputTooLong { path, source },
        }
    }
}

/// The two parts under the faders.
fn mix(mixers: &mut [Mixer], parts: &Parts, out: &mut [f32]) {
    let length = out.len() / mixers.len();
    let planes = parts
        .voice
        .chunks_exact(length)
        .zip(parts.dry.chunks_exact(length));
    let planes = planes.zip(out.chunks_exact_mut(length));
    for (mixer, ((voice, dry), out)) in mixers.iter_mut().zip(planes) {
        mixer.mix(voice, dry, out);
    }
}
