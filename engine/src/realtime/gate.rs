//! Where the port waits for the worker, when waiting is allowed at all.
//!
//! In real time nobody ever waits here and the worker pays one atomic load a hop. The lock is taken
//! by a port that is about to wait, and by a worker that has seen it wait.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Gate {
    waiting: AtomicBool,
    lock: Mutex<()>,
    opened: Condvar,
}

impl Gate {
    /// Waits until `remaining` gives `None`; it is asked after each [`Gate::notify`], and after the
    /// time that it gave.
    pub(super) fn wait(&self, mut remaining: impl FnMut() -> Option<Duration>) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(true, Ordering::Relaxed);
        // Either this thread sees what the worker published before its fence, or the worker sees
        // `waiting` after it; and as the lock is held until the wait, the notice cannot be lost.
        fence(Ordering::SeqCst);
        while let Some(time) = remaining() {
            guard = self
                .opened
                .wait_timeout(guard, time)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// Tells a waiting port to look again. Free of locks when none waits.
    pub(super) fn notify(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.opened.notify_one();
        }
    }
}
