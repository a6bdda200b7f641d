//! What both halves tell the rest of the program, and each other, without a lock in real time.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::gate::Gate;

/// How the two halves are doing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// Hops that were not there in time since the start.
    pub misses: u64,
    /// Hops that the worker has computed since the start, in time or not.
    pub hops: u64,
    /// Times that the port has woken the worker since the start: once a hop, or a block that is
    /// longer; more rarely on digital silence.
    pub wakes: u64,
    /// Samples of input that found no room, as the worker had stalled for longer than the rings last.
    pub lost: u64,
    /// Computing time over time, about the last half second; 1 is all of a core.
    pub load: f32,
    /// The dearest single hop since the start, computing time over its duration.
    pub peak_load: f32,
    /// Least time in samples between a hop handed over and the block that needs it, since the start;
    /// negative when it came too late. `None` before the first hop.
    pub slack: Option<i64>,
    /// Why the aligned input is passed through instead of the enhanced signal.
    pub failed: Option<String>,
    /// Why the last model that was offered has not taken over.
    pub rejected: Option<String>,
    /// Latency in samples that the model which waits for the next activation would give.
    pub pending_latency: Option<usize>,
}

/// A view of the status for whoever shows it; cheap to clone, for any thread but the audio thread.
#[derive(Clone)]
pub struct Monitor {
    pub(super) shared: Arc<Shared>,
}

impl Monitor {
    /// As it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }
}

/// Bits of a progress word that hold the position; the rest hold the epoch's low bits.
const POSITION_BITS: u32 = 48;
const POSITION_MASK: u64 = (1 << POSITION_BITS) - 1;

/// Read and written by both halves.
pub(super) struct Shared {
    /// Epoch and position that the port has reached, in one word so that they belong together.
    progress: AtomicU64,
    misses: AtomicU64,
    hops: AtomicU64,
    wakes: AtomicU64,
    lost: AtomicU64,
    /// Bits of an `f32`.
    load: AtomicU32,
    /// Bits of an `f32`.
    peak_load: AtomicU32,
    slack: AtomicI64,
    failed: AtomicBool,
    /// The worker's thread has ended.
    ended: AtomicBool,
    stopping: AtomicBool,
    /// Never touched by the audio thread.
    words: Mutex<Words>,
    pub(super) gate: Gate,
}

#[derive(Default)]
struct Words {
    failed: Option<String>,
    rejected: Option<String>,
    pending_latency: Option<usize>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            progress: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            hops: AtomicU64::new(0),
            wakes: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            load: AtomicU32::new(0),
            peak_load: AtomicU32::new(0),
            slack: AtomicI64::new(i64::MAX),
            failed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            words: Mutex::new(Words::default()),
            gate: Gate::default(),
        }
    }

    fn status(&self) -> Status {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let slack = self.slack.load(Ordering::Relaxed);
        Status {
            misses: self.misses.load(Ordering::Relaxed),
            hops: self.hops.load(Ordering::Acquire),
            wakes: self.wakes.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            load: f32::from_bits(self.load.load(Ordering::Relaxed)),
            peak_load: f32::from_bits(self.peak_load.load(Ordering::Relaxed)),
            slack: (slack != i64::MAX).then_some(slack),
            failed: words.failed.clone(),
            rejected: words.rejected.clone(),
            pending_latency: words.pending_latency,
        }
    }

    // The port's side.

    pub(super) fn reach(&self, epoch: u32, position: u64) {
        let word = (u64::from(epoch) << POSITION_BITS) | (position & POSITION_MASK);
        self.progress.store(word, Ordering::Release);
    }

    pub(super) fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_wake(&self) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_lost(&self, samples: usize) {
        self.lost.fetch_add(samples as u64, Ordering::Relaxed);
    }

    /// Whether no hop is to be expected: the network has failed, or the worker is gone.
    pub(super) fn is_down(&self) -> bool {
        self.failed.load(Ordering::Acquire) || self.ended.load(Ordering::Acquire)
    }

    // The worker's side.

    /// How far the port has come in `epoch`; `None` when it is in another one.
    pub(super) fn reached(&self, epoch: u32) -> Option<u64> {
        let word = self.progress.load(Ordering::Acquire);
        let same = word >> POSITION_BITS == u64::from(epoch) & (u64::MAX >> POSITION_BITS);
        same.then_some(word & POSITION_MASK)
    }

    pub(super) fn count_hop(&self) {
        self.hops.fetch_add(1, Ordering::Release);
    }

    pub(super) fn note_slack(&self, slack: i64) {
        self.slack.fetch_min(slack, Ordering::Relaxed);
    }

    pub(super) fn set_load(&self, load: f32, peak: f32) {
        self.load.store(load.to_bits(), Ordering::Relaxed);
        self.peak_load.store(peak.to_bits(), Ordering::Relaxed);
    }

    /// From now on the port passes the aligned input through.
    pub(super) fn fail(&self, reason: &str) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.failed = Some(reason.to_owned());
        drop(words);
        self.failed.store(true, Ordering::Release);
        self.gate.notify();
    }

    /// The network works again.
    pub(super) fn recover(&self) {
        if self.failed.swap(false, Ordering::Release) {
            let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            words.failed = None;
        }
    }

    pub(super) fn reject(&self, reason: Option<&str>) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.rejected = reason.map(str::to_owned);
    }

    // The loader's side.

    pub(super) fn set_pending_latency(&self, latency: Option<usize>) {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.pending_latency = latency;
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.gate.notify();
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
