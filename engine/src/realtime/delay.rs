//! The port's own delay line: the input, late by exactly the stated latency.
//!
//! Bypass, the miss rule and a failed worker all play from here, so they are aligned with the
//! enhanced signal by construction and need nothing from the worker.

use super::packet::is_zero;

/// One line a channel, all of the same delay.
#[derive(Debug)]
pub(super) struct DelayLine {
    /// A ring of `length` samples a channel.
    lines: Vec<Vec<f32>>,
    length: usize,
    delay: usize,
    /// Where the next block is written.
    head: usize,
}

impl DelayLine {
    /// A line that takes blocks of up to `longest` samples and gives them back `delay` samples later.
    pub(super) fn new(channels: usize, delay: usize, longest: usize) -> Self {
        let length = delay + longest;
        Self {
            lines: vec![vec![0.0; length]; channels],
            length,
            delay,
            head: 0,
        }
    }

    /// Silence everywhere.
    pub(super) fn reset(&mut self) {
        for line in &mut self.lines {
            line.fill(0.0);
        }
    }

    /// Writes a block of one channel at the head, which stays: [`DelayLine::advance`] moves it.
    /// What is no number becomes silence, what is beyond all sound is cut.
    pub(super) fn write(&mut self, channel: usize, block: &[f32]) {
        let (first, second) = self.spans(self.head, block.len());
        let line = &mut self.lines[channel];
        let (left, right) = block.split_at(first.len());
        for (span, part) in [(first, left), (second, right)] {
            for (kept, &sample) in line[span].iter_mut().zip(part) {
                *kept = finite(sample);
            }
        }
    }

    /// [`DelayLine::write`] for a channel that the host does not give.
    pub(super) fn write_silence(&mut self, channel: usize, count: usize) {
        let (first, second) = self.spans(self.head, count);
        self.lines[channel][first].fill(0.0);
        self.lines[channel][second].fill(0.0);
    }

    /// Reads `out.len()` samples, `offset` samples into the block at the head, from one delay ago.
    pub(super) fn read(&self, channel: usize, offset: usize, out: &mut [f32]) {
        let start = self.head + self.length - self.delay + offset;
        let (first, second) = self.spans(start % self.length, out.len());
        let (left, right) = out.split_at_mut(first.len());
        left.copy_from_slice(&self.lines[channel][first]);
        right.copy_from_slice(&self.lines[channel][second]);
    }

    /// The sample `offset` into the block at the head, as it was written.
    pub(super) fn written(&self, channel: usize, offset: usize) -> f32 {
        let mut index = self.head + offset;
        if index >= self.length {
            index -= self.length;
        }
        self.lines[channel][index]
    }

    /// Whether `count` samples of all channels, `offset` into the block at the head, are exactly zero.
    pub(super) fn is_silent(&self, offset: usize, count: usize) -> bool {
        let (first, second) = self.spans((self.head + offset) % self.length, count);
        self.lines
            .iter()
            .all(|line| is_zero(&line[first.clone()]) && is_zero(&line[second.clone()]))
    }

    /// Ends a block of `count` samples.
    pub(super) fn advance(&mut self, count: usize) {
        self.head = (self.head + count) % self.length;
    }

    /// The ring's part from `start`, at most to its end, and what is left from its beginning.
    fn spans(
        &self,
        start: usize,
        count: usize,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let first = count.min(self.length - start);
        (start..start + first, 0..count - first)
    }
}

/// Largest magnitude of a sample that is let in, as in the enhancer: 120 dB over full scale. What is
/// computed from it is far from the end of `f32`.
const LOUDEST: f32 = 1e6;

/// The sample, or silence for what is no number: one NaN in a recurrent network stays for ever.
fn finite(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-LOUDEST, LOUDEST)
    } else {
        0.0
    }
}
