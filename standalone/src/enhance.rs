//! `limpid enhance`: files in, files of the same form out, in constant memory.
//!
//! | module | its part |
//! |---|---|
//! | `list` | which inputs there are, and where each one's output goes |
//! | `pattern` | inputs that stand for several |
//! | `team` | several files at once; what becomes of each is told as it happens |
//! | `studio` | the model and the enhancers, kept from file to file |
//! | `pass` | one file from its first sample to its last |
//! | `desk` | what each output gets of the two parts, in the form that was asked for |
//! | `outlet` | an output: which part it gets, and what it is written as |
//! | `pipe` | an input that comes bit by bit |
//! | `target` | an output that is there whole or not at all |

mod desk;
mod interrupt;
mod list;
mod outlet;
mod pass;
mod pattern;
mod pipe;
mod progress;
mod record;
mod studio;
mod summary;
mod target;
mod team;

use std::io::IsTerminal;
use std::path::Path;

pub use self::pattern::is_pattern;
pub use self::target::{Target, allowed};

use self::interrupt::Interrupt;
use self::list::Outputs;
use self::progress::Progress;
use self::studio::{Bench, Studio};
use self::team::Tell;
use crate::cli::EnhanceArguments;
use crate::failure::Failure;

/// Hops that one call of the network advances by. A hop of a small network costs more to call than to
/// compute, and beyond some sixteen nothing more is gained.
pub const BATCH: usize = 16;

/// Runs the command.
///
/// # Errors
/// See [`Failure`]. What failed has left nothing under its output's name.
pub fn run(arguments: &EnhanceArguments) -> Result<(), Failure> {
    let interrupt = Interrupt::watch();
    let done = enhance(arguments, &interrupt);
    interrupt.leave();
    done
}

fn enhance(arguments: &EnhanceArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let jobs = list::list(arguments, interrupt)?;
    let streams = jobs.iter().filter_map(|job| job.outputs.as_ref().ok());
    let streams = streams.flat_map(Outputs::iter);
    let streams = streams.filter(|(_, path)| *path == Path::new("-")).count();
    if streams > 1 || (streams == 1 && arguments.json) {
        return Err(Failure::FullPipe);
    }
    if streams == 1 && std::io::stdout().is_terminal() {
        return Err(Failure::Terminal);
    }
    let studio = Studio::new(arguments);
    let progress = Progress::new(&jobs, arguments.quiet);
    let tell = Tell {
        json: arguments.json,
        quiet: arguments.quiet,
        one: jobs.len() == 1 && arguments.names_one_file(),
        alone: jobs.len() == 1,
        aside: streams == 1,
    };
    team::work(jobs, &studio, &progress, interrupt, &tell)
}
