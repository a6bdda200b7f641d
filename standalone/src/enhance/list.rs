//! What is to be done: every input with its output, in one order, the same on every machine.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::target;
use crate::cli::{EnhanceArguments, Shard};
use crate::failure::Failure;

/// Endings of the files that are taken from a folder. A file that is named is taken whatever it is called.
const ENDINGS: [&str; 3] = ["wav", "wave", "rf64"];

/// One file to be enhanced.
#[derive(Debug)]
pub struct Job {
    /// What is read.
    pub input: PathBuf,
    /// What is written, or why this one cannot be.
    pub output: Result<PathBuf, Failure>,
    /// Bytes of the input, as a measure of the work.
    pub weight: u64,
}

/// An input that was found, with the name it has in the output folder.
struct Found {
    input: Result<PathBuf, Failure>,
    name: PathBuf,
}

/// Lists what `arguments` ask for.
///
/// # Errors
/// When the list of files cannot be read. What is wrong with one input is in its [`Job`].
pub fn list(arguments: &EnhanceArguments) -> Result<Vec<Job>, Failure> {
    let mut found = Vec::new();
    for input in &arguments.inputs {
        if arguments.recursive && input.is_dir() {
            walk(input, arguments.out_dir.as_deref(), &mut found);
        } else {
            found.push(Found::named(input.clone()));
        }
    }
    if let Some(from) = &arguments.files_from {
        found.extend(read_list(from)?.into_iter().map(Found::listed));
    }
    if arguments.output.is_some() && found.len() > 1 {
        return Err(Failure::OneOutput(found.len()));
    }
    let mut jobs: Vec<(PathBuf, Job)> = found
        .into_iter()
        .map(|found| (found.name.clone(), found.job(arguments)))
        .collect();
    refuse_shared(&mut jobs);
    jobs.retain(|(name, _)| arguments.shard.is_none_or(|shard| takes(shard, name)));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

impl Found {
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
                    output: Err(failure),
                    weight: 0,
                };
            }
        };
        let output = match (&arguments.output, &arguments.out_dir) {
            (Some(output), _) => output.clone(),
            (None, Some(folder)) => folder.join(&self.name),
            (None, None) => target::default_path(&input, &arguments.controls()),
        };
        Job {
            weight: input.metadata().map_or(0, |m| m.len()),
            output: Ok(output),
            input,
        }
    }
}

/// Appends the audio files below `root`, by name, without those in the output folder.
fn walk(root: &Path, out_dir: Option<&Path>, found: &mut Vec<Found>) {
    let out_dir = out_dir.and_then(|folder| fs::canonicalize(folder).ok());
    let entries = WalkDir::new(root).follow_links(true).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(|entry| {
        let is_output = |out: &PathBuf| {
            entry.file_type().is_dir() && fs::canonicalize(entry.path()).is_ok_and(|p| p == *out)
        };
        entry.depth() == 0 || !out_dir.as_ref().is_some_and(is_output)
    });
    for entry in entries {
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
                let name = error.path().unwrap_or(root).to_owned();
                found.push(Found {
                    input: Err(Failure::Folder {
                        path: name.clone(),
                        source: error.into(),
                    }),
                    name,
                });
            }
        }
    }
}

fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)))
}

/// The paths in a list, a line each. Empty lines mean nothing.
fn read_list(path: &Path) -> Result<Vec<PathBuf>, Failure> {
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
    for line in BufReader::new(reader).lines() {
        let line = line.map_err(failed)?;
        if !line.is_empty() {
            paths.push(PathBuf::from(line));
        }
    }
    Ok(paths)
}

/// Two inputs must not write one file, and none may write over another input.
fn refuse_shared(jobs: &mut [(PathBuf, Job)]) {
    let absolute = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let inputs: HashMap<PathBuf, usize> = jobs
        .iter()
        .enumerate()
        .filter_map(|(at, (_, job))| Some((absolute(&job.input).ok()?, at)))
        .collect();
    let mut outputs: HashMap<PathBuf, PathBuf> = HashMap::new();
    for (at, (_, job)) in jobs.iter_mut().enumerate() {
        let Ok(output) = &job.output else { continue };
        let Ok(place) = absolute(output) else {
            continue;
        };
        // That an output is its own input is found when it is opened, by all its names.
        if inputs.get(&place).is_some_and(|other| *other != at) {
            job.output = Err(Failure::OutputIsInput(output.clone()));
        } else if let Some(first) = outputs.insert(place, job.input.clone()) {
            job.output = Err(Failure::SharedOutput {
                path: output.clone(),
                first,
                second: job.input.clone(),
            });
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
