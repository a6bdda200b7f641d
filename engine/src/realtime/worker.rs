//! The worker's half: a thread with a name, and the handle that ends it.

use std::sync::Arc;
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use super::pipeline::Pipeline;
use super::status::{Monitor, Shared, Status};
use crate::denormals::flushed;
use crate::enhancer::Enhancer;

/// Longest sleep of a worker that nobody wakes. Nothing depends on it: the port wakes it for every hop that
/// is to be heard.
const SLEEP: Duration = Duration::from_secs(1);

/// The worker's half, to be kept as long as the port plays. Dropping it ends the thread and waits for
/// the hop under way; a port that is left alone passes the aligned input through.
pub struct Worker {
    thread: Option<JoinHandle<Option<Box<Enhancer>>>>,
    shared: Arc<Shared>,
}

/// Says that the thread has ended, however it ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Starts the thread; gives also what the port wakes it by.
pub(super) fn spawn(
    name: &str,
    shared: &Arc<Shared>,
    prepare: Option<Box<dyn FnOnce() + Send>>,
    pipeline: Pipeline,
) -> std::io::Result<(Worker, Thread)> {
    let ending = Ending(Arc::clone(shared));
    let body = move || {
        let ending = ending;
        if let Some(prepare) = prepare {
            prepare();
        }
        let mut pipeline = pipeline;
        // Values that fade into nothing must not slow the recurrent parts down.
        flushed(|| {
            while !ending.0.is_stopping() {
                pipeline.run();
                // A wake-up that came since the ring was seen empty makes this return at once.
                thread::park_timeout(SLEEP);
            }
        });
        pipeline.into_enhancer()
    };
    let handle = thread::Builder::new().name(name.to_owned()).spawn(body)?;
    let thread = handle.thread().clone();
    let worker = Worker {
        thread: Some(handle),
        shared: Arc::clone(shared),
    };
    Ok((worker, thread))
}

impl Worker {
    /// How both halves are doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.monitor().status()
    }

    /// The status for others to read.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Ends the thread and hands out the enhancer for another stream, as it is (it remembers); `None`
    /// when its code had panicked.
    #[must_use]
    pub fn finish(mut self) -> Option<Box<Enhancer>> {
        self.end()
    }

    fn end(&mut self) -> Option<Box<Enhancer>> {
        self.shared.stop();
        let thread = self.thread.take()?;
        thread.thread().unpark();
        // The thread can only have panicked in code of this module; `Ending` has told the port.
        thread.join().ok().flatten()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
