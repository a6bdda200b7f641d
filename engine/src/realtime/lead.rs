//! How far a host runs ahead of the clock, and so how long the port may wait for the worker.
//!
//! The lead is the audio pushed minus the time passed. A host in real time pushes one block and
//! then lets a block's time pass: its lead never exceeds one longest block, and the port never
//! waits. A host that renders ten blocks in one burst has a lead of up to ten, and all but one of
//! them may be waited for without the host being late. Half a longest block more or less is jitter
//! and nothing to wait for.
//!
//! "Time passed" counts from an anchor. It is the first call of the epoch; taken alone that would
//! go wrong over hours (a sound card's clock is not the computer's) and after every pause, so each
//! second the anchor is set anew from the calls of that second. If their earliness spreads by no
//! more than jitter does, the earliest of them is the schedule: the lead is nil. A wider spread is a
//! host that works in bursts, and the latest of them is the schedule.

use std::time::Duration;

/// Length of the span whose calls set the anchor.
const SPAN: Duration = Duration::from_secs(1);

/// Longest blocks that a call may be early without being ahead.
const JITTER: f64 = 0.5;

/// The lead of one epoch.
#[derive(Debug)]
pub(super) struct Lead {
    rate: f64,
    longest: f64,
    origin: Option<Duration>,
    /// Earliness, in samples, that counts as no lead.
    anchor: f64,
    /// Lead of the present call in samples, its block included.
    samples: f64,
    arrival: Duration,
    span_end: Duration,
    /// Earliness of the latest and the earliest call of the span.
    latest: f64,
    earliest: f64,
}

impl Lead {
    pub(super) fn new(sample_rate: u32, longest_block: usize) -> Self {
        Self {
            rate: f64::from(sample_rate),
            longest: longest_block as f64,
            origin: None,
            anchor: 0.0,
            samples: 0.0,
            arrival: Duration::ZERO,
            span_end: Duration::ZERO,
            latest: f64::INFINITY,
            earliest: f64::NEG_INFINITY,
        }
    }

    /// Forgets the epoch: the next call is the first one.
    pub(super) fn reset(&mut self) {
        self.origin = None;
    }

    /// Notes that a block of `length` samples came at `now`, after `position` samples of this epoch.
    pub(super) fn arrive(&mut self, now: Duration, position: u64, length: usize) {
        let origin = self.origin.unwrap_or_else(|| {
            // Not zero after an offline stretch.
            self.anchor = position as f64;
            self.begin_span(now);
            now
        });
        self.origin = Some(origin);
        let passed = now.saturating_sub(origin).as_secs_f64() * self.rate;
        let earliness = position as f64 - passed;
        if now >= self.span_end {
            self.anchor = if self.earliest - self.latest <= JITTER * self.longest {
                self.earliest
            } else {
                self.latest
            };
            self.begin_span(now);
        }
        self.latest = self.latest.min(earliness);
        self.earliest = self.earliest.max(earliness);
        if earliness < self.anchor - self.longest {
            // Later than jitter can be: the host paused and starts from here.
            self.anchor = earliness;
        }
        self.arrival = now;
        self.samples = (earliness - self.anchor).max(0.0) + length as f64;
    }

    /// Until when the port may wait in the present call; the time of the call itself means not at all.
    pub(super) fn deadline(&self) -> Duration {
        let surplus = self.samples - self.longest;
        if surplus <= JITTER * self.longest {
            return self.arrival;
        }
        self.arrival + Duration::from_secs_f64(surplus / self.rate)
    }

    fn begin_span(&mut self, now: Duration) {
        self.span_end = now + SPAN;
        self.latest = f64::INFINITY;
        self.earliest = f64::NEG_INFINITY;
    }
}
