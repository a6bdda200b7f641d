//! How a stream is doing, told by its callbacks in atomics.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// Written by callbacks, read by whoever watches.
#[derive(Debug, Default)]
pub struct Health {
    calls: AtomicU64,
    longest: AtomicU64,
    /// Between the device and the callback, in microseconds.
    delay: AtomicU64,
    xruns: AtomicU64,
    /// A [`Loss`], or 0.
    loss: AtomicU8,
    /// The stream is being closed: what its error callback says then is not meant.
    closing: AtomicBool,
}

/// Why a stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Loss {
    /// Unplugged, or its server is gone.
    Device = 1,
    /// It must be made anew.
    Invalid = 2,
}

impl Health {
    /// A callback of so many frames; `delay` is between the device and it.
    pub fn called(&self, frames: usize, delay: Option<Duration>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.longest.fetch_max(frames as u64, Ordering::Relaxed);
        if let Some(delay) = delay {
            let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
            self.delay.store(micros, Ordering::Relaxed);
        }
    }

    pub fn xrun(&self) {
        self.xruns.fetch_add(1, Ordering::Relaxed);
    }

    /// The first loss counts.
    pub fn lose(&self, loss: Loss) {
        if !self.closing.load(Ordering::Relaxed) {
            let _ = self
                .loss
                .compare_exchange(0, loss as u8, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// From now on nothing counts as a loss.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Frames of the longest callback so far.
    pub fn longest(&self) -> usize {
        usize::try_from(self.longest.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    pub fn delay(&self) -> Duration {
        Duration::from_micros(self.delay.load(Ordering::Relaxed))
    }

    pub fn xruns(&self) -> u64 {
        self.xruns.load(Ordering::Relaxed)
    }

    pub fn loss(&self) -> Option<Loss> {
        match self.loss.load(Ordering::Relaxed) {
            1 => Some(Loss::Device),
            2 => Some(Loss::Invalid),
            _ => None,
        }
    }
}
