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
    /// The quickest of them: other programs can only make a step longer.
    pub quickest: Duration,
    /// Time from one hop to the next.
    pub hop: Duration,
}

impl Cost {
    /// Share of one core that one stream takes: 1 is a core that does nothing else.
    #[must_use]
    pub fn load(&self) -> f64 {
        self.step.as_secs_f64() / self.hop.as_secs_f64()
    }

    /// Whether a stream can do with the share `limit` of one core. The quickest step decides, so that a
    /// machine that is busy while the model is loaded does not refuse what it runs well at rest.
    #[must_use]
    pub fn is_within(&self, limit: f64) -> bool {
        self.quickest.as_secs_f64() <= limit * self.hop.as_secs_f64()
    }

    pub(super) fn of_steps(mut steps: Vec<Duration>, hop: Duration) -> Self {
        steps.sort_unstable();
        let step = steps.get(steps.len() / 2).copied().unwrap_or_default();
        let quickest = steps.first().copied().unwrap_or_default();
        Self {
            step,
            quickest,
            hop,
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.as_secs_f64() * 1e3;
        let hop = self.hop.as_secs_f64() * 1e3;
        write!(f, "{step:.2} ms of computing for {hop:.2} ms of sound")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(steps: &[u64]) -> Cost {
        let steps = steps.iter().copied().map(Duration::from_millis);
        Cost::of_steps(steps.collect(), Duration::from_millis(10))
    }

    #[test]
    fn a_busy_machine_does_not_make_a_model_too_slow() {
        let disturbed = cost(&[184, 2, 90, 200, 184]);
        assert_eq!(disturbed.step, Duration::from_millis(184));
        assert!(disturbed.is_within(0.5));
        assert!(!cost(&[184, 6, 90]).is_within(0.5));
    }
}
