//! One file, from its first sample to its last.
//!
//! The enhancer answers a fixed number of samples late. That many samples are dropped at the start and
//! that many zeros fed in behind the end, so the output lines up with the input to the sample, has its
//! length, and keeps its tail.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use limpid_engine::enhancer::Parts;
use limpid_engine::network::Model;

use super::desk::Desk;
use super::interrupt::Interrupt;
use super::list::Outputs;
use super::outlet::{self, Outlet, Part};
use super::pipe;
use super::progress::Bar;
use super::studio::{Ensemble, Problem, Studio};
use super::{BATCH, Bench};
use crate::cli::EnhanceArguments;
use crate::failure::Failure;
use crate::level::{Levels, Meter};
use crate::sound::{Form, Raw, SoundError, Source, frames_at};

/// What was made of a file.
pub struct Done {
    /// What was written; the mix is the first, if it is among them.
    pub outputs: Vec<(Part, PathBuf)>,
    /// What the first of them is.
    pub form: Form,
    /// Frames that were read, and their rate (Hz).
    pub frames: u64,
    pub rate: u32,
    /// The model that was used.
    pub model: Model,
    /// Samples that the enhancer answers late, and that were taken out again, at the rate that is written.
    pub latency: u64,
    /// Samples that had to be clipped, in all outputs.
    pub clipped: u64,
    /// Packets of the input that could not be decoded and are silence.
    pub damaged: u64,
    /// Names of what the input has beside its samples and the outputs have not.
    pub lost: Vec<String>,
    /// How the samples are stored of an output that has no header, where that was not typed.
    pub headerless: Option<Raw>,
    /// Input and first output, when levels were asked for.
    pub levels: Option<(Levels, Levels)>,
    /// From the first sample read to the last written.
    pub took: Duration,
}

impl Done {
    /// Duration.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate)
    }
}

/// Enhances one file. `None`: its outputs are there already, and that is enough.
///
/// # Errors
/// See [`Failure`]. Nothing is left under the outputs' names then.
pub fn enhance(
    input: &Path,
    outputs: &Outputs,
    studio: &Studio<'_>,
    bench: &mut Bench,
    bar: &mut Bar,
    interrupt: &Interrupt,
) -> Result<Option<Done>, Failure> {
    let arguments = studio.arguments();
    interrupt.check()?;
    if arguments.resume {
        studio.tidy(outputs);
    }
    if arguments.resume && outputs.iter().all(|(_, path)| outlet::is_there(path)) {
        return Ok(None);
    }
    let mut source = open(input, arguments, interrupt)?;
    let form = source.form().clone();
    let model = studio.model()?;
    let ensemble = bench
        .enhancer(studio, &model, form.rate, form.channels)
        .map_err(|problem| match problem {
            Problem::Model(failure) => failure,
            Problem::Form(source) => Failure::Enhancer {
                path: input.to_owned(),
                source,
            },
        })?;
    let mut outlets = outlet::open(input, outputs, arguments, &mut source, interrupt)?;
    let Some(first) = outlets.first() else {
        return Ok(None);
    };
    let written = first.form().clone();
    bar.begin(form.frames.unwrap_or(0), form.rate);
    let begun = Instant::now();
    let mut pass = Pass {
        input,
        bar,
        interrupt,
        frames: 0,
        before: arguments.json.then(|| Meter::new(form.rate, form.channels)),
    };
    pass.run(&mut source, ensemble, arguments, &mut outlets)?;
    let (frames, before) = (pass.frames, pass.before.map(|meter| meter.levels()));
    let late = source.late().map_err(|e| unreadable(input, e, interrupt))?;
    for outlet in &mut outlets {
        outlet.finish(&mut source, &late)?;
    }
    interrupt.check()?;
    let mut lost: Vec<String> = outlets.iter().flat_map(Outlet::lost).cloned().collect();
    lost.sort_unstable();
    lost.dedup();
    let done = Done {
        frames,
        rate: form.rate,
        latency: frames_at(ensemble.latency() as u64, form.rate, written.rate),
        model,
        clipped: outlets.iter().map(Outlet::clipped).sum(),
        damaged: source.damaged(),
        lost,
        levels: before.zip(outlets.first().and_then(Outlet::levels)),
        took: begun.elapsed(),
        form: written,
        headerless: outlets.iter().find_map(Outlet::headerless),
        outputs: outlets
            .iter()
            .map(|outlet| (outlet.part, outlet.path().to_owned()))
            .collect(),
    };
    let kept = outlet::keep(outlets, arguments)?;
    Ok(Some(done).filter(|_| kept > 0))
}

fn open(
    input: &Path,
    arguments: &EnhanceArguments,
    interrupt: &Interrupt,
) -> Result<Source, Failure> {
    let owned = || input.to_owned();
    let piped = |from: io::Result<Box<dyn io::Read + Send>>| {
        let source = from
            .map_err(SoundError::from)
            .and_then(|from| Source::pipe(from, arguments.raw));
        source.map_err(|e| unreadable(input, e, interrupt))
    };
    if input == Path::new("-") {
        return piped(pipe::read(io::stdin(), interrupt));
    }
    // Ahead of opening: reading a device might never end.
    match input.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(Failure::InputIsFolder(owned())),
        // Opening waits for who writes; an interruption ends the program out of that.
        Ok(metadata) if is_pipe(&metadata) => {
            return piped(File::open(input).and_then(|file| pipe::read(file, interrupt)));
        }
        Ok(metadata) if !metadata.is_file() => return Err(Failure::InputIsSpecial(owned())),
        _ => {}
    }
    Source::open(input, arguments.raw).map_err(|e| unreadable(input, e, interrupt))
}

/// A pipe with a name, such as a shell makes for `<(command)`.
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        metadata.file_type().is_fifo()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// What an interruption broke off is no fault of the input.
fn unreadable(input: &Path, source: SoundError, interrupt: &Interrupt) -> Failure {
    let path = input.to_owned();
    interrupt
        .check()
        .err()
        .unwrap_or(Failure::Input { path, source })
}

/// What stays the same while a file is gone through.
struct Pass<'a> {
    input: &'a Path,
    bar: &'a Bar,
    interrupt: &'a Interrupt,
    /// Read so far.
    frames: u64,
    before: Option<Meter>,
}

impl Pass<'_> {
    /// Goes through the whole source.
    fn run(
        &mut self,
        source: &mut Source,
        ensemble: &mut Ensemble,
        arguments: &EnhanceArguments,
        outlets: &mut [Outlet],
    ) -> Result<(), Failure> {
        let channels = ensemble.channels();
        let mut desk = Desk::new(self.input, source.form(), outlets, arguments)?;
        let mut parts = Parts::default();
        let mut input = Vec::new();
        // Samples still to be dropped at the start.
        let mut early = ensemble.latency();
        let mut ended = false;
        // Frames that were read and are still to be written.
        let mut left = 0;
        while !ended || left > 0 {
            self.interrupt.check()?;
            let hops = match ended {
                true => (early + left).div_ceil(ensemble.hop()).min(BATCH),
                false => BATCH,
            };
            let length = hops * ensemble.hop();
            input.resize(length * channels, 0.0);
            if ended {
                input.fill(0.0);
            } else {
                let came = self.read(source, &mut input)?;
                ended = came < length;
                left += came;
            }
            ensemble
                .process(&input, &mut parts)
                .map_err(|source| Failure::Enhancer {
                    path: self.input.to_owned(),
                    source,
                })?;
            let first = early.min(length);
            let last = length.min(first + left);
            early -= first;
            left -= last - first;
            desk.write(&parts, first..last, ended && left == 0, outlets)?;
            self.bar.advance((last - first) as u64);
        }
        Ok(())
    }

    fn read(&mut self, source: &mut Source, planar: &mut [f32]) -> Result<usize, Failure> {
        let came = source
            .read(planar)
            .map_err(|e| unreadable(self.input, e, self.interrupt))?;
        if let Some(before) = &mut self.before {
            before.add(planar, source.form().channels, 0..came);
        }
        self.frames += came as u64;
        Ok(came)
    }
}
