//! What happens in the callback of an output: out of the bridge, onto the device's channels.

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::bridge::Outlet;
use crate::audio::Now;

/// Outlets that may wait for the next callback.
const WAITING: usize = 4;

/// The end of a bridge, and whose clock it goes by.
pub struct Tap {
    pub outlet: Outlet,
    /// Of the bridge.
    pub channels: usize,
    pub shared_clock: bool,
}

/// The session's end.
pub struct Sender {
    taps: HeapProd<Box<Tap>>,
    returns: HeapCons<Box<Tap>>,
    /// The last one that there was no room for, as the device rests.
    kept: Option<Box<Tap>>,
}

impl Sender {
    /// Sends a new end, now or when the callback has taken the last ones.
    pub fn send(&mut self, tap: Box<Tap>) {
        self.kept = Some(tap);
        self.collect();
    }

    /// Frees what has come back, and sends what found no room before.
    pub fn collect(&mut self) {
        self.returns.clear();
        if let Some(tap) = self.kept.take() {
            self.kept = self.taps.try_push(tap).err();
        }
    }
}

/// The callback's end.
pub struct Giver {
    /// Of the device.
    channels: usize,
    taps: HeapCons<Box<Tap>>,
    returns: HeapProd<Box<Tap>>,
    tap: Option<Box<Tap>>,
    scratch: Vec<f32>,
}

/// Frames that are taken at once.
const CHUNK: usize = 4096;

/// Both ends, for a device of so many channels.
pub fn giver(channels: usize) -> (Giver, Sender) {
    let (taps_in, taps_out) = HeapRb::new(WAITING).split();
    let (returns_in, returns_out) = HeapRb::new(2 * WAITING).split();
    let giver = Giver {
        channels,
        taps: taps_out,
        returns: returns_in,
        tap: None,
        scratch: vec![0.0; CHUNK * super::feeder::MOST_CHANNELS],
    };
    let sender = Sender {
        taps: taps_in,
        returns: returns_out,
        kept: None,
    };
    (giver, sender)
}

impl Giver {
    /// Fills interleaved frames of the device, which asks for them at `now`.
    pub fn give(&mut self, out: &mut [f32], now: Now) {
        while self.returns.vacant_len() > 0
            && let Some(tap) = self.taps.try_pop()
        {
            if let Some(old) = self.tap.replace(tap) {
                let _ = self.returns.try_push(old);
            }
        }
        let Some(tap) = &mut self.tap else {
            out.fill(0.0);
            return;
        };
        let at = now.cycle.filter(|_| tap.shared_clock).unwrap_or(now.called);
        let (from, to) = (tap.channels, self.channels);
        for part in out.chunks_mut(CHUNK * to) {
            let frames = part.len() / to;
            let scratch = &mut self.scratch[..frames * from];
            tap.outlet.pull(scratch, at);
            spread(scratch, from, part, to);
        }
    }
}

/// One channel goes to the first two of the device (or its only one), two go to those two, or
/// together to its only one. What else the device has stays silent.
fn spread(frames: &[f32], from: usize, out: &mut [f32], to: usize) {
    for (frame, out) in frames.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
        let (left, right) = (frame[0], frame[from - 1]);
        match out {
            [only] => *only = 0.5 * (left + right),
            [first, second, others @ ..] => {
                *first = left;
                *second = right;
                others.fill(0.0);
            }
            [] => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[track_caller]
    fn check(frames: &[f32], from: usize, to: usize, expected: &[f32]) {
        let mut out = vec![9.0; expected.len()];
        spread(frames, from, &mut out, to);
        assert_eq!(out, expected);
    }

    #[test]
    fn every_layout_hears_all_that_there_is() {
        check(&[1.0, 2.0], 1, 1, &[1.0, 2.0]);
        check(&[1.0, 2.0], 1, 2, &[1.0, 1.0, 2.0, 2.0]);
        check(&[1.0, 2.0], 2, 2, &[1.0, 2.0]);
        check(&[1.0, 2.0], 2, 1, &[1.5]);
        check(&[1.0, 2.0], 2, 4, &[1.0, 2.0, 0.0, 0.0]);
    }
}
