//! Everything that ends the program, each as the sentence that the user reads.

use std::io;
use std::path::{Path, PathBuf};

use limpid_engine::enhancer::EnhancerError;
use limpid_engine::network::ModelError;
use limpid_engine::runtime::RuntimeError;

use crate::sound::SoundError;

/// The option that names an output, which is what the advice in a sentence has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It names a file.
    File(&'static str),
    /// It names a folder, in which inputs have names of their own.
    Folder(&'static str),
}

impl Naming {
    /// The option itself.
    fn option(self) -> &'static str {
        match self {
            Self::File(option) | Self::Folder(option) => option,
        }
    }

    /// What else there is to do.
    fn otherwise(self) -> String {
        match self {
            Self::File(option) => format!("choose another name with {option}"),
            Self::Folder(option) => format!("choose another folder with {option}"),
        }
    }

    /// What to do about something that is there.
    fn instead(self) -> String {
        let skip = match self {
            Self::File(_) => "",
            Self::Folder(_) => "skip what is there with --resume, ",
        };
        format!("{skip}{}, or replace it with --force", self.otherwise())
    }
}

/// Why the program stops.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The input gives no samples.
    #[error("cannot read {}: {source}", named(.path))]
    Input {
        /// The input.
        path: PathBuf,
        /// What is wrong with it.
        source: SoundError,
    },
    /// The input is a folder.
    #[error("cannot read {}: it is a folder; name a file in it, or take all of it with --recursive and --out-dir", .0.display())]
    InputIsFolder(PathBuf),
    /// The input is a pipe, a device or the like, which cannot be read twice.
    #[error("cannot read {}: it is not an ordinary file; copy it into one first", .0.display())]
    InputIsSpecial(PathBuf),
    /// There is something under the output's name.
    #[error("{} exists already; {}", .0.display(), .1.instead())]
    OutputExists(PathBuf, Naming),
    /// The output is the input, by this name or another.
    #[error(
        "{} is the input itself; Limpid never writes to its input, {}",
        .0.display(), .1.otherwise()
    )]
    OutputIsInput(PathBuf, Naming),
    /// The output is a folder.
    #[error("{} is a folder; name the file to write in it", .0.display())]
    OutputIsFolder(PathBuf),
    /// The output's folder does not exist.
    #[error("the folder {} does not exist; make it first, or choose another with {}", .0.display(), .1.option())]
    NoOutputFolder(PathBuf, Naming),
    /// The output is a device, a pipe or the like: renaming over it would destroy it.
    #[error("{} is not an ordinary file and will not be replaced; {}", .0.display(), .1.otherwise())]
    OutputIsSpecial(PathBuf, Naming),
    /// The system refuses the output.
    #[error("cannot write {}: {source}; nothing was left there", written(.path))]
    Output {
        /// The output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The kind of file cannot hold what it would have to.
    #[error("cannot write {}: {source}", written(.path))]
    OutputForm {
        /// The output.
        path: PathBuf,
        /// Which limit.
        source: SoundError,
    },
    /// There is no way to the rate or the channels that were asked for.
    #[error("cannot convert {}: {source}", named(.path))]
    Convert {
        /// The input.
        path: PathBuf,
        /// What stands in the way.
        source: SoundError,
    },
    /// The output's name is that of a kind of file which is only read.
    #[error("cannot write {}: Limpid writes WAV and FLAC; name it .wav or .flac", .0.display())]
    OutputKind(PathBuf),
    /// A pipe that a shell made has a number for a name.
    #[error("{} has no name that an output could have; name one with -o (\"-\" is standard output)", .0.display())]
    Nameless(PathBuf),
    /// A pipe that would have to be read twice.
    #[error("cannot read {}: a pipe can be gone through once, and a picture and its figures take two; save it as a file and name that", named(.0))]
    InputOnce(PathBuf),
    /// Standard input among other inputs.
    #[error("standard input is one sound; enhance it alone, and name its output with -o")]
    OnePipe,
    /// Two streams for one pipe.
    #[error(
        "standard output takes one sound and nothing else; name a file for the others, and leave out --json"
    )]
    FullPipe,
    /// A person in front of a terminal.
    #[error("the sound would go to the terminal; redirect it, or name a file with -o")]
    Terminal,
    /// Whoever read standard output has gone. Nothing is said of it.
    #[error("standard output was closed")]
    PipeClosed,
    /// A folder of results is missing.
    #[error(
        "--recursive needs a folder to write into; name it with --out-dir (or --voice-out, --background-out)"
    )]
    NoOutDir,
    /// A folder of `--recursive` cannot be read, or leads into itself.
    #[error("cannot read {}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The list of `--files-from`.
    #[error("cannot read the list {}: {source}", listed_in(.path))]
    FileList {
        /// The list.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// One name for several outputs.
    #[error("-o names one file and there are {0} inputs; name a folder with --out-dir")]
    OneOutput(usize),
    /// Two inputs have the same output.
    #[error(
        "{} would be written for {} and again for {}; rename one, or enhance it in a run of its own",
        .path.display(), .first.display(), .second.display()
    )]
    SharedOutput {
        /// The output.
        path: PathBuf,
        /// The input that it is written for.
        first: PathBuf,
        /// The input that is refused.
        second: PathBuf,
    },
    /// Both parts, or a part and the mix.
    #[error("{} is named for two outputs of one sound; give each a name of its own", .0.display())]
    OneNameForTwo(PathBuf),
    /// The folder of an output cannot be made.
    #[error("cannot make the folder {}: {source}", .path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A mistake in Limpid, or in what it is made of.
    #[error(
        "cannot enhance {}: Limpid itself failed ({said}); please report it with the file, if that may be given away",
        named(.path)
    )]
    Panic {
        /// The input.
        path: PathBuf,
        /// The words of the panic.
        said: String,
    },
    /// A pattern that stands for nothing.
    #[error("no file is called like {}; is the pattern right, and the folder?", .0.display())]
    NoMatch(PathBuf),
    /// A folder of `--recursive` in which there is nothing to do.
    #[error("no sound file lies in {}; is it the right folder? Known endings and no hidden files are taken, others can be named", .0.display())]
    NoSound(PathBuf),
    /// A list that names nothing.
    #[error("the list {} names no file", listed_in(.0))]
    EmptyList(PathBuf),
    /// A pattern that is none.
    #[error("{} is neither a file nor a pattern: {said}", .path.display())]
    Pattern {
        /// What was typed.
        path: PathBuf,
        /// What is wrong with it.
        said: String,
    },
    /// Some of several files.
    #[error("{failed} of {of} files failed, see above{}", if failed < of { "; the others are done" } else { "" })]
    SomeFailed {
        /// How many.
        failed: usize,
        /// Of how many.
        of: usize,
    },
    /// The system gives no thread.
    #[error("cannot start a thread: {0}; try fewer with --jobs")]
    NoThread(io::Error),
    /// No model of that name.
    #[error("there is no model {name:?}; `limpid models list` shows those there are. Searched: {}", listed(.searched))]
    NoModel {
        /// The name that was asked for.
        name: String,
        /// The files that were tried, in order.
        searched: Vec<PathBuf>,
    },
    /// The ONNX Runtime library.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model keeps no contract; the table above says which part.
    #[error("{} does not keep Limpid's model contract: see the rows marked above", .0.display())]
    ModelRefused(PathBuf),
    /// Two sounds that are to be compared.
    #[error(
        "{} and {} differ in rate or channels, so they cannot be compared sample by sample",
        .first.display(), .second.display()
    )]
    OtherForm {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Likewise.
    #[error(
        "{} and {} differ in length, so they cannot be compared sample by sample",
        .first.display(), .second.display()
    )]
    OtherLength {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The picture.
    #[error(transparent)]
    Picture(#[from] limpid_drawing::DrawingError),
    /// The enhancer cannot run on this file, or the network failed in the middle of it.
    #[error("cannot enhance {}: {source}", named(.path))]
    Enhancer {
        /// The input.
        path: PathBuf,
        /// Why.
        source: EnhancerError,
    },
    /// Something that `limpid doctor` looked for is not there.
    #[error("something that Limpid needs is missing or broken: see above")]
    NotWell,
    /// Ctrl-C, or the system asked the program to end.
    #[error("interrupted; no unfinished file was left")]
    Interrupted,
    /// There is something under a recording's name.
    #[error("{} exists already; choose another name with --record, or replace it with --force", .0.display())]
    RecordingExists(PathBuf),
    /// The live part cannot start, or has ended by itself.
    #[error("{0}")]
    Live(String),
    /// Standard output went away.
    #[error("cannot print the result: {0}")]
    Print(io::Error),
}

impl Failure {
    /// 1, or 130 after an interruption, as shells have it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            // What a shell reports of a program that a closed pipe has ended.
            Self::PipeClosed => 141,
            Self::OneOutput(_)
            | Self::OnePipe
            | Self::FullPipe
            | Self::Terminal
            | Self::Nameless(_)
            | Self::NoOutDir => 2,
            _ => 1,
        }
    }

    /// Whether nothing is to be said of it.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::PipeClosed)
    }

    /// Whether every other file would meet the same.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        matches!(
            self,
            Self::NoModel { .. }
                | Self::Runtime(_)
                | Self::Model(_)
                | Self::Interrupted
                | Self::Print(_)
                | Self::PipeClosed
                | Self::NoThread(_)
        )
    }
}

/// What an input is called where a person reads it.
fn named(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// What an output is called where a person reads it.
fn written(path: &Path) -> String {
    if path == Path::new("-") {
        "standard output".to_owned()
    } else {
        path.display().to_string()
    }
}

/// What a list is called, behind "the list".
fn listed_in(path: &Path) -> String {
    if path == Path::new("-") {
        "on standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    paths.join(", ")
}
