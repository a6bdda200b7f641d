//! What one hop costs on this machine, measured when the model is loaded.

use std::fmt;
use std::time::Duration;

/// Time that one hop takes, against the time that a hop lasts.
///
/// Measured in a loop with nothing in between. Once a hop in real time, with other work on the machine
/// and cold caches, takes about twice as long: leave room for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Median time of one step of one hop.
    pub step: Duration,
    /// Time from one hop to the next.
    pub hop: Duration,
}

impl Cost {
    /// Share of one core that one stream takes: 1 is a core that does nothing else.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.step.as_secs_f64() / self.hop.as_secs_f64()
    }

    /// Whether a stream takes at most the share `limit` of one core.
    #[must_use]
    pub fn is_within(&self, limit: f64) -> bool {
        self.load() <= limit
    }

    pub(super) fn of_steps(mut steps: Vec<Duration>, hop: Duration) -> Self {
        steps.sort_unstable();
        let step = steps.get(steps.len() / 2).copied().unwrap_or_default();
        Self { step, hop }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.as_secs_f64() * 1e3;
        let hop = self.hop.as_secs_f64() * 1e3;
        write!(f, "{step:.2} ms of computing for {hop:.2} ms of sound")
    }
}
