//! The slack against callbacks and computing that come late, and when there must be more of it.
//!
//! There are two places for it, and each gap tells where it was missing: hops that were late want more
//! time for the worker, an output that ran dry wants more sound in the bridge. Only that one is
//! raised, as each costs its own latency. Nothing lowers it by itself: that would be a gap
//! without need. It is as asked for again when the user changes something, or when a next one listens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use limpid_engine::contract::Kind;
use limpid_engine::realtime::{DEFAULT_RESERVE, default_reserve};

use crate::live::feeder::MOST_OUTPUTS;

/// Gaps within [`SPAN`] that are too many.
const TOO_MANY: u64 = 3;
const SPAN: Duration = Duration::from_secs(10);
/// After a start or a change it takes so long until gaps count: devices need to settle.
const SETTLING: Duration = Duration::from_secs(3);
/// There is no more than this, unless it was asked for: what comes later still comes from a machine
/// that is too busy, and a voice that is later still is of no use in a talk.
const MOST: Duration = Duration::from_millis(80);

/// Slack of the enhancer behind PulseAudio's inputs, unless somebody asks for another. Their blocks come
/// by an ordinary thread of the server and one of ours, so about once in a minute two blocks of 10 ms come
/// at once, on a computer that does nothing else.
const ON_PULSEAUDIO: Duration = Duration::from_millis(20);

/// The least slack of the enhancer that runs clean behind an input of this id, with a model of this kind.
pub(super) fn usual(id: &str, kind: &Kind) -> Duration {
    let host = if id.starts_with("pulseaudio:") {
        ON_PULSEAUDIO
    } else {
        DEFAULT_RESERVE
    };
    host.max(default_reserve(kind))
}

/// Slack of a stream.
#[derive(Debug)]
pub(super) struct Safety {
    asked: Option<Duration>,
    enhancer: Slack,
    bridge: Slack,
    /// How often each output has run dry.
    dry: [u64; MOST_OUTPUTS],
    /// Gaps at outputs; one that all have heard counts once.
    gaps: u64,
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
    /// Before it was raised.
    begun: Duration,
    /// Moments and counts of gaps.
    seen: VecDeque<(Instant, u64)>,
    last: u64,
    settled: Option<Instant>,
    /// It was said that there is no more to be had.
    spent: bool,
}

impl Safety {
    pub(super) fn new(asked: Option<Duration>) -> Self {
        let begun = asked.unwrap_or(DEFAULT_RESERVE);
        Self {
            asked,
            enhancer: Slack::new(begun),
            bridge: Slack::new(begun),
            dry: [0; MOST_OUTPUTS],
            gaps: 0,
        }
    }

    /// What was asked for.
    pub(super) fn asked(&self) -> Option<Duration> {
        self.asked
    }

    /// Takes what is [`usual`] for the input and the model, unless somebody has asked for another.
    pub(super) fn suit(&mut self, usual: Duration) {
        if self.asked.is_none() && self.enhancer.begun != usual {
            self.enhancer.present = usual;
            self.enhancer.begun = usual;
            self.enhancer.spent = false;
        }
    }

    /// Whether there is more than at the start.
    pub(super) fn is_raised(&self) -> bool {
        let slacks = [&self.enhancer, &self.bridge];
        slacks.iter().any(|slack| slack.present > slack.begun)
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
        let more = self.is_raised();
        for slack in [&mut self.enhancer, &mut self.bridge] {
            slack.present = slack.begun;
            slack.spent = false;
        }
        more
    }

    /// Takes in what was counted since the start: hops that were late, and how often each output has run
    /// dry. Less slack than `block` changes nothing.
    pub(super) fn step(
        &mut self,
        now: Instant,
        misses: u64,
        dry: [u64; MOST_OUTPUTS],
        block: Duration,
    ) -> Vec<Finding> {
        let new = dry.iter().zip(&self.dry);
        let new = new.map(|(now, before)| now.saturating_sub(*before));
        self.gaps += new.max().unwrap_or(0);
        self.dry = dry;
        let found = [
            (Place::Enhancer, self.enhancer.step(now, misses, block)),
            (Place::Bridge, self.bridge.step(now, self.gaps, block)),
        ];
        let found: Vec<Finding> = found
            .into_iter()
            .filter_map(|(place, found)| {
                let (gaps, raised) = found?;
                Some(Finding {
                    place,
                    gaps,
                    raised,
                })
            })
            .collect();
        // What was raised may be enough for both places.
        if found.iter().any(|found| found.raised.is_some()) {
            self.unsettle(now);
        }
        found
    }
}

/// How many gaps, and slack before and after.
type Found = (u64, Option<(Duration, Duration)>);

impl Slack {
    fn new(present: Duration) -> Self {
        Self {
            present,
            begun: present,
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

    fn begin() -> (Safety, Instant) {
        let begun = Instant::now();
        let mut safety = Safety::new(Some(5 * MS));
        safety.unsettle(begun);
        (safety, begun)
    }

    /// With hops of 10 ms, and of 32.
    fn kinds() -> [Kind; 2] {
        let waveform = |window, hop| Kind::Waveform {
            sample_rate: 16_000,
            window,
            hop,
        };
        [waveform(320, 160), waveform(1_024, 512)]
    }

    #[test]
    fn what_nobody_asked_for_suits_the_sound_system_and_the_model() {
        let [short, long] = kinds();
        let usual_ms = |id: &str, kind| usual(id, kind).as_millis();
        assert_eq!(usual_ms("jack:input", &short), 5);
        assert_eq!(usual_ms("alsa:hw:0", &long), 16);
        assert_eq!(usual_ms("pulseaudio:mic", &short), 20);

        let begun = Instant::now();
        let mut safety = Safety::new(None);
        safety.unsettle(begun);
        safety.suit(20 * MS);
        assert_eq!((safety.enhancer(), safety.bridge()), (20 * MS, 5 * MS));
        assert!(!safety.is_raised());
        safety.step(begun + 5_000 * MS, 9, [0, 0], 10 * MS);
        // The same again is no reason to take back what was raised.
        safety.suit(20 * MS);
        assert_eq!((safety.enhancer(), safety.is_raised()), (40 * MS, true));
        assert!(safety.reset());
        assert_eq!((safety.enhancer(), safety.bridge()), (20 * MS, 5 * MS));
        safety.suit(5 * MS);
        assert_eq!(safety.enhancer(), 5 * MS);

        let mut asked = Safety::new(Some(10 * MS));
        asked.suit(20 * MS);
        assert_eq!((asked.enhancer(), asked.bridge()), (10 * MS, 10 * MS));
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
            let found = safety.step(begun + ms * MS, sum, [sum, 0], 10 * MS);
            assert_eq!(found, []);
        }
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 5 * MS));
    }

    #[test]
    fn gaps_close_together_raise_the_slack_of_their_own_place_beyond_a_block() {
        let (mut safety, begun) = begin();
        let found = safety.step(begun + 5_000 * MS, 0, [3, 0], 10 * MS);
        // Ten would be no more than the block.
        let raised = Some((5 * MS, 20 * MS));
        assert_eq!(
            found,
            [Finding {
                place: Place::Bridge,
                gaps: 3,
                raised
            }]
        );
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 20 * MS));
        let found = safety.step(begun + 10_000 * MS, 4, [3, 0], 10 * MS);
        let places: Vec<Place> = found.iter().map(|found| found.place).collect();
        assert_eq!(places, [Place::Enhancer]);
        assert_eq!((safety.enhancer(), safety.bridge()), (20 * MS, 20 * MS));
        assert!(safety.reset());
        assert_eq!((safety.enhancer(), safety.bridge()), (5 * MS, 5 * MS));
        assert!(!safety.reset());
    }

    #[test]
    fn gaps_in_both_places_at_once_are_told_of_both() {
        let (mut safety, begun) = begin();
        let found = safety.step(begun + 5_000 * MS, 3, [4, 0], MS);
        let told: Vec<_> = found.iter().map(|f| (f.place, f.gaps, f.raised)).collect();
        let raised = Some((5 * MS, 10 * MS));
        let expected = [(Place::Enhancer, 3, raised), (Place::Bridge, 4, raised)];
        assert_eq!(told, expected);
        assert_eq!((safety.enhancer(), safety.bridge()), (10 * MS, 10 * MS));
    }

    #[test]
    fn a_gap_that_both_outputs_hear_counts_once() {
        let (mut safety, begun) = begin();
        let seconds = |n: u32| begun + n * 1_000 * MS;
        assert_eq!(safety.step(seconds(4), 0, [2, 1], MS), []);
        // The last one was heard at the second alone, which makes three in all.
        let found = safety.step(seconds(5), 0, [2, 2], MS);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].gaps, 3);
    }

    #[test]
    fn there_is_a_limit_which_is_told_once() {
        let (mut safety, begun) = begin();
        let found: Vec<Finding> = (1..30)
            .flat_map(|round| {
                let at = begun + round * 5_000 * MS;
                safety.step(at, 0, [u64::from(round) * 10, 0], 10 * MS)
            })
            .collect();
        assert_eq!(safety.bridge(), MOST);
        let raised = found.iter().filter(|f| f.raised.is_some()).count();
        assert_eq!((raised, found.len()), (3, 4));
    }

    #[test]
    fn more_than_the_limit_is_had_by_asking_for_it() {
        let begun = Instant::now();
        let mut safety = Safety::new(Some(200 * MS));
        safety.unsettle(begun);
        let found = safety.step(begun + 5_000 * MS, 9, [0, 0], 10 * MS);
        let raised: Vec<_> = found.iter().map(|found| found.raised).collect();
        assert_eq!(raised, [None]);
        assert_eq!(safety.enhancer(), 200 * MS);
    }
}
