//! How a stream is doing, told by its callbacks in atomics.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// Share of a new value in the one that is told: it follows within half a second of blocks of 10 ms.
const SMOOTHING: f64 = 0.05;
/// Parts of a frame that are counted.
const FINE: f64 = 1000.0;

/// Written by callbacks, read by whoever watches.
#[derive(Debug, Default)]
pub struct Health {
    calls: AtomicU64,
    longest: AtomicU64,
    /// Frames of a callback, smoothed, times [`FINE`].
    usual: AtomicU64,
    /// Between the device and the callback, in microseconds, smoothed.
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
        smooth(&self.usual, frames as f64 * FINE);
        if let Some(delay) = delay {
            // A host that calls twice at once tells a block more the second time; their mean is heard.
            smooth(&self.delay, delay.as_secs_f64() * 1e6);
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

    /// Frames of a callback as a rule: some hosts deliver a block in many parts.
    pub fn usual(&self) -> f64 {
        self.usual.load(Ordering::Relaxed) as f64 / FINE
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

/// Takes a value into a smoothed one, of a single writer; the first counts as it is.
fn smooth(smoothed: &AtomicU64, new: f64) {
    let before = smoothed.load(Ordering::Relaxed) as f64;
    let next = if before == 0.0 {
        new
    } else {
        before + (new - before) * SMOOTHING
    };
    smoothed.store(next.round() as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_the_mean_of_what_varies() {
        let health = Health::default();
        let ms = Duration::from_millis;
        health.called(480, Some(ms(10)));
        assert_eq!((health.usual(), health.delay()), (480.0, ms(10)));
        for _ in 0..200 {
            health.called(480, Some(ms(10)));
            health.called(240, Some(ms(20)));
        }
        assert!((health.usual() - 360.0).abs() < 10.0, "{}", health.usual());
        let delay = health.delay().as_secs_f64() * 1000.0;
        assert!((delay - 15.0).abs() < 0.5, "{delay}");
        assert_eq!(health.longest(), 480);
    }
}
