//! The slack against callbacks and computing that come late, and when there must be more of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Gaps within [`SPAN`] that are too many.
const TOO_MANY: u64 = 3;
const SPAN: Duration = Duration::from_secs(10);
/// After a start or a change it takes so long until gaps count: devices need to settle.
const SETTLING: Duration = Duration::from_secs(3);
/// There is no more than this.
const MOST: Duration = Duration::from_millis(160);

#[derive(Debug)]
pub(super) struct Safety {
    present: Duration,
    /// Moments and counts of gaps.
    seen: VecDeque<(Instant, u64)>,
    last: u64,
    settled: Option<Instant>,
}

impl Safety {
    pub(super) fn new(present: Duration) -> Self {
        Self {
            present,
            seen: VecDeque::new(),
            last: 0,
            settled: None,
        }
    }

    pub(super) fn get(&self) -> Duration {
        self.present
    }

    /// Something was opened or changed.
    pub(super) fn unsettle(&mut self, now: Instant) {
        self.settled = Some(now + SETTLING);
        self.seen.clear();
    }

    /// Takes in how many gaps there were since the start. Gives how many were too many, when
    /// there must be more slack than `least`, which gaps are computed with now.
    pub(super) fn step(&mut self, now: Instant, gaps: u64, least: Duration) -> Option<u64> {
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
        if sum < TOO_MANY || self.present >= MOST {
            return None;
        }
        // Less than a block of slack changes nothing for the worker.
        let mut next = (2 * self.present).max(Duration::from_millis(5));
        while next <= least {
            next *= 2;
        }
        self.present = next.min(MOST);
        self.unsettle(now);
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn run(safety: &mut Safety, begun: Instant, gaps: &[(u32, u64)]) -> Vec<u64> {
        gaps.iter()
            .filter_map(|(ms, sum)| safety.step(begun + *ms * MS, *sum, 10 * MS))
            .collect()
    }

    #[test]
    fn gaps_at_the_start_and_rare_ones_change_nothing() {
        let begun = Instant::now();
        let mut safety = Safety::new(5 * MS);
        safety.unsettle(begun);
        let rare = [
            (100, 9),
            (4_000, 10),
            (15_000, 11),
            (26_000, 12),
            (40_000, 14),
        ];
        assert_eq!(run(&mut safety, begun, &rare), [] as [u64; 0]);
        assert_eq!(safety.get(), 5 * MS);
    }

    #[test]
    fn gaps_close_together_double_it_beyond_a_block_up_to_a_limit() {
        let begun = Instant::now();
        let mut safety = Safety::new(5 * MS);
        safety.unsettle(begun);
        assert_eq!(run(&mut safety, begun, &[(5_000, 1), (6_000, 3)]), [3]);
        // Ten would be no more than the block.
        assert_eq!(safety.get(), 20 * MS);
        for round in 2..30 {
            let at = begun + round * 10_000 * MS;
            safety.step(at, u64::from(round) * 10, 10 * MS);
        }
        assert_eq!(safety.get(), MOST);
    }
}
