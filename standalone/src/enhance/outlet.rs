//! An output on its way: which part of the sound it gets, and what it is written as.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::interrupt::{Interrupt, Unfinished};
use super::list::Outputs;
use super::target::{self, Target};
use crate::cli::EnhanceArguments;
use crate::failure::Failure;
use crate::level::{Levels, Meter};
use crate::sound::{Container, Form, Place, Quantiser, Raw, Sink, SoundError, Source, frames_at};
use crate::wav::{Kept, Samples, WavError};

/// What an output is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Both parts under the faders.
    Mix,
    /// The voice, untouched by the faders.
    Voice,
    /// The background, likewise.
    Background,
}

/// An output that is being written.
pub struct Outlet {
    /// What it is made of.
    pub part: Part,
    path: PathBuf,
    form: Form,
    quantiser: Quantiser,
    /// Taken when it is finished.
    sink: Option<Sink>,
    /// None for a pipe.
    target: Option<(Target, Unfinished)>,
    meter: Option<Meter>,
    lost: Vec<String>,
    /// How the samples of an input that has a header are stored without one.
    headerless: Option<Raw>,
}

/// Opens all outputs that are to be written. With `--resume`, those that are there are not.
///
/// # Errors
/// When one of them cannot be written; nothing is left of the others then.
pub fn open(
    input: &Path,
    outputs: &Outputs,
    arguments: &EnhanceArguments,
    source: &mut Source,
    interrupt: &Interrupt,
) -> Result<Vec<Outlet>, Failure> {
    let mut outlets = Vec::new();
    for (part, path) in outputs.iter() {
        if arguments.resume && is_there(path) {
            continue;
        }
        let mut outlet = Outlet::open(part, input, path, arguments, source, interrupt)?;
        if arguments.json && outlets.is_empty() {
            outlet.meter = Some(Meter::new(outlet.form.rate, outlet.form.channels));
        }
        outlets.push(outlet);
    }
    Ok(outlets)
}

/// Whether an output is there. A file that is called like a pipe is none.
pub fn is_there(path: &Path) -> bool {
    path != Path::new("-") && path.is_file()
}

/// Gives all written files their names: all of them, or none. Returns how many.
///
/// With `--resume` another worker may have been quicker with one of them; with the same arguments it wrote
/// the same, so that one is done as well.
///
/// # Errors
/// When the system refuses one of the names.
pub fn keep(outlets: Vec<Outlet>, arguments: &EnhanceArguments) -> Result<usize, Failure> {
    let mut kept = Vec::new();
    // Until the last has its name, or all are gone.
    let mut begun = Vec::new();
    let mut count = 0;
    for outlet in outlets {
        let Some((target, unfinished)) = outlet.target else {
            count += 1;
            continue;
        };
        begun.push(unfinished);
        match target.keep(arguments.force, target::naming(outlet.part, arguments)) {
            Ok(()) => kept.push(outlet.path),
            Err(Failure::OutputExists(..)) if arguments.resume => {}
            Err(failure) => {
                for path in kept {
                    // What was replaced cannot come back; a part alone would be worse than none.
                    let _ = fs::remove_file(path);
                }
                return Err(failure);
            }
        }
    }
    Ok(count + kept.len())
}

impl Outlet {
    fn open(
        part: Part,
        input: &Path,
        path: &Path,
        arguments: &EnhanceArguments,
        source: &mut Source,
        interrupt: &Interrupt,
    ) -> Result<Self, Failure> {
        let container = target::container(path, arguments)?;
        let form = form(source.form(), container, arguments);
        let (target, place) = if path == Path::new("-") {
            (None, Place::stdout())
        } else {
            if arguments.out_dir.is_some() || !arguments.names_one_file() {
                target::make_folder(path)?;
            }
            let unfinished = interrupt.begin()?;
            let naming = target::naming(part, arguments);
            let target = Target::new(input, path, arguments.force, naming)?;
            let file = target.writer().try_clone();
            let file = file.map_err(|e| refused(path, e.into()))?;
            (Some((target, unfinished)), Place::File(file))
        };
        let quantiser = Quantiser::new(source.form(), &form, form.samples);
        let (sink, lost) = Sink::begin(place, container, &form, arguments.raw, source)
            .map_err(|e| refused(path, e))?;
        Ok(Self {
            headerless: sink.raw().filter(|_| arguments.raw.is_none()),
            part,
            path: path.to_owned(),
            form,
            quantiser,
            sink: Some(sink),
            target,
            meter: None,
            lost,
        })
    }

    /// Rounds `frames` of `planar` to what will be written.
    pub fn round(&mut self, planar: &mut [f32], frames: Range<usize>) {
        self.quantiser.round(planar, self.form.channels, frames);
    }

    /// Writes `frames` of `planar`, which are rounded.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> Result<(), Failure> {
        if let Some(meter) = &mut self.meter {
            meter.add(planar, self.form.channels, frames.clone());
        }
        match &mut self.sink {
            Some(sink) => sink
                .write(planar, frames)
                .map_err(|e| refused(&self.path, e)),
            None => Ok(()),
        }
    }

    /// Writes what stands behind the samples. What is left is to give the file its name.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(&mut self, source: &mut Source, late: &[Kept]) -> Result<(), Failure> {
        if let Some(sink) = self.sink.take() {
            let failed = |e| refused(&self.path, e);
            if self.target.is_none() || !sink.takes_late() {
                self.lost.extend(late.iter().map(Kept::shown));
            }
            let (late, lost) = source.fitted(late.to_vec(), &self.form).map_err(failed)?;
            self.lost.extend(lost);
            sink.finish(source, late).map_err(failed)?;
        }
        Ok(())
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Samples that had to be clipped.
    pub fn clipped(&self) -> u64 {
        self.quantiser.clipped()
    }

    /// Levels, if they were measured.
    pub fn levels(&self) -> Option<Levels> {
        self.meter.as_ref().map(Meter::levels)
    }

    /// What is to be said to read it again, where the input said so itself.
    pub fn headerless(&self) -> Option<Raw> {
        self.headerless
    }

    /// Names of what the source has beside its samples and this output has not.
    pub fn lost(&self) -> &[String] {
        &self.lost
    }
}

/// What an output is stored as: like the source, where the container can and nothing else was asked.
fn form(source: &Form, container: Container, arguments: &EnhanceArguments) -> Form {
    let kept = match source.samples {
        // What was lossy has no depth; 24 bits are more than it has.
        _ if source.is_lossy => Samples::integers(24),
        samples if samples.is_float() && container == Container::Flac => Samples::integers(24),
        samples => Some(samples),
    };
    let rate = arguments.rate.unwrap_or(source.rate);
    let channels = arguments.channels.map_or(source.channels, usize::from);
    Form {
        rate,
        channels,
        samples: arguments.bits.or(kept).unwrap_or(source.samples),
        // One or two channels need no word.
        mask: if channels == source.channels {
            source.mask
        } else {
            0
        },
        frames: source
            .frames
            .map(|frames| frames_at(frames, source.rate, rate)),
        ..source.clone()
    }
}

/// A broken pipe is no failure to be told: whoever read it has seen enough.
fn refused(path: &Path, error: SoundError) -> Failure {
    let is_pipe = path == Path::new("-");
    match error.io().map(io::Error::kind) {
        Some(io::ErrorKind::BrokenPipe) if is_pipe => return Failure::PipeClosed,
        _ => {}
    }
    let path = path.to_owned();
    match error {
        SoundError::Io(source) | SoundError::Wav(WavError::Io(source)) => {
            Failure::Output { path, source }
        }
        source => Failure::OutputForm { path, source },
    }
}
