//! When to try again, and what was said of it.

use std::time::{Duration, Instant};

use crate::audio::{Health, Loss};

/// Waits between tries.
const WAITS: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// Without a callback for so long, or for so many blocks, a stream is dead.
const SILENCE: Duration = Duration::from_secs(1);
const SILENT_BLOCKS: u32 = 20;
/// A stream that has been opened a short time ago is given longer: PulseAudio asks it for sound once or
/// twice, and may then play for two seconds what its device holds already.
const START: Duration = Duration::from_secs(3);
const SETTLED: Duration = Duration::from_secs(10);

/// Tries to open a device.
#[derive(Debug, Default)]
pub(super) struct Retry {
    tries: usize,
    at: Option<Instant>,
    reason: Option<String>,
}

impl Retry {
    /// Whether it is time.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.at.is_none_or(|at| now >= at)
    }

    /// It failed, or was lost; tells whether the reason is news.
    pub(super) fn fail(&mut self, now: Instant, reason: &str) -> bool {
        let wait = WAITS[self.tries.min(WAITS.len() - 1)];
        self.tries += 1;
        self.at = Some(now + wait);
        let news = self.reason.as_deref() != Some(reason);
        self.reason = Some(reason.to_owned());
        news
    }

    /// It is open; tells whether it had been lost.
    pub(super) fn succeed(&mut self) -> bool {
        self.at = None;
        self.reason.take().is_some()
    }

    /// It has run for a while: the next loss is tried soon again.
    pub(super) fn calm(&mut self) {
        self.tries = 0;
    }

    /// Why it is not open.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Watches whether callbacks come.
#[derive(Debug)]
pub(super) struct Pulse {
    opened: Instant,
    calls: u64,
    last: Instant,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            opened: now,
            calls: 0,
            last: now,
        }
    }

    /// Whether none has come for too long, with blocks that last `block`.
    pub(super) fn is_gone(&mut self, now: Instant, health: &Health, block: Duration) -> bool {
        let calls = health.calls();
        if calls != self.calls {
            self.calls = calls;
            self.last = now;
        }
        let least = if self.age(now) < SETTLED {
            START
        } else {
            SILENCE
        };
        now.duration_since(self.last) > least.max(block * SILENT_BLOCKS)
    }

    /// How long the stream has been open.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.opened)
    }
}

/// The sentence for a loss.
pub(super) fn lost(loss: Loss, name: &str) -> String {
    match loss {
        Loss::Device => format!("{name} is gone"),
        Loss::Invalid => format!("the sound server let go of {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_become_rarer_and_a_reason_is_news_once() {
        let begun = Instant::now();
        let mut retry = Retry::default();
        assert!(retry.is_due(begun));
        assert!(retry.fail(begun, "it is gone"));
        assert!(!retry.is_due(begun + WAITS[0] / 2));
        assert!(retry.is_due(begun + WAITS[0]));
        assert!(!retry.fail(begun, "it is gone"));
        assert!(!retry.is_due(begun + WAITS[0]));
        for _ in 0..100 {
            retry.fail(begun, "it is gone");
        }
        assert!(retry.is_due(begun + WAITS[3]));
        assert!(retry.succeed());
        assert!(!retry.succeed());
    }

    #[test]
    fn a_stream_without_callbacks_is_gone() {
        let begun = Instant::now();
        let health = Health::default();
        let mut pulse = Pulse::new(begun);
        let block = Duration::from_millis(10);
        assert!(!pulse.is_gone(begun + Duration::from_secs(2), &health, block));
        health.called(480, None);
        assert!(!pulse.is_gone(begun + Duration::from_millis(500), &health, block));
        assert!(!pulse.is_gone(begun + Duration::from_millis(2900), &health, block));
        health.called(480, None);
        assert!(!pulse.is_gone(begun + Duration::from_millis(5000), &health, block));
        assert!(!pulse.is_gone(begun + Duration::from_millis(7900), &health, block));
        assert!(pulse.is_gone(begun + Duration::from_millis(8100), &health, block));
        health.called(480, None);
        assert!(!pulse.is_gone(begun + Duration::from_millis(11_000), &health, block));
        assert!(!pulse.is_gone(begun + Duration::from_millis(11_900), &health, block));
        assert!(pulse.is_gone(begun + Duration::from_millis(12_100), &health, block));
    }
}
