//! Several files at once. A file that fails stops none of the others, not even one that makes Limpid itself
//! fail.

use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{thread, vec};

use super::interrupt::Interrupt;
use super::list::{Job, Outputs};
use super::pass::{self, Done};
use super::progress::{Bar, Progress};
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
    /// One file was named and no list.
    pub one: bool,
    /// Whatever was named, it is one file: its error is the program's.
    pub alone: bool,
    /// The sound goes to standard output, so nothing else may.
    pub aside: bool,
}

impl Tell {
    fn line(&self, text: &str) -> Result<(), Failure> {
        if self.aside {
            say::error(text);
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
    let pass = |input: &Path, outputs: &Outputs, bench: &mut Bench, bar: &mut Bar| {
        pass::enhance(input, outputs, studio, bench, bar, interrupt)
    };
    let wanted = studio.arguments().jobs.map_or_else(
        || thread::available_parallelism().map_or(1, NonZero::get),
        usize::from,
    );
    each(jobs, wanted, progress, tell, &pass)
}

/// Does `pass` with each of `jobs`, so many at once.
fn each<P>(
    jobs: Vec<Job>,
    wanted: usize,
    progress: &Progress,
    tell: &Tell,
    pass: &P,
) -> Result<(), Failure>
where
    P: Fn(&Path, &Outputs, &mut Bench, &mut Bar) -> Result<Option<Done>, Failure> + Sync,
{
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
                    let outcome = guarded(&input, || pass(&input, &outputs, &mut bench, &mut bar));
                    if matches!(outcome, Err(Failure::Panic { .. })) {
                        // Nobody knows what it was in the middle of.
                        bench = Bench::default();
                    }
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
    if wanted.min(of) <= 1 {
        worker()?;
    } else {
        all(wanted.min(of), &worker)?;
    }
    conclude(of, tell, progress, &counts)
}

/// Turns a panic, which is a mistake in Limpid or in what it is made of, into the failure of one file. The
/// place where it happened has been printed by then.
fn guarded<T>(input: &Path, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // What `work` leaves half done is its own file, which is dropped, and a bench that is not used again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(Failure::Panic {
            path: input.to_owned(),
            said: said(panic.as_ref()),
        })
    })
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no more is known").to_owned()
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
        Err(failure) if tell.alone => Err(failure),
        Err(failure) => {
            progress.aside(|| say::error(&format!("limpid: {failure}")));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use std::path::PathBuf;

    use super::*;

    fn jobs(names: &[&str]) -> Vec<Job> {
        let job = |name: &&str| Job {
            input: PathBuf::from(name),
            outputs: Ok(Outputs::default()),
            weight: 1,
        };
        names.iter().map(job).collect()
    }

    #[test]
    fn a_panic_costs_one_file() {
        for at_once in [1, 3] {
            let done = Mutex::new(Vec::new());
            let pass = |input: &Path, _: &Outputs, _: &mut Bench, _: &mut Bar| {
                assert!(input != Path::new("b"), "no such place: {}", 7);
                done.lock().expect("a list").push(input.to_owned());
                Ok(None)
            };
            let jobs = jobs(&["a", "b", "c", "d"]);
            let progress = Progress::new(&jobs, true);
            let tell = Tell {
                json: false,
                quiet: true,
                one: false,
                alone: false,
                aside: false,
            };
            let ended = each(jobs, at_once, &progress, &tell, &pass);
            assert!(matches!(
                ended,
                Err(Failure::SomeFailed { failed: 1, of: 4 })
            ));
            let mut done = done.into_inner().expect("a list");
            done.sort();
            assert_eq!(done, ["a", "c", "d"].map(PathBuf::from));
        }
    }

    #[test]
    fn a_panic_is_told_with_its_file_and_its_words() {
        let failed = guarded::<()>(Path::new("x.mp3"), || panic!("no such place: {}", 7));
        let said = failed.expect_err("a failure").to_string();
        assert!(
            said.contains("x.mp3") && said.contains("no such place: 7"),
            "{said}"
        );
    }
}
