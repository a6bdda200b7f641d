//! The slack against callbacks and computing that come late, and when there must be more of it.
//!
//! There are two places for it, and each gap tells where it was missing: hops that were late want more
//! time for the worker, an output that ran dry wants more sound in the bridge. Only that one is
//! raised, as each costs its own latency. Nothing lowers it by itself: that would be a gap
//! without need. It is as asked for again when the user changes something, or when a next one listens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::live::board::Counts;

/// Gaps within [`SPAN`] that are too many.
const TOO_MANY: u64 = 3;
const SPAN: Duration = Duration::from_secs(10);
/// After a start or a change it takes so long until gaps count: devices need to settle.
const SETTLING: Duration = Duration::from_secs(3);
/// There is no more than this, unless it was asked for: what comes later still comes from a machine
/// that is too busy, and a voice that is later still is of no use in a talk.
const MOST: Duration = Duration::from_millis(80);

/// Slack of a stream.
#[derive(Debug)]
pub(super) struct Safety {
    asked: Duration,
    enhancer: Slack,
    bridge: Slack,
}

/// Where slack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Enhancer,
    Bridge,
}

/// There were too many gaps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) place: Place,
    pub(super) gaps: u64,
    /// Slack before and after; `None` when there is no more to be had.
    pub(super) raised: Option<(Duration, Duration)>,
}

/// Slack of one place.
#[derive(Debug)]
struct Slack {
    present: Duration,
    /// Moments and counts of gaps.
    seen: VecDeque<(Instant, u64)>,
    last: u64,
    settled: Option<Instant>,
    /// It was said that there is no more to be had.
    spent: bool,
}

impl Safety {
    pub(super) fn new(asked: Duration) -> Self {
        Self {
            asked,
            enhancer: Slack::new(asked),
            bridge: Slack::new(asked),
        }
    }

    /// What was asked for.
    pub(super) fn asked(&self) -> Duration {
        self.asked
    }

    pub(super) fn enhancer(&self) -> Duration {
        self.enhancer.present
    }

    pub(super) fn bridge(&self) -> Duration {
        self.bridge.present
    }

    /// Something was opened or changed.
    pub(super) fn unsettle(&mut self, now: Instant) {
        self.enhancer.unsettle(now);
        self.bridge.unsettle(now);
    }

    /// Back to what was asked for; tells whether it was more.
    pub(super) fn reset(&mut self) -> bool {
        let more = [&self.enhancer, &self.bridge]
            .iter()
            .any(|slack| slack.present > self.asked);
        for slack in [&mut self.enhancer, &mut self.bridge] {
            slack.present = self.asked;
            slack.spent = false;
        }
        more
    }

    /// Takes in what was counted since the start. Less slack than `block` changes nothing.
    pub(super) fn step(
        &mut self,
        now: Instant,
        counts: &Counts,
        block: Duration,
    ) -> Option<Finding> {
        let worker = self.enhancer.step(now, counts.misses, block);
        let output = self.bridge.step(now, counts.underruns, block);
        let found = worker.map(|found| (Place::Enhancer, found));
        let (place, (gaps, raised)) = found.or(output.map(|found| (Place::Bridge, found)))?;
        // One thing at a time: raising one of them may be enough for both.
        if raised.is_some() {
            self.unsettle(now);
        }
        Some(Finding {
            place,
            gaps,
            raised,
        })
    }
}

/// How many gaps, and slack before and after.
type Found = (u64, Option<(Duration, Duration)>);

impl Slack {
    fn new(present: Duration) -> Self {
        Self {
            present,
            seen: VecDeque::new(),
            last: 0,
            settled: None,
            spent: false,
        }
    }

    fn unsettle(&mut self, now: Instant) {
        self.settled = Some(now + SETTLING);
        self.seen.clear();
    }

    fn step(&mut self, now: Instant, gaps: u64, block: Duration) -> Option<Found> {
        let new = gaps.saturating_sub(self.last);
        self.last = gaps;
        if self.settled.is_none_or(|settled| now < settled) {
            return None;
        }
        if new > 0 {
            self.seen.push_back((now, new));
        }
        while let Some((at, _)) = self.seen.front()
            && now.duration_since(*at) > SPAN
        {
            self.seen.pop_front();
        }
        let sum = self.seen.iter().map(|(_, gaps)| gaps).sum();
        if sum < TOO_MANY || self.spent {
            return None;
        }
        if self.present >= MOST {
            self.spent = true;
            return Some((sum, None));
        }
        let before = self.present;
        let mut next = (2 * before).max(Duration::from_millis(5));
        while next <= block {
            next *= 2;
        }
        self.present = next.min(MOST);
        Some((sum, Some((before, self.present))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn counts(misses: u64, underruns: u64) -> Counts {
        Counts {
            misses,
            underruns,
            ..Counts::default()
        }
    }

    fn begin() -> (Safety, Instant) {
        let begun = Instant::now();
        let mut safety = Safety::new(5 * MS);
        safety.unsettle(begun);
        (safety, begun)
    }

    #[test]
    fn gaps_at_the_start_and_rare_ones_change_nothing() {
        let (mut safety, begun) = begin();
        let rare = [
            (100, 9),
            (4_000, 10),
            (15_000, 11),
            (26_000, 12),
            (40_000, 14),
        ];
        for (ms, sum) in rare {
            let found = safety.step(begun + ms * MS, &counts(sum, sum), 10 * MS);
            assert_eq!(found, None);
        }
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 5 * MS));
    }

    #[test]
    fn gaps_close_together_raise_the_slack_of_their_own_place_beyond_a_block() {
        let (mut safety, begun) = begin();
        let found = safety.step(begun + 5_000 * MS, &counts(0, 3), 10 * MS);
        // Ten would be no more than the block.
        let raised = Some((5 * MS, 20 * MS));
        assert_eq!(
            found,
            Some(Finding {
                place: Place::Bridge,
                gaps: 3,
                raised
            })
        );
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 20 * MS));
        let found = safety.step(begun + 10_000 * MS, &counts(4, 3), 10 * MS);
        let place = found.map(|found| found.place);
        assert_eq!(place, Some(Place::Enhancer));
        assert_eq!((safety.enhancer(), safety.bridge()), (20 * MS, 20 * MS));
        assert!(safety.reset());
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 5 * MS));
        assert!(!safety.reset());
    }

    #[test]
    fn there_is_a_limit_which_is_told_once() {
        let (mut safety, begun) = begin();
        let found: Vec<Finding> = (1..30)
            .filter_map(|round| {
                let at = begun + round * 5_000 * MS;
                safety.step(at, &counts(0, u64::from(round) * 10), 10 * MS)
            })
            .collect();
        assert_eq!(safety.bridge(), MOST);
        let raised = found.iter().filter(|f| f.raised.is_some()).count();
        assert_eq!((raised, found.len()), (3, 4));
    }

    #[test]
    fn more_than_the_limit_is_had_by_asking_for_it() {
        let begun = Instant::now();
        let mut safety = Safety::new(200 * MS);
        safety.unsettle(begun);
        let found = safety.step(begun + 5_000 * MS, &counts(9, 0), 10 * MS);
        assert_eq!(found.map(|found| found.raised), Some(None));
        assert_eq!(safety.enhancer(), 200 * MS);
    }
}
