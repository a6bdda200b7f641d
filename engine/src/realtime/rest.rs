//! When the port may play silence by itself, and let the worker sleep.
//!
//! On digital silence waking the worker costs more than what it then does. Once the worker says of a hop
//! that from there on silence gives exact zeros ([`HopHeader::rests`](super::packet::HopHeader)), the port
//! plays them itself for as long as its input stays exactly zero, and wakes the worker once in a while,
//! for all the hops since. The first sample that is none wakes it at once: what has waited costs it nearly
//! nothing, and the delay of the hop of that sample is still to come.

/// Longest time from one waking to the next, in milliseconds. Less than a new model listens before it is
/// heard, so the port learns that there is one before there is anything of it to be heard.
pub(super) const SPAN_MS: u32 = super::WARMUP_MS / 2;

#[derive(Debug)]
pub(super) struct Rest {
    hop: u64,
    /// Hops of one waking.
    most: u64,
    /// Hops that the worker has not been woken for.
    waiting: u64,
    /// The last hop with a sample that is not zero.
    sound: Option<u64>,
    /// The worker rests from this hop on, until there is sound.
    from: Option<u64>,
    /// The first hop since that has sound.
    until: Option<u64>,
}

impl Rest {
    pub(super) fn new(sample_rate: u32, hop: usize) -> Self {
        let span = u64::from(sample_rate) * u64::from(SPAN_MS) / 1000;
        Self {
            hop: hop as u64,
            most: (span / hop as u64).max(1),
            waiting: 0,
            sound: None,
            from: None,
            until: None,
        }
    }

    /// Another epoch begins.
    pub(super) fn reset(&mut self) {
        self.waiting = 0;
        self.sound = None;
        self.from = None;
        self.until = None;
    }

    /// Takes in that `length` samples, `silent` or not, go to the worker from `position` on, all within one
    /// hop. Tells whether it must be woken.
    pub(super) fn pass(&mut self, position: u64, length: usize, silent: bool) -> bool {
        let index = position / self.hop;
        let mut wake = false;
        if !silent {
            self.sound = Some(index);
            if self.from.is_some() && self.until.is_none() {
                self.until = Some(index);
                wake = true;
            }
        }
        if (position + length as u64).is_multiple_of(self.hop) {
            self.waiting += 1;
            wake |= self.from.is_none() || self.until.is_some() || self.waiting >= self.most;
        }
        wake
    }

    /// Whether a whole hop waits for the worker to be woken.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// The worker is being woken.
    pub(super) fn woken(&mut self) {
        self.waiting = 0;
    }

    /// Hop `index` has come, of which the worker says whether it rests.
    pub(super) fn taken(&mut self, index: u64, rests: bool) {
        if rests && self.sound.is_none_or(|sound| sound <= index) {
            self.from = Some(index);
            self.until = None;
        } else if !rests || self.until.is_some_and(|until| until <= index) {
            self.from = None;
            self.until = None;
        }
    }

    /// Whether the worker does not rest, as far as the port knows.
    pub(super) fn is_over(&self) -> bool {
        self.from.is_none()
    }

    /// Whether hop `index` is silence, wherever the worker is.
    pub(super) fn covers(&self, index: u64) -> bool {
        self.from.is_some_and(|from| from < index) && self.until.is_none_or(|until| index < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten hops a waking.
    fn rest() -> Rest {
        Rest::new(48_000, 480)
    }

    #[test]
    fn before_the_worker_rests_each_hop_wakes_it() {
        let mut rest = rest();
        for hop in 0..30 {
            assert!(rest.pass(hop * 480, 480, true));
            rest.woken();
            assert!(!rest.covers(hop));
        }
    }

    #[test]
    fn at_rest_one_hop_in_ten_does_and_the_first_sound_at_once() {
        let mut rest = rest();
        rest.taken(5, true);
        let woken = (6..46).filter(|hop| {
            let wake = rest.pass(hop * 480, 480, true);
            if wake {
                rest.woken();
            }
            wake
        });
        assert_eq!(woken.count(), 4);
        assert!(rest.covers(6) && rest.covers(45) && !rest.covers(5));
        assert!(!rest.pass(46 * 480, 100, true));
        assert!(rest.pass(46 * 480 + 100, 100, false));
        assert!(rest.pass(46 * 480 + 200, 280, true));
        assert!(rest.covers(45) && !rest.covers(46) && !rest.covers(47));
    }

    #[test]
    fn a_hop_from_before_the_sound_does_not_bring_the_rest_back() {
        let mut rest = rest();
        rest.pass(9 * 480, 480, false);
        rest.taken(8, true);
        assert!(!rest.covers(9) && !rest.covers(10));
        rest.taken(9, false);
        rest.taken(10, true);
        assert!(rest.covers(11));
    }

    #[test]
    fn hops_that_wait_fill_no_more_than_their_share_of_the_ring() {
        for (rate, hop) in [(48_000, 480), (16_000, 512), (192_000, 1_920), (8_000, 1)] {
            let rest = Rest::new(rate, hop);
            let room = super::super::samples(rate, super::super::STALL) / hop;
            assert!(rest.most as usize <= (room / 4).max(1));
        }
    }
}
