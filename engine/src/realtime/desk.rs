//! The worker's mixing desk: each gain at the sample that it belongs to, and the tail of each hop.

use std::collections::VecDeque;

use super::packet::Hop;
use super::swap::Players;
use super::{Layout, Setup};
use crate::controls::{Controls, Gains, Mixer};

pub(super) struct Desk {
    layout: Layout,
    /// One a channel, in step.
    mixers: Vec<Mixer>,
    /// Gains as of the newest input.
    gains: Gains,
    /// Changes still to come, by the output sample at which they begin.
    changes: VecDeque<(u64, Gains)>,
    /// Planar: the end of the input, which the aligned input goes on with after the present hop.
    history: Vec<f32>,
    /// Weights by which a tail fades.
    fading: Vec<f32>,
    /// One channel's tail of voice and of aligned input.
    tail_voice: Vec<f32>,
    tail_dry: Vec<f32>,
    gain: f32,
}

impl Desk {
    pub(super) fn new(setup: &Setup, layout: Layout, fading: Vec<f32>) -> Self {
        let gains = Gains::from(&Controls::default());
        Self {
            layout,
            mixers: vec![Mixer::new(setup.sample_rate, gains); setup.channels],
            gains,
            changes: VecDeque::with_capacity(layout.hop + layout.overlap),
            history: vec![0.0; setup.channels * layout.overlap],
            tail_voice: vec![0.0; fading.len()],
            tail_dry: vec![0.0; fading.len()],
            fading,
            gain: 1.0,
        }
    }

    /// Stands at the controls, with nothing heard yet.
    pub(super) fn reset(&mut self, controls: &Controls) {
        self.jump(controls);
        self.history.fill(0.0);
        self.gain = 1.0;
    }

    /// Stands at the controls at once, whatever was to come.
    pub(super) fn jump(&mut self, controls: &Controls) {
        self.changes.clear();
        self.gains = Gains::from(controls);
        for mixer in &mut self.mixers {
            mixer.jump(self.gains);
        }
    }

    /// The controls from output sample `begins` on.
    pub(super) fn change(&mut self, begins: u64, controls: &Controls) {
        let gains = Gains::from(controls);
        if gains != self.gains {
            self.gains = gains;
            self.changes.push_back((begins, gains));
        }
    }

    /// Notes the input of a hop (planar).
    pub(super) fn remember(&mut self, input: &[f32]) {
        let Layout { hop, overlap, .. } = self.layout;
        let kept = overlap.saturating_sub(hop);
        for (channel, input) in input.chunks_exact(hop).enumerate() {
            let history = &mut self.history[channel * overlap..(channel + 1) * overlap];
            history.copy_within(overlap - kept.., 0);
            history[kept..].copy_from_slice(&input[hop - (overlap - kept)..]);
        }
    }

    /// Mixes hop `index` and its tail; false when there is something in it that is no number.
    pub(super) fn mix(&mut self, index: u64, players: &Players, out: &mut Hop) -> bool {
        let hop = self.layout.hop;
        let start = index * hop as u64;
        let parts = players.parts();
        let mut output_energy = 0.0;
        let mut input_energy = 0.0;
        for (channel, mixer) in self.mixers.iter_mut().enumerate() {
            let span = channel * hop..(channel + 1) * hop;
            let (voice, dry) = (&parts.voice[span.clone()], &parts.dry[span.clone()]);
            let samples = &mut out.samples[span];
            let mut done = 0;
            let due = self.changes.iter().take_while(|c| c.0 < start + hop as u64);
            for &(begins, gains) in due {
                let end = begins.saturating_sub(start) as usize;
                mixer.mix(&voice[done..end], &dry[done..end], &mut samples[done..end]);
                mixer.set(gains);
                done = end;
            }
            mixer.mix(&voice[done..], &dry[done..], &mut samples[done..]);
            output_energy += energy(samples);
            input_energy += energy(dry);
        }
        self.drop_changes(start + hop as u64);
        let tail_energy = self.mix_tail(players, out);
        if input_energy > 0.0 {
            self.gain = (output_energy / input_energy).sqrt().min(1.0) as f32;
        }
        (output_energy + tail_energy).is_finite()
    }

    /// RMS of the last hop over RMS of its aligned input, at most 1.
    pub(super) fn gain(&self) -> f32 {
        self.gain
    }

    /// Goes past hop `index`, which is not mixed.
    pub(super) fn pass(&mut self, index: u64) {
        let end = (index + 1) * self.layout.hop as u64;
        if let Some(&(_, gains)) = self.changes.iter().rfind(|c| c.0 < end) {
            for mixer in &mut self.mixers {
                mixer.jump(gains);
            }
        }
        self.drop_changes(end);
    }

    fn drop_changes(&mut self, end: u64) {
        while self.changes.front().is_some_and(|c| c.0 < end) {
            self.changes.pop_front();
        }
    }

    /// Mixes the tail with the gains going on as they stand; gives its energy.
    fn mix_tail(&mut self, players: &Players, out: &mut Hop) -> f64 {
        let tail = self.fading.len();
        let overlap = self.layout.overlap;
        let mut sum = 0.0;
        for (channel, mixer) in self.mixers.iter().enumerate() {
            players.tail(channel, &mut self.tail_voice);
            let history = &self.history[channel * overlap..(channel + 1) * overlap];
            for ((dry, &weight), &x) in self.tail_dry.iter_mut().zip(&self.fading).zip(history) {
                *dry = weight * x;
            }
            let samples = &mut out.tail[channel * tail..(channel + 1) * tail];
            // A copy: the next hop goes on from where this one ended.
            mixer.clone().mix(&self.tail_voice, &self.tail_dry, samples);
            sum += energy(samples);
        }
        sum
    }
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
}
