//! Sessions that the streams of a model take turns with.
//!
//! A session holds the weights, some megabytes that each hop reads all of; what a stream remembers is
//! small and stands outside. So streams have no session of their own: for one hop each takes one that
//! is idle, the one that was used last, whose weights are still in the processor's caches. There are as
//! many sessions as streams can run at once and no more, so a stream waits only while every core has a
//! hop of the same model to compute.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::lane::Lane;

/// The sessions of one model, each for one hop a call.
pub(super) struct Pool {
    state: Mutex<State>,
    returned: Condvar,
    /// Sessions that there are at most: one for each core.
    most: usize,
}

#[derive(Default)]
struct State {
    idle: Vec<Lane>,
    /// Sessions in all, those that are at work included.
    there: usize,
    seats: usize,
}

impl State {
    /// Lets go of idle sessions that the seats no longer need.
    fn trim(&mut self, most: usize) -> Vec<Lane> {
        let needed = self.seats.min(most);
        let surplus = self.there.saturating_sub(needed).min(self.idle.len());
        self.there -= surplus;
        // The ones that were not used for longest.
        self.idle.drain(..surplus).collect()
    }
}

impl Pool {
    /// Without any session yet.
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            state: Mutex::default(),
            returned: Condvar::new(),
            // With one alone, a stream that is kept from running would keep all others waiting.
            most: cores.max(2),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one thread that runs streams, and a session for it if there is a core for it too.
    ///
    /// # Errors
    /// Those of `open`, which makes a session and takes its time.
    pub(super) fn join<E>(
        self: &Arc<Self>,
        open: impl FnOnce() -> Result<Lane, E>,
    ) -> Result<Arc<Seat>, E> {
        // Before the session is made, so that another who joins meanwhile makes one as well.
        let wanted = {
            let mut state = self.lock();
            state.seats += 1;
            let wanted = state.there < state.seats.min(self.most);
            state.there += usize::from(wanted);
            wanted
        };
        // From here on, what fails gives the place back.
        let seat = Arc::new(Seat(Arc::clone(self)));
        if wanted {
            match open() {
                Ok(lane) => self.put_back(lane),
                Err(error) => {
                    self.lock().there -= 1;
                    self.returned.notify_all();
                    return Err(error);
                }
            }
        }
        Ok(seat)
    }

    fn put_back(&self, lane: Lane) {
        let surplus = {
            let mut state = self.lock();
            state.idle.push(lane);
            state.trim(self.most)
        };
        self.returned.notify_one();
        drop(surplus);
    }

    /// Waits for a session; `None` when there is none to wait for, as the system let none be made.
    fn take(&self) -> Option<Lane> {
        let waited = self.returned.wait_while(self.lock(), |state| {
            state.idle.is_empty() && state.there > 0
        });
        waited.unwrap_or_else(PoisonError::into_inner).idle.pop()
    }
}

/// A place among the streams that share a model's sessions.
pub(super) struct Seat(Arc<Pool>);

impl Seat {
    /// Runs `work` with a session that nobody else uses meanwhile; `None` when none could be made.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let mut taken = Taken {
            lane: self.0.take(),
            pool: &self.0,
        };
        taken.lane.as_mut().map(work)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let surplus = {
            let mut state = self.0.lock();
            state.seats -= 1;
            state.trim(self.0.most)
        };
        drop(surplus);
    }
}

/// A session in use, which goes back even if the work with it panics.
struct Taken<'a> {
    lane: Option<Lane>,
    pool: &'a Pool,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.pool.put_back(lane);
        }
    }
}
