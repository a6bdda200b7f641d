//! `limpid enhance`: files in, files of the same form out, in constant memory.
//!
//! | module | its part |
//! |---|---|
//! | `list` | which inputs there are, and where each one's output goes |
//! | `team` | several files at once; what becomes of each is told as it happens |
//! | `studio` | the model and the enhancers, kept from file to file |
//! | `pass` | one file from its first sample to its last |
//! | `target` | an output that is there whole or not at all |

mod interrupt;
mod level;
mod list;
mod pass;
mod progress;
mod record;
mod studio;
mod summary;
mod target;
mod team;

use self::interrupt::Interrupt;
use self::progress::Progress;
use self::studio::{Bench, Studio};
use self::team::Tell;
use crate::cli::EnhanceArguments;
use crate::failure::Failure;

/// Hops that one call of the network advances by. A hop of a small network costs more to call than to
/// compute, and beyond some sixteen nothing more is gained.
const BATCH: usize = 16;

/// Runs the command.
///
/// # Errors
/// See [`Failure`]. What failed has left nothing under its output's name.
pub fn run(arguments: &EnhanceArguments) -> Result<(), Failure> {
    let interrupt = Interrupt::watch();
    let jobs = list::list(arguments)?;
    let studio = Studio::new(arguments);
    let progress = Progress::new(&jobs, arguments.quiet);
    let tell = Tell {
        json: arguments.json,
        quiet: arguments.quiet,
        one: jobs.len() == 1 && arguments.names_one_file(),
    };
    team::work(jobs, &studio, &progress, &interrupt, &tell)
}
