//! Several files at once. A file that fails stops none of the others.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{thread, vec};

use super::interrupt::Interrupt;
use super::list::{Job, Outputs};
use super::pass::{self, Done};
use super::progress::Progress;
use super::studio::{Bench, Studio};
use super::{record, summary};
use crate::failure::Failure;
use crate::say;

/// How it is told what becomes of the files.
pub struct Tell {
    /// A line of JSON for each.
    pub json: bool,
    /// Errors alone.
    pub quiet: bool,
    /// There is one file and no list: its error is the program's.
    pub one: bool,
    /// The sound goes to standard output, so nothing else may.
    pub aside: bool,
}

impl Tell {
    fn line(&self, text: &str) -> Result<(), Failure> {
        if self.aside {
            eprintln!("{text}");
            return Ok(());
        }
        say::line(text)
    }
}

/// What becomes of the files, counted.
#[derive(Default)]
struct Counts {
    done: AtomicUsize,
    skipped: AtomicUsize,
    failed: AtomicUsize,
    stop: AtomicBool,
}

/// Does all `jobs`, on so many threads as were asked for.
///
/// # Errors
/// The one file's; [`Failure::SomeFailed`] when one of several failed, each having been told as
/// it happened; and what is wrong for all files alike, at once.
pub fn work(
    jobs: Vec<Job>,
    studio: &Studio<'_>,
    progress: &Progress,
    interrupt: &Interrupt,
    tell: &Tell,
) -> Result<(), Failure> {
    let of = jobs.len();
    let counts = Counts::default();
    let queue = Mutex::new(jobs.into_iter());
    let worker = || -> Result<(), Failure> {
        let mut bench = Bench::default();
        while let Some(job) = next(&queue)
            && !counts.stop.load(Ordering::Relaxed)
        {
            let Job {
                input,
                outputs,
                weight,
            } = job;
            let mut bar = progress.bar(&input, weight);
            let (outputs, outcome) = match outputs {
                Ok(outputs) => {
                    let outcome =
                        pass::enhance(&input, &outputs, studio, &mut bench, &mut bar, interrupt);
                    (Some(outputs), outcome)
                }
                Err(failure) => (None, Err(failure)),
            };
            drop(bar);
            let paths = (input.as_path(), outputs.as_ref());
            told(paths, outcome, progress, tell, &counts).inspect_err(|_| {
                counts.stop.store(true, Ordering::Relaxed);
            })?;
        }
        Ok(())
    };
    let wanted = studio.arguments().jobs.map_or_else(
        || thread::available_parallelism().map_or(1, NonZero::get),
        usize::from,
    );
    if wanted.min(of) <= 1 {
        worker()?;
    } else {
        all(wanted.min(of), &worker)?;
    }
    conclude(of, tell, progress, &counts)
}

/// Runs `worker` on so many threads, and returns the first failure.
fn all(threads: usize, worker: &(impl Fn() -> Result<(), Failure> + Sync)) -> Result<(), Failure> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let named = thread::Builder::new().name(format!("enhance {number}"));
                named.spawn_scoped(scope, worker)
            })
            .collect();
        let ends: Vec<_> = workers
            .into_iter()
            .map(|started| match started.map(|handle| handle.join()) {
                Ok(Ok(end)) => end,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(refused) => Err(Failure::NoThread(refused)),
            })
            .collect();
        ends.into_iter().collect()
    })
}

fn next(queue: &Mutex<vec::IntoIter<Job>>) -> Option<Job> {
    // Taking a job leaves the queue whole even where a worker panics later.
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Tells what became of a file. Fails when the others need not be tried.
fn told(
    (input, outputs): (&Path, Option<&Outputs>),
    outcome: Result<Option<Done>, Failure>,
    progress: &Progress,
    tell: &Tell,
    counts: &Counts,
) -> Result<(), Failure> {
    let count = match &outcome {
        Ok(Some(_)) => &counts.done,
        Ok(None) => &counts.skipped,
        Err(_) => &counts.failed,
    };
    count.fetch_add(1, Ordering::Relaxed);
    if matches!(&outcome, Err(failure) if failure.is_for_all()) {
        return outcome.map(|_| ());
    }
    if tell.json {
        let outcome = outcome.as_ref().map(Option::as_ref);
        let line = record::line(input, outputs, outcome);
        progress.aside(|| say::line(&line))?;
    } else if let (Ok(Some(done)), false) = (&outcome, tell.quiet) {
        let text = if tell.one {
            summary::full(done)
        } else {
            summary::short(done)
        };
        progress.aside(|| tell.line(&text))?;
    }
    match outcome {
        Err(failure) if tell.one => Err(failure),
        Err(failure) => {
            progress.aside(|| eprintln!("limpid: {failure}"));
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// The last line, for several files.
fn conclude(of: usize, tell: &Tell, progress: &Progress, counts: &Counts) -> Result<(), Failure> {
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let (done, skipped, failed) = (
        count(&counts.done),
        count(&counts.skipped),
        count(&counts.failed),
    );
    if failed > 0 {
        return Err(Failure::SomeFailed { failed, of });
    }
    if tell.json || tell.quiet || (tell.one && skipped == 0) {
        return Ok(());
    }
    let there = match skipped {
        0 => String::new(),
        _ => format!(", {skipped} there already"),
    };
    progress.aside(|| tell.line(&format!("{done} of {of} files enhanced{there}")))
}
