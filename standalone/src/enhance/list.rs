//! What is to be done: every input with its output, in one order, the same on every machine.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::interrupt::Interrupt;
use super::outlet::Part;
use super::{pattern, target};
use crate::cli::{EnhanceArguments, Shard};
use crate::failure::Failure;
use crate::sound::ENDINGS;

/// What Windows' editors put ahead of a text in UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// One file to be enhanced.
#[derive(Debug)]
pub struct Job {
    /// What is read.
    pub input: PathBuf,
    /// What is written, or why nothing can be.
    pub outputs: Result<Outputs, Failure>,
    /// Bytes of the input, as a measure of the work.
    pub weight: u64,
}

/// Where the parts of a sound go; at least one goes somewhere.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    /// Both parts under the faders.
    pub mix: Option<PathBuf>,
    /// The voice.
    pub voice: Option<PathBuf>,
    /// The background.
    pub background: Option<PathBuf>,
}

impl Outputs {
    /// Those that there are.
    pub fn iter(&self) -> impl Iterator<Item = (Part, &Path)> {
        let all = [
            (Part::Mix, &self.mix),
            (Part::Voice, &self.voice),
            (Part::Background, &self.background),
        ];
        all.into_iter()
            .filter_map(|(part, path)| Some((part, path.as_deref()?)))
    }
}

/// An input that was found, with the name it has in the output folder.
struct Found {
    input: Result<PathBuf, Failure>,
    name: PathBuf,
}

/// Lists what `arguments` ask for.
///
/// # Errors
/// When the list of files cannot be read, or somebody wants the program to end. What is wrong with one input
/// is in its [`Job`].
pub fn list(arguments: &EnhanceArguments, interrupt: &Interrupt) -> Result<Vec<Job>, Failure> {
    let parts = [&arguments.voice_out, &arguments.background_out];
    let folders: Vec<&Path> = [&arguments.out_dir]
        .into_iter()
        .chain(parts.into_iter().filter(|_| !arguments.names_one_file()))
        .filter_map(|folder| folder.as_deref())
        .collect();
    if arguments.recursive && folders.is_empty() {
        return Err(Failure::NoOutDir);
    }
    let mut found = Vec::new();
    for input in pattern::expanded(&arguments.inputs) {
        match input {
            Ok(input) if arguments.recursive && input.is_dir() => {
                walk(&input, &folders, &mut found, interrupt)?;
            }
            Ok(input) => found.push(Found::named(input)),
            Err(refused) => found.push(Found::none(&refused.typed, refused.failure)),
        }
    }
    if let Some(from) = &arguments.files_from {
        let listed = read_list(from, interrupt)?;
        if listed.is_empty() {
            found.push(Found::none(from, Failure::EmptyList(from.clone())));
        }
        found.extend(listed.into_iter().map(Found::listed));
    }
    if arguments.output.is_some() && found.len() > 1 {
        return Err(Failure::OneOutput(found.len()));
    }
    let is_pipe = |found: &Found| matches!(&found.input, Ok(path) if path == Path::new("-"));
    if found.iter().any(is_pipe) && (found.len() > 1 || arguments.out_dir.is_some()) {
        return Err(Failure::OnePipe);
    }
    let mut jobs: Vec<(PathBuf, Job)> = found
        .into_iter()
        .map(|found| (found.name.clone(), found.job(arguments)))
        .collect();
    refuse_shared(&mut jobs, arguments);
    jobs.retain(|(name, _)| arguments.shard.is_none_or(|shard| takes(shard, name)));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

impl Found {
    /// What was asked for, and is no file.
    fn none(asked: &Path, failure: Failure) -> Self {
        Self {
            name: asked.to_owned(),
            input: Err(failure),
        }
    }

    /// From the command line: the output has the file's own name.
    fn named(input: PathBuf) -> Self {
        let name = input.file_name().map_or_else(PathBuf::new, PathBuf::from);
        Self {
            input: Ok(input),
            name,
        }
    }

    /// From a list, which may well name files of the same name in several folders: a relative path
    /// keeps its folders.
    fn listed(input: PathBuf) -> Self {
        let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if input.components().all(is_plain) {
            let name = input.components().filter(|c| *c != Component::CurDir);
            return Self {
                name: name.collect(),
                input: Ok(input),
            };
        }
        Self::named(input)
    }

    fn job(self, arguments: &EnhanceArguments) -> Job {
        let input = match self.input {
            Ok(input) => input,
            Err(failure) => {
                return Job {
                    input: self.name,
                    outputs: Err(failure),
                    weight: 0,
                };
            }
        };
        Job {
            weight: input.metadata().map_or(0, |m| m.len()),
            outputs: outputs(&input, self.name, arguments),
            input,
        }
    }
}

fn outputs(input: &Path, name: PathBuf, arguments: &EnhanceArguments) -> Result<Outputs, Failure> {
    let name = target::written_name(name, arguments);
    let is_one = arguments.names_one_file() && arguments.out_dir.is_none();
    let part = |place: &Option<PathBuf>| {
        place.as_ref().map(|place| match is_one {
            true => place.clone(),
            false => place.join(&name),
        })
    };
    let (voice, background) = (part(&arguments.voice_out), part(&arguments.background_out));
    let mix = match (&arguments.output, &arguments.out_dir) {
        (Some(output), _) => Some(output.clone()),
        (None, Some(folder)) => Some(folder.join(&name)),
        (None, None) if voice.is_some() || background.is_some() => None,
        (None, None) => Some(target::default_path(input, arguments)),
    };
    let is_derived = mix.is_some() && arguments.output.is_none()
        || !is_one && (voice.is_some() || background.is_some());
    if target::is_nameless(input) && is_derived {
        return Err(Failure::Nameless(input.to_owned()));
    }
    Ok(Outputs {
        mix,
        voice,
        background,
    })
}

/// Appends the audio files below `root`, by name, without those in the output folders, and without what is
/// hidden, as patterns do; that there is none, where there is none.
fn walk(
    root: &Path,
    out_dirs: &[&Path],
    found: &mut Vec<Found>,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let before = found.len();
    let out_dirs: Vec<PathBuf> = out_dirs
        .iter()
        .filter_map(|folder| fs::canonicalize(folder).ok())
        .collect();
    let entries = WalkDir::new(root).follow_links(true).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(|entry| {
        let is_output =
            || fs::canonicalize(entry.path()).is_ok_and(|path| out_dirs.contains(&path));
        entry.depth() == 0 || !(is_hidden(entry) || entry.file_type().is_dir() && is_output())
    });
    for entry in entries {
        interrupt.check()?;
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_audio(entry.path()) => {
                let name = entry.path().strip_prefix(root).unwrap_or(entry.path());
                found.push(Found {
                    name: name.to_owned(),
                    input: Ok(entry.path().to_owned()),
                });
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let name = path.clone();
                let source = error.into();
                found.push(Found::none(&name, Failure::Folder { path, source }));
            }
        }
    }
    if found.len() == before {
        found.push(Found::none(root, Failure::NoSound(root.to_owned())));
    }
    Ok(())
}

/// As Unix has it: macOS writes `._talk.wav` beside `talk.wav` on foreign disks, which is no sound.
fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)))
}

/// The paths in a list, a line each. Empty lines mean nothing.
fn read_list(path: &Path, interrupt: &Interrupt) -> Result<Vec<PathBuf>, Failure> {
    let failed = |source| Failure::FileList {
        path: path.to_owned(),
        source,
    };
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(fs::File::open(path).map_err(failed)?)
    };
    let mut paths = Vec::new();
    let mut is_first = true;
    for line in BufReader::new(reader).split(b'\n') {
        interrupt.check()?;
        let mut line = line.map_err(failed)?;
        if is_first && line.starts_with(MARK) {
            line.drain(..MARK.len());
        }
        is_first = false;
        line.pop_if(|byte| *byte == b'\r');
        if !line.is_empty() {
            paths.push(path_of(line).map_err(failed)?);
        }
    }
    Ok(paths)
}

/// Names of files are bytes where the system has them so.
#[cfg(unix)]
fn path_of(line: Vec<u8>) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(line).into())
}

#[cfg(not(unix))]
fn path_of(line: Vec<u8>) -> io::Result<PathBuf> {
    let text = String::from_utf8(line);
    text.map(PathBuf::from)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Two inputs must not write one file, and none may write over another input.
fn refuse_shared(jobs: &mut [(PathBuf, Job)], arguments: &EnhanceArguments) {
    let absolute = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let inputs: HashMap<PathBuf, usize> = jobs
        .iter()
        .enumerate()
        .filter_map(|(at, (_, job))| Some((absolute(&job.input).ok()?, at)))
        .collect();
    let mut taken: HashMap<PathBuf, (usize, PathBuf)> = HashMap::new();
    for (at, (_, job)) in jobs.iter_mut().enumerate() {
        let Ok(outputs) = &job.outputs else { continue };
        let mut problem = None;
        for (part, output) in outputs.iter().filter(|(_, path)| *path != Path::new("-")) {
            let Ok(place) = absolute(output) else {
                continue;
            };
            // That an output is its own input is found when it is opened, by all its names.
            if inputs.get(&place).is_some_and(|other| *other != at) {
                let naming = target::naming(part, arguments);
                problem.get_or_insert(Failure::OutputIsInput(output.to_owned(), naming));
            } else if let Some((other, first)) = taken.insert(place, (at, job.input.clone())) {
                let path = output.to_owned();
                let second = job.input.clone();
                problem.get_or_insert(match other == at {
                    true => Failure::OneNameForTwo(path),
                    false => Failure::SharedOutput {
                        path,
                        first,
                        second,
                    },
                });
            }
        }
        if let Some(problem) = problem {
            job.outputs = Err(problem);
        }
    }
}

/// Whether `shard` takes the file of this name. A file's share depends on its name alone: what else
/// is in the list, and from which machine it is seen, changes nothing.
fn takes(shard: Shard, name: &Path) -> bool {
    let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    let hash = Sha256::digest(name.join("/").as_bytes());
    let hash = hash
        .iter()
        .take(8)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    hash % shard.of == shard.index
}
