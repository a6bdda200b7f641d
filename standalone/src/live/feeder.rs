//! What happens in the callback of the input: through the enhancer, into the bridges, to the recorder.
//!
//! What it works with comes through a ring while it runs, and what is replaced goes back through
//! another: nothing is made or freed here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_engine::realtime::{Mode, Port};
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::bridge::Intake;
use super::desk::Desk;
use crate::audio::Now;

/// Channels of a stream: a microphone has one or two.
pub const MOST_CHANNELS: usize = 2;
/// Outputs that are fed at once: the one that is meant for others, and one to listen to.
pub const MOST_OUTPUTS: usize = 2;
/// Deliveries that may wait for the next callback.
const WAITING: usize = 16;

/// The enhancer's port with what belongs to its latency.
pub struct Chain {
    port: Port,
    /// Interleaved: the input of the last [`Port::latency`] frames, as a ring.
    late: Vec<f32>,
    at: usize,
    /// Frames until the first one of this port's own comes out.
    silent: usize,
}

impl Chain {
    pub fn new(port: Port, channels: usize) -> Self {
        let latency = port.latency();
        Self {
            port,
            late: vec![0.0; latency * channels],
            at: 0,
            silent: latency,
        }
    }
}

/// The way to a bridge.
pub struct Lane {
    pub intake: Intake,
    /// Both sides have a clock in common, which is better than the computer's.
    pub shared_clock: bool,
}

/// The way to the recorder: frames of input and output side by side.
pub struct Tape {
    pub frames: HeapProd<f32>,
    /// Frames that found no room.
    pub lost: Arc<AtomicU64>,
}

/// Something for the callback to work with from now on, or what it has worked with.
pub enum Parcel {
    Chain(Box<Chain>),
    Lane(usize, Option<Box<Lane>>),
    Tape(Option<Box<Tape>>),
}

impl Parcel {
    /// Whether the callback keeps both in the same place.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lane(one, _), Self::Lane(two, _)) => one == two,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// The session's end: sends parcels and gets the old ones back.
pub struct Sender {
    parcels: HeapProd<Parcel>,
    returns: HeapCons<Parcel>,
    /// What there was no room for, as the input rests: the last of each kind.
    kept: Vec<Parcel>,
}

impl Sender {
    /// Sends a parcel, now or when the callback has taken the last ones.
    pub fn send(&mut self, parcel: Parcel) {
        self.kept.retain(|older| !parcel.replaces(older));
        self.kept.push(parcel);
        self.collect();
    }

    /// Frees what has come back, and sends what found no room before.
    pub fn collect(&mut self) {
        self.returns.clear();
        while let Some(parcel) = self.kept.pop() {
            if let Err(parcel) = self.parcels.try_push(parcel) {
                self.kept.push(parcel);
                return;
            }
        }
    }
}

/// The callback's end.
pub struct Feeder {
    channels: usize,
    longest: usize,
    desk: Arc<Desk>,
    parcels: HeapCons<Parcel>,
    returns: HeapProd<Parcel>,
    chain: Option<Box<Chain>>,
    lanes: [Option<Box<Lane>>; MOST_OUTPUTS],
    tape: Option<Box<Tape>>,
    /// One block: planar in and out, then interleaved, then beside its input.
    planes: [Vec<f32>; MOST_CHANNELS],
    mixed: Vec<f32>,
    taped: Vec<f32>,
}

/// Both ends, for blocks of up to `longest` frames.
pub fn feeder(channels: usize, longest: usize, desk: Arc<Desk>) -> (Feeder, Sender) {
    let (parcels_in, parcels_out) = HeapRb::new(WAITING).split();
    // One more than can be on its way at once: a return always finds room.
    let (returns_in, returns_out) = HeapRb::new(2 * WAITING).split();
    let feeder = Feeder {
        channels,
        longest,
        desk,
        parcels: parcels_out,
        returns: returns_in,
        chain: None,
        lanes: [const { None }; MOST_OUTPUTS],
        tape: None,
        planes: std::array::from_fn(|_| vec![0.0; longest]),
        mixed: vec![0.0; longest * channels],
        taped: vec![0.0; 2 * longest * channels],
    };
    let sender = Sender {
        parcels: parcels_in,
        returns: returns_out,
        kept: Vec::new(),
    };
    (feeder, sender)
}

impl Feeder {
    /// Takes interleaved frames of the input that were delivered at `now`.
    pub fn feed(&mut self, frames: &[f32], now: Now) {
        self.unpack();
        let controls = self.desk.get();
        let Self {
            channels,
            chain: Some(chain),
            lanes,
            tape,
            planes,
            mixed,
            taped,
            ..
        } = self
        else {
            return;
        };
        let channels = *channels;
        for part in frames.chunks(self.longest * channels) {
            let count = part.len() / channels;
            for (channel, plane) in planes.iter_mut().enumerate().take(channels) {
                let samples = part[channel..].iter().step_by(channels);
                for (y, &x) in plane.iter_mut().zip(samples) {
                    *y = x;
                }
            }
            let [first, second] = planes;
            let block = &mut [&mut first[..count], &mut second[..count]];
            chain
                .port
                .process(&mut block[..channels], &controls, Mode::RealTime);
            let mixed = &mut mixed[..count * channels];
            for (channel, plane) in planes.iter().enumerate().take(channels) {
                let samples = mixed[channel..].iter_mut().step_by(channels);
                for (y, &x) in samples.zip(plane) {
                    *y = x;
                }
            }
            let tape_part = chain.beside(part, mixed, channels, taped);
            if let Some(tape) = tape {
                tape.take(tape_part);
            }
            for lane in lanes.iter_mut().flatten() {
                let at = now
                    .cycle
                    .filter(|_| lane.shared_clock)
                    .unwrap_or(now.called);
                lane.intake.push(mixed, at);
            }
        }
    }

    /// Takes in what has been sent.
    fn unpack(&mut self) {
        while self.returns.vacant_len() > 0 {
            let Some(parcel) = self.parcels.try_pop() else {
                return;
            };
            let old = match parcel {
                Parcel::Chain(chain) => self.chain.replace(chain).map(Parcel::Chain),
                Parcel::Lane(place, lane) => match self.lanes.get_mut(place) {
                    Some(slot) => Some(Parcel::Lane(place, std::mem::replace(slot, lane))),
                    None => Some(Parcel::Lane(place, lane)),
                },
                Parcel::Tape(tape) => Some(Parcel::Tape(std::mem::replace(&mut self.tape, tape))),
            };
            if let Some(old) = old {
                // There is room: nobody else pushes.
                let _ = self.returns.try_push(old);
            }
        }
    }
}

impl Chain {
    /// Writes each frame that came out beside the one that it was made of, once there are such.
    fn beside<'a>(
        &mut self,
        input: &[f32],
        output: &[f32],
        channels: usize,
        beside: &'a mut [f32],
    ) -> &'a [f32] {
        let mut written = 0;
        let frames = input
            .chunks_exact(channels)
            .zip(output.chunks_exact(channels));
        for (input, output) in frames {
            let late = &mut self.late[self.at..self.at + channels];
            if self.silent > 0 {
                self.silent -= 1;
            } else {
                let room = &mut beside[written..written + 2 * channels];
                room[..channels].copy_from_slice(late);
                room[channels..].copy_from_slice(output);
                written += 2 * channels;
            }
            late.copy_from_slice(input);
            self.at += channels;
            if self.at == self.late.len() {
                self.at = 0;
            }
        }
        &beside[..written]
    }
}

impl Tape {
    fn take(&mut self, frames: &[f32]) {
        if self.frames.vacant_len() >= frames.len() {
            self.frames.push_slice(frames);
        } else {
            // Both sides of a part are lost, or none: they stay aligned.
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use limpid_engine::controls::Controls;

    use super::*;

    fn tape() -> Parcel {
        let (frames, _) = HeapRb::new(1).split();
        Parcel::Tape(Some(Box::new(Tape {
            frames,
            lost: Arc::default(),
        })))
    }

    #[test]
    fn what_a_resting_input_has_no_room_for_comes_when_it_wakes() {
        let desk = Arc::new(Desk::new(&Controls::default()));
        let (mut feeder, mut sender) = feeder(1, 8, desk);
        for _ in 0..WAITING {
            sender.send(Parcel::Lane(0, None));
        }
        assert!(sender.kept.is_empty());
        for _ in 0..3 {
            sender.send(Parcel::Lane(1, None));
        }
        sender.send(tape());
        // Of each kind the last one counts, so it cannot pile up.
        assert_eq!(sender.kept.len(), 2);
        let now = Now {
            called: std::time::Duration::ZERO,
            cycle: None,
        };
        feeder.feed(&[0.0; 8], now);
        assert!(feeder.tape.is_none());
        sender.collect();
        assert!(sender.kept.is_empty());
        feeder.feed(&[0.0; 8], now);
        assert!(feeder.tape.is_some());
    }
}
