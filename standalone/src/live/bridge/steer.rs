//! The controller that keeps an age on its target by the ratio of a resampler.
//!
//! Proportional and integral, critically damped: with a natural frequency `w` in rad/s the correction
//! is `2 w e + w^2 integral(e)`, so a drift of one per mille is found within a minute and moves the
//! age by less than 4 ms meanwhile. What the callbacks' jitter puts into `e` is smoothed before.

use super::Plan;

/// Natural frequency of the loop in rad/s: slow enough that jitter is not heard as pitch.
const FREQUENCY: f64 = 0.1;
/// Time constant of the smoothing in seconds.
const SMOOTHING: f64 = 0.5;
/// Most that the integral corrects: no two sound cards are so far apart.
const MOST_DRIFT: f64 = 1e-3;
/// Most that is corrected in all, as a share of the rate: 3.5 cents.
pub(super) const LIMIT: f64 = 2e-3;

/// How long after a start the deviation is only watched, in seconds.
const LEARNING: f64 = 1.0;

/// What is known of two clocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Steer {
    /// Smoothed deviation of the age from where it is kept, in seconds.
    error: f64,
    /// What is known of the drift, as a share of the rate.
    drift: f64,
    /// Where the age is kept beside its target, in seconds: an output that asks for two blocks at
    /// once and then for none sees another age each time, and their mean is what was put on target.
    offset: f64,
    /// Seconds watched since the start, and the deviation integrated over them.
    watched: f64,
    sum: f64,
}

impl Steer {
    /// Takes in the deviation of a block that lasts `seconds`; gives the share by which the input is
    /// to be taken faster than its nominal rate.
    pub(super) fn step(&mut self, deviation: f64, seconds: f64) -> f64 {
        if self.watched < LEARNING {
            self.watched += seconds;
            self.sum += deviation * seconds;
            self.offset = self.sum / self.watched;
            return self.drift;
        }
        let deviation = deviation - self.offset;
        self.error += (1.0 - (-seconds / SMOOTHING).exp()) * (deviation - self.error);
        let drift = self.drift + FREQUENCY * FREQUENCY * self.error * seconds;
        self.drift = drift.clamp(-MOST_DRIFT, MOST_DRIFT);
        (2.0 * FREQUENCY * self.error + self.drift).clamp(-LIMIT, LIMIT)
    }

    /// Smoothed deviation from where the age is kept, in seconds.
    pub(super) fn error(&self) -> f64 {
        self.error
    }

    /// Smoothed deviation from the target, in seconds.
    pub(super) fn deviation(&self) -> f64 {
        self.error + self.offset
    }

    /// Where the age is kept beside its target, once that is known, in seconds.
    pub(super) fn learnt(&self) -> Option<f64> {
        (self.watched >= LEARNING).then_some(self.offset)
    }

    /// The age has been put on target; what is known of the drift stays.
    pub(super) fn settle(&mut self) {
        *self = Self {
            drift: self.drift,
            ..Self::default()
        };
    }
}

/// The least that lies in the bridge, as a rule: lowest values of a tenth of a second each, or of a few
/// blocks, and their mean.
#[derive(Debug, Clone)]
pub(super) struct Floor {
    span: f64,
    /// Of the span that is under way: its seconds so far, and its lowest value.
    passed: f64,
    lowest: f64,
    sum: f64,
    count: u32,
}

impl Floor {
    pub(super) fn new(plan: &Plan) -> Self {
        let block = plan.out_block as f64 / f64::from(plan.out_rate);
        Self {
            span: (3.0 * block).max(0.1),
            passed: 0.0,
            lowest: f64::INFINITY,
            sum: 0.0,
            count: 0,
        }
    }

    /// Takes in what is left after a block that lasts `seconds`.
    pub(super) fn step(&mut self, left: f64, seconds: f64) {
        self.lowest = self.lowest.min(left);
        self.passed += seconds;
        if self.passed >= self.span {
            self.sum += self.lowest;
            self.count += 1;
            self.passed = 0.0;
            self.lowest = f64::INFINITY;
        }
    }

    /// `None` before the first span has passed.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}
