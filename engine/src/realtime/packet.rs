//! What travels between the two halves: samples in one ring, what they are in another.
//!
//! Samples are pushed first and their header after them, so a header that can be seen has all its
//! samples behind it. Both ways a header names the epoch and the position, and whoever reads it
//! needs to know nothing else to place or to drop what it belongs to.

use std::ops::Range;

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::delay::DelayLine;
use crate::controls::Controls;

/// Input of one epoch, without a gap, under one setting of the controls, within one hop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) epoch: u32,
    /// Of the first sample, since the epoch began.
    pub(super) position: u64,
    /// Samples a channel.
    pub(super) length: usize,
    pub(super) controls: Controls,
}

impl Segment {
    pub(super) fn end(&self) -> u64 {
        self.position + self.length as u64
    }
}

/// The port's end of the input.
pub(super) struct InputSender {
    samples: HeapProd<f32>,
    segments: HeapProd<Segment>,
    /// Samples of it are in the ring, its header is not. Blocks are gathered here up to the end of
    /// the hop, since the worker can do nothing before, so that blocks of one sample do not make a
    /// header each.
    open: Option<Segment>,
    channels: usize,
    hop: usize,
}

/// The worker's end of the input.
pub(super) struct InputReceiver {
    samples: HeapCons<f32>,
    segments: HeapCons<Segment>,
    channels: usize,
}

/// A ring for `frames` samples a channel under up to `segments` headers.
pub(super) fn input_ring(
    channels: usize,
    hop: usize,
    frames: usize,
    segments: usize,
) -> (InputSender, InputReceiver) {
    let (samples_in, samples_out) = HeapRb::new(channels * frames).split();
    let (segments_in, segments_out) = HeapRb::new(segments).split();
    let sender = InputSender {
        samples: samples_in,
        segments: segments_in,
        open: None,
        channels,
        hop,
    };
    let receiver = InputReceiver {
        samples: samples_out,
        segments: segments_out,
        channels,
    };
    (sender, receiver)
}

impl InputSender {
    /// Pushes `range` of the block at the head of `line`, which must lie within one hop; its first
    /// sample is `position`. False when there is no room: then nothing of it is pushed.
    pub(super) fn push(
        &mut self,
        epoch: u32,
        position: u64,
        controls: &Controls,
        line: &DelayLine,
        range: Range<usize>,
    ) -> bool {
        let length = range.len();
        if self.must_close(epoch, position, controls) && !self.close() {
            return false;
        }
        if self.samples.vacant_len() < length * self.channels {
            return false;
        }
        let channels = self.channels;
        let frames = range.flat_map(|i| (0..channels).map(move |c| line.written(c, i)));
        self.samples.push_iter(frames);
        let open = self.open.get_or_insert(Segment {
            epoch,
            position,
            length: 0,
            controls: *controls,
        });
        open.length += length;
        if open.end().is_multiple_of(self.hop as u64) {
            // When the headers' ring is full it stays open and is closed by a later push.
            self.close();
        }
        true
    }

    /// Whether `length` samples a channel and a header would be taken.
    pub(super) fn has_room(&self, length: usize) -> bool {
        self.samples.vacant_len() >= length * self.channels && !self.segments.is_full()
    }

    /// Whether half of the headers' ring is in use, as the controls change often.
    pub(super) fn is_crowded(&self) -> bool {
        self.segments.occupied_len() > self.segments.vacant_len()
    }

    /// Whether what is pushed next cannot belong to the open segment.
    fn must_close(&self, epoch: u32, position: u64, controls: &Controls) -> bool {
        self.open.is_some_and(|open| {
            open.epoch != epoch
                || open.end() != position
                || open.end().is_multiple_of(self.hop as u64)
                || open.controls != *controls
        })
    }

    /// Sends the header of the open segment; false when there is no room for it.
    fn close(&mut self) -> bool {
        if let Some(open) = self.open {
            if self.segments.try_push(open).is_err() {
                return false;
            }
            self.open = None;
        }
        true
    }
}

impl InputReceiver {
    /// The next header. Its samples must be taken by [`Self::read`] or [`Self::skip`].
    pub(super) fn next(&mut self) -> Option<Segment> {
        self.segments.try_pop()
    }

    /// Takes a segment's samples into planar channels of `stride` samples, from `offset` on.
    pub(super) fn read(&mut self, length: usize, hop: &mut [f32], stride: usize, offset: usize) {
        let mut frames = self.samples.pop_iter();
        for i in offset..offset + length {
            for channel in 0..self.channels {
                // A header is only seen after its samples: there is always one.
                hop[channel * stride + i] = frames.next().unwrap_or_default();
            }
        }
    }

    /// Drops a segment's samples.
    pub(super) fn skip(&mut self, length: usize) {
        self.samples.skip(length * self.channels);
    }
}

/// What the worker says of a hop.
#[derive(Debug, Clone, Copy)]
pub(super) struct HopHeader {
    pub(super) epoch: u32,
    /// Hops since the epoch began.
    pub(super) index: u64,
    /// RMS of the hop over RMS of the aligned input, at most 1. `None` for a hop of which nothing can
    /// be heard: it has no samples, and the port need not wait for it.
    pub(super) gain: Option<f32>,
    /// It is silence, and what follows on digital silence is as well, to the bit.
    pub(super) rests: bool,
}

/// A hop of output with what covers for its successor.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    /// Planar, `channels * hop`.
    pub(super) samples: Vec<f32>,
    /// Planar, `channels * tail`: how the output goes on and fades if no further hop comes.
    pub(super) tail: Vec<f32>,
}

impl Hop {
    pub(super) fn new(channels: usize, hop: usize, tail: usize) -> Self {
        Self {
            samples: vec![0.0; channels * hop],
            tail: vec![0.0; channels * tail],
        }
    }

    /// Whether it is the zeros that silence is filled with, to the bit, and goes on as silence.
    pub(super) fn is_silent(&self) -> bool {
        self.samples.iter().fold(0, |bits, x| bits | x.to_bits()) == 0 && is_zero(&self.tail)
    }

    fn len(&self) -> usize {
        self.samples.len() + self.tail.len()
    }
}

/// Whether all samples are zero, of either sign: what is muted by a factor has both.
pub(super) fn is_zero(samples: &[f32]) -> bool {
    // Not `all`: without the early end the loop runs in vectors.
    let bits = samples.iter().fold(0, |bits, x| bits | x.to_bits());
    bits << 1 == 0
}

/// The worker's end of the output.
pub(super) struct HopSender {
    samples: HeapProd<f32>,
    headers: HeapProd<HopHeader>,
}

/// The port's end of the output.
pub(super) struct HopReceiver {
    samples: HeapCons<f32>,
    headers: HeapCons<HopHeader>,
}

/// A ring for `count` hops of the size of `hop`.
pub(super) fn hop_ring(hop: &Hop, count: usize) -> (HopSender, HopReceiver) {
    let (samples_in, samples_out) = HeapRb::new(hop.len() * count).split();
    let (headers_in, headers_out) = HeapRb::new(count).split();
    let sender = HopSender {
        samples: samples_in,
        headers: headers_in,
    };
    let receiver = HopReceiver {
        samples: samples_out,
        headers: headers_out,
    };
    (sender, receiver)
}

impl HopSender {
    /// False when there is no room: the hop is lost, and the port will miss it.
    pub(super) fn push(&mut self, header: HopHeader, hop: &Hop) -> bool {
        if self.headers.is_full() || self.samples.vacant_len() < hop.len() {
            return false;
        }
        if header.gain.is_some() {
            self.samples.push_slice(&hop.samples);
            self.samples.push_slice(&hop.tail);
        }
        self.headers.try_push(header).is_ok()
    }
}

/// What the port finds when it looks for a hop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// It was there and has been taken.
    Taken {
        gain: f32,
        /// As in the header.
        rests: bool,
    },
    /// Not yet there.
    NotYet,
    /// It will never come.
    Never,
}

impl HopReceiver {
    /// Takes hop `index` of `epoch` into `hop`, and drops what should have come before.
    pub(super) fn take(&mut self, epoch: u32, index: u64, hop: &mut Hop) -> Found {
        while let Some(&header) = self.headers.try_peek() {
            if header.epoch == epoch && header.index > index {
                return Found::Never;
            }
            self.headers.try_pop();
            let wanted = header.epoch == epoch && header.index == index;
            match header.gain {
                Some(gain) if wanted => {
                    self.samples.pop_slice(&mut hop.samples);
                    self.samples.pop_slice(&mut hop.tail);
                    let rests = header.rests;
                    return Found::Taken { gain, rests };
                }
                Some(_) => {
                    self.samples.skip(hop.len());
                }
                None if wanted => return Found::Never,
                None => {}
            }
        }
        Found::NotYet
    }

    /// Whether no hop waits.
    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Drops all that waits; `hop` tells the size.
    pub(super) fn clear(&mut self, hop: &Hop) {
        while let Some(header) = self.headers.try_pop() {
            if header.gain.is_some() {
                self.samples.skip(hop.len());
            }
        }
    }
}
