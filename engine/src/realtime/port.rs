//! The audio thread's half.

use std::ops::Range;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use super::clock::Clock;
use super::cover::{Cover, Weights};
use super::crossfade::{self, Crossfade};
use super::delay::DelayLine;
use super::lead::Lead;
use super::packet::{Found, Hop, HopReceiver, InputSender};
use super::rest::Rest;
use super::status::Shared;
use super::{Layout, Setup};
use crate::controls::Controls;

/// Duration of the fade to the aligned input and back, in milliseconds.
pub const BYPASS_MS: u32 = 10;

/// How long an offline host waits for a hop before it is counted as missed. Beyond what any machine
/// that still works needs for one hop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same after one such hop, until a hop comes in time: a worker that hangs must not hang the host.
const IMPATIENCE: Duration = Duration::from_millis(50);

/// While it waits the port looks up at least so often, as a worker that dies gives no notice.
const GLANCE: Duration = Duration::from_millis(5);

/// Whether the host needs the block by a certain moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does: nothing is ever waited for, save what a host that runs ahead of the clock allows.
    RealTime,
    /// It does not, as in a render to a file: no hop is missed, however long it takes.
    Offline,
}

/// What is to be heard at the output position.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    /// The first hop is not due yet, or the worker rests.
    Silence,
    /// The hop in the port's hands.
    Hop,
    /// The hop was not there.
    Cover,
}

/// The audio thread's half: blocks of any length in, the same number of samples out, later by
/// exactly [`Port::latency`].
///
/// [`Port::process`] never locks, allocates, frees, logs or fails, and in real time it never waits.
/// It may be called from any thread, one at a time.
pub struct Port {
    input: InputSender,
    output: HopReceiver,
    shared: Arc<Shared>,
    worker: Thread,
    clock: Box<dyn Clock>,
    lead: Lead,
    rest: Rest,
    line: DelayLine,
    cover: Cover,
    bypass: Crossfade,
    layout: Layout,
    channels: usize,
    longest: usize,
    epoch: u32,
    /// Samples of this epoch so far.
    position: u64,
    source: Source,
    /// The last hop that was there; meaningful unless `had_hop` is false.
    hop: Hop,
    had_hop: bool,
    patience: Duration,
    /// Scratch for one block: one channel of aligned input, and how to mix each sample.
    aligned: Vec<f32>,
    weights: Vec<Weights>,
    shares: Vec<f32>,
}

/// What the port shares with the worker.
pub(super) struct Ends {
    pub(super) input: InputSender,
    pub(super) output: HopReceiver,
    pub(super) shared: Arc<Shared>,
    pub(super) worker: Thread,
}

impl Port {
    pub(super) fn new(
        setup: Setup,
        layout: Layout,
        ends: Ends,
        hop: Hop,
        tail_weights: Vec<f32>,
    ) -> Self {
        let Setup {
            sample_rate,
            channels,
            longest_block: longest,
            clock,
            ..
        } = setup;
        Self {
            input: ends.input,
            output: ends.output,
            shared: ends.shared,
            worker: ends.worker,
            clock,
            lead: Lead::new(sample_rate, longest),
            rest: Rest::new(sample_rate, layout.hop),
            line: DelayLine::new(channels, layout.latency(), longest),
            cover: Cover::new(channels, sample_rate, tail_weights),
            bypass: Crossfade::new(sample_rate, BYPASS_MS),
            layout,
            channels,
            longest,
            epoch: 0,
            position: 0,
            source: Source::Silence,
            hop,
            had_hop: false,
            patience: PATIENCE,
            aligned: vec![0.0; longest],
            weights: vec![Weights::default(); longest],
            shares: vec![0.0; longest],
        }
    }

    /// Samples from input to output. It never changes.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.layout.latency()
    }

    /// Back to silence, as a host asks for when it starts anew. What the worker still has of the
    /// time before is dropped. Not for a jump of the transport: with delay compensation the host
    /// still wants the samples from before it.
    pub fn reset(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.position = 0;
        self.output.clear(&self.hop);
        self.shared.reach(self.epoch, 0);
        self.lead.reset();
        self.rest.reset();
        self.line.reset();
        self.cover.reset();
        self.source = Source::Silence;
        self.had_hop = false;
        self.patience = PATIENCE;
    }

    /// Replaces the samples of `block` (planar, one slice a channel) by the enhanced ones of
    /// [`Port::latency`] samples ago.
    ///
    /// The faders of `controls` act on the samples of this block, wherever they come out; bypass
    /// acts at once on what comes out now. The shortest slice counts. A block longer than announced
    /// is taken in parts, channels beyond the announced ones become silent, missing ones count as
    /// silence.
    #[cfg_attr(rtsan, sanitize(realtime = "nonblocking"))]
    pub fn process(&mut self, block: &mut [&mut [f32]], controls: &Controls, mode: Mode) {
        let length = block.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut start = 0;
        while start < length {
            let end = (start + self.longest).min(length);
            self.part(block, start..end, controls, mode);
            start = end;
        }
        for channel in block.iter_mut().skip(self.channels) {
            channel.fill(0.0);
        }
    }

    /// One part of a block, no longer than announced.
    fn part(
        &mut self,
        block: &mut [&mut [f32]],
        range: Range<usize>,
        controls: &Controls,
        mode: Mode,
    ) {
        let length = range.len();
        match mode {
            Mode::RealTime => self.lead.arrive(self.clock.now(), self.position, length),
            Mode::Offline => self.lead.reset(),
        }
        if self.position == 0 {
            self.bypass.jump(controls.bypass);
        }
        self.bypass.aim(controls.bypass);
        self.collect(block, range.clone(), controls, mode);
        let end = self.position + length as u64;
        let mut done = 0;
        while done < length {
            let count = self.due(length - done, mode);
            let start = range.start + done;
            self.render(block, start..start + count, done);
            done += count;
            self.position += count as u64;
        }
        debug_assert_eq!(self.position, end);
        self.line.advance(length);
        self.shared.reach(self.epoch, self.position);
    }

    /// Puts the input into the delay line and the ring, and wakes the worker when a hop is whole; at rest
    /// it lets several wait.
    fn collect(
        &mut self,
        block: &[&mut [f32]],
        range: Range<usize>,
        controls: &Controls,
        mode: Mode,
    ) {
        let length = range.len();
        for channel in 0..self.channels {
            match block.get(channel) {
                Some(samples) => self.line.write(channel, &samples[range.clone()]),
                None => self.line.write_silence(channel, length),
            }
        }
        let hop = self.layout.hop as u64;
        let mut wake = false;
        let mut done = 0;
        while done < length {
            let position = self.position + done as u64;
            let count = (length - done).min((hop - position % hop) as usize);
            if !self.push(position, controls, done..done + count, mode) {
                self.shared.count_lost(count);
            }
            let silent = self.line.is_silent(done, count);
            wake |= self.rest.pass(position, count, silent);
            done += count;
        }
        let pressing = mode == Mode::Offline || self.input.is_crowded();
        if wake || pressing && self.rest.is_waiting() {
            self.wake();
        }
    }

    /// Wakes the worker for all that waits.
    fn wake(&mut self) {
        self.rest.woken();
        self.shared.count_wake();
        self.worker.unpark();
    }

    /// Pushes a part of the block within one hop; an offline host waits for room.
    fn push(
        &mut self,
        position: u64,
        controls: &Controls,
        range: Range<usize>,
        mode: Mode,
    ) -> bool {
        let (epoch, line) = (self.epoch, &self.line);
        if self
            .input
            .push(epoch, position, controls, line, range.clone())
        {
            return true;
        }
        if mode == Mode::RealTime {
            return false;
        }
        self.worker.unpark();
        self.wait(mode, |port| port.input.has_room(range.len()));
        let (epoch, line) = (self.epoch, &self.line);
        self.input.push(epoch, position, controls, line, range)
    }

    /// Finds what is heard from the present position on, and for how many of `most` samples.
    fn due(&mut self, most: usize, mode: Mode) -> usize {
        let first = self.layout.due(0);
        if self.position < first {
            return most.min((first - self.position) as usize);
        }
        let hop = self.layout.hop as u64;
        let into = (self.position - first) % hop;
        if into == 0 {
            self.fetch((self.position - first) / hop, mode);
        }
        most.min((hop - into) as usize)
    }

    /// Takes hop `index`, or covers for it.
    fn fetch(&mut self, index: u64, mode: Mode) {
        // The tail must outlive the hop's samples only until the cover has taken it over, so one
        // buffer serves both: nothing overwrites it before a later hop is there.
        let mut found = self.output.take(self.epoch, index, &mut self.hop);
        let there = matches!(found, Found::Taken { .. });
        if !there && mode == Mode::RealTime && self.rest.covers(index) {
            self.source = Source::Silence;
            return;
        }
        while found == Found::NotYet && self.wait(mode, |port| !port.output.is_empty()) {
            found = self.output.take(self.epoch, index, &mut self.hop);
        }
        if let Found::Taken { gain, rests } = found {
            // While the cover still fades out a hop that is not there would be heard.
            let rests = rests && mode == Mode::RealTime && self.cover.is_idle();
            self.rest.taken(index, rests);
            if self.rest.is_over() && self.rest.is_waiting() {
                // What was let wait is due from now on.
                self.wake();
            }
            self.cover.aim(gain);
            self.source = Source::Hop;
            self.had_hop = true;
            self.patience = PATIENCE;
            return;
        }
        self.shared.count_miss();
        if self.shared.is_down() {
            self.cover.aim(1.0);
        } else if mode == Mode::Offline && found == Found::NotYet {
            self.patience = IMPATIENCE;
        }
        if self.source != Source::Cover {
            let tail = self.had_hop.then_some(self.hop.tail.as_slice());
            self.cover.begin(tail);
            self.source = Source::Cover;
        }
    }

    /// Waits until `ready`, as long as the mode allows; tells whether it is.
    fn wait(&self, mode: Mode, ready: impl Fn(&Self) -> bool) -> bool {
        let deadline = match mode {
            Mode::RealTime => self.lead.deadline(),
            Mode::Offline => self.clock.now() + self.patience,
        };
        let remaining = || {
            if ready(self) || self.shared.is_down() {
                return None;
            }
            let left = deadline.saturating_sub(self.clock.now());
            (!left.is_zero()).then(|| left.min(GLANCE))
        };
        // Without a lead the lock is not even looked at.
        if remaining().is_some() {
            self.shared.gate.wait(remaining);
        }
        ready(self)
    }

    /// Writes `range` of the block, `offset` samples into the part, from the present source.
    fn render(&mut self, block: &mut [&mut [f32]], range: Range<usize>, offset: usize) {
        let count = range.len();
        let covered = self.prepare_weights(count);
        let bypassed = self.bypass.is_second();
        let fading = !bypassed && !self.bypass.is_first();
        if fading {
            for share in &mut self.shares[..count] {
                *share = self.bypass.advance();
            }
        }
        let into = self.offset_in_hop();
        let hop = self.layout.hop;
        for (channel, samples) in block.iter_mut().enumerate().take(self.channels) {
            let out = &mut samples[range.clone()];
            let aligned = &mut self.aligned[..count];
            self.line.read(channel, offset, aligned);
            if bypassed {
                out.copy_from_slice(aligned);
                continue;
            }
            let start = channel * hop + into;
            match self.source {
                Source::Silence => out.fill(0.0),
                Source::Hop if !covered => {
                    out.copy_from_slice(&self.hop.samples[start..start + count]);
                }
                Source::Hop | Source::Cover => {
                    let enhanced = &self.hop.samples[start..start + count];
                    let weights = &self.weights[..count];
                    self.cover.mix(channel, weights, enhanced, aligned, out);
                }
            }
            if fading {
                crossfade::mix(out, aligned, &self.shares[..count]);
            }
        }
    }

    /// Moves the cover on by `count` samples, if it is heard at all.
    fn prepare_weights(&mut self, count: usize) -> bool {
        let present = match self.source {
            Source::Silence => return false,
            Source::Hop if self.cover.is_idle() => return false,
            Source::Hop => true,
            Source::Cover => false,
        };
        for weights in &mut self.weights[..count] {
            *weights = self.cover.advance(present);
        }
        true
    }

    /// Samples from the beginning of the present hop.
    fn offset_in_hop(&self) -> usize {
        let first = self.layout.due(0);
        if self.position < first {
            return 0;
        }
        ((self.position - first) % self.layout.hop as u64) as usize
    }
}
