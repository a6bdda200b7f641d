//! What the worker does with what it is given: hops together, through the enhancer, mixed, away.

use std::sync::Arc;
use std::time::Instant;

use super::desk::Desk;
use super::load::Load;
use super::packet::{Hop, HopHeader, HopSender, InputReceiver, Segment, is_zero};
use super::status::Shared;
use super::swap::Players;
use super::{Layout, Setup};
use crate::enhancer::Enhancer;
use crate::meters::Tap;

/// Catching up by computing hops that are already missed keeps the network's memory whole, but may
/// not take longer than so many hops last; else they are skipped.
const CATCH_UP: f32 = 2.0;

/// The worker's state from one hop to the next.
pub(super) struct Pipeline {
    input: InputReceiver,
    output: HopSender,
    shared: Arc<Shared>,
    tap: Option<Tap>,
    players: Players,
    layout: Layout,
    /// `None` before the first segment.
    epoch: Option<u32>,
    /// Position that the next segment has, if nothing is lost.
    expected: u64,
    /// Planar input of the hop that is being collected, and how much of it is there.
    collected: Vec<f32>,
    filled: usize,
    index: u64,
    link: bool,
    desk: Desk,
    out: Hop,
    /// Hops still to come whose frames reach over a gap in the input.
    broken: u64,
    /// Hops before this one are not worth computing.
    skip_to: u64,
    /// Silent hops in a row that the network rested through.
    still: u64,
    /// The port plays silence by itself for as long as that comes in, so a silent hop is not late.
    excused: bool,
    load: Load,
}

/// What the pipeline shares with the port.
pub(super) struct Ends {
    pub(super) input: InputReceiver,
    pub(super) output: HopSender,
    pub(super) shared: Arc<Shared>,
    pub(super) tap: Option<Tap>,
}

impl Pipeline {
    pub(super) fn new(
        setup: &Setup,
        layout: Layout,
        ends: Ends,
        players: Players,
        out: Hop,
        fading: Vec<f32>,
    ) -> Self {
        Self {
            input: ends.input,
            output: ends.output,
            shared: ends.shared,
            tap: ends.tap,
            players,
            layout,
            epoch: None,
            expected: 0,
            collected: vec![0.0; setup.channels * layout.hop],
            filled: 0,
            index: 0,
            link: true,
            desk: Desk::new(setup, layout, fading),
            out,
            broken: 0,
            skip_to: 0,
            still: 0,
            excused: false,
            load: Load::new(setup.sample_rate, layout.hop),
        }
    }

    /// The enhancer that is left when the stream ends.
    pub(super) fn into_enhancer(self) -> Option<Box<Enhancer>> {
        self.players.into_enhancer()
    }

    /// Does all that can be done now.
    pub(super) fn run(&mut self) {
        while !self.shared.is_stopping() {
            let Some(segment) = self.input.next() else {
                return;
            };
            self.take(&segment);
        }
    }

    /// Collects one segment, and runs the hop that it completes.
    fn take(&mut self, segment: &Segment) {
        let current = self.shared.reached(segment.epoch).is_some();
        if current && self.epoch != Some(segment.epoch) {
            self.begin(segment);
        }
        if !current || !self.place(segment) {
            self.input.skip(segment.length);
            return;
        }
        let hop = self.layout.hop;
        let begins = segment.position + self.layout.overlap as u64;
        self.desk.change(begins, &segment.controls);
        self.input
            .read(segment.length, &mut self.collected, hop, self.filled);
        self.filled += segment.length;
        self.expected = segment.end();
        if self.filled == hop {
            self.filled = 0;
            self.hop();
        }
    }

    /// Starts an epoch from silence.
    fn begin(&mut self, segment: &Segment) {
        self.epoch = Some(segment.epoch);
        self.expected = 0;
        self.filled = 0;
        self.broken = 0;
        self.skip_to = 0;
        self.still = 0;
        self.excused = false;
        self.players.reset();
        self.desk.reset(&segment.controls);
    }

    /// Finds the segment's place in a hop; false when it has none.
    fn place(&mut self, segment: &Segment) -> bool {
        let hop = self.layout.hop as u64;
        let index = segment.position / hop;
        let begins_hop = segment.position.is_multiple_of(hop);
        if begins_hop {
            self.skip_to = self.skip_to.max(self.worth(index));
        }
        if index < self.skip_to {
            return false;
        }
        if segment.position != self.expected {
            if !begins_hop {
                return false;
            }
            // The network goes on with what it remembers, but the frames that reach over the gap
            // are of no use.
            self.filled = 0;
            self.broken = self.layout.broken();
            self.desk.jump(&segment.controls);
        }
        if begins_hop {
            self.index = index;
            self.link = segment.controls.link;
        }
        true
    }

    /// The first hop from `index` on that is worth computing.
    fn worth(&self, index: u64) -> u64 {
        if self.excused && self.players.is_resting() {
            // The port has let them wait, and playing silence costs nothing that would make others late.
            return index;
        }
        let reached = self.epoch.and_then(|epoch| self.shared.reached(epoch));
        let first_in_time = self.layout.first_due_after(reached.unwrap_or(0));
        let late = first_in_time.saturating_sub(index);
        if late as f32 * self.load.mean().min(1.0) <= CATCH_UP {
            return index;
        }
        first_in_time
            .saturating_sub(self.layout.broken())
            .max(index)
    }

    /// Runs the collected hop and hands it over.
    fn hop(&mut self) {
        let started = Instant::now();
        let heard = self.players.process(&self.collected, self.link);
        self.desk.remember(&self.collected);
        let whole = if heard {
            self.desk.mix(self.index, &self.players, &mut self.out)
        } else {
            self.desk.pass(self.index);
            false
        };
        self.load.add(started.elapsed());
        self.shared.set_load(self.load.mean(), self.load.peak());
        let audible = whole && self.broken == 0;
        self.broken = self.broken.saturating_sub(1);
        let still = audible && self.players.is_resting() && self.out.is_silent();
        self.still = if still { self.still + 1 } else { 0 };
        self.excused &= is_zero(&self.collected);
        self.hand_over(audible.then(|| self.desk.gain()));
        self.shared.count_hop();
        self.shared.gate.notify();
        // After the hop is on its way: nobody waits for what a window shows.
        if heard && let Some(tap) = &mut self.tap {
            let parts = self.players.parts();
            tap.hop(&parts.voice, &parts.dry);
        }
    }

    /// Tells the port of the hop, with its samples if it has a gain.
    fn hand_over(&mut self, gain: Option<f32>) {
        let Some(epoch) = self.epoch else {
            return;
        };
        let header = HopHeader {
            epoch,
            index: self.index,
            gain,
            // By then nothing is left in frames and filters that could still come out.
            rests: self.still > self.layout.broken(),
        };
        // A reset has come meanwhile, and nobody wants it.
        let Some(reached) = self.shared.reached(epoch) else {
            return;
        };
        let due = self.layout.due(self.index);
        if !self.excused {
            self.shared.note_slack(due as i64 - reached as i64);
        }
        if reached > due {
            // Already covered for; in the ring it would only take room from one in time.
            return;
        }
        // There is no room only after resets of a port that then stopped asking: it would drop the
        // hop as well.
        if self.output.push(header, &self.out) {
            self.excused = header.rests;
        }
    }
}
