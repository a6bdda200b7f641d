//! Waveform models at another rate than their own.
//!
//! Audio goes in fixed blocks through a synchronous resampler to the model's rate, waits there until
//! it fills the model's hops, and comes back the same way. Both resamplers turn blocks of a fixed
//! length into blocks of a fixed length, in whole numbers, so nothing drifts however long the
//! stream is.

use super::EnhancerError;
use super::kinds::Outcome;
use super::waveform::Waveform;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};
use std::f32::consts::FRAC_PI_2;

/// Shortest block, in samples of the lower rate: it is the length of the resampler's filter, and so
/// what decides how much is lost next to the Nyquist frequency.
const SHORTEST: usize = 128;

/// Samples of the model's rate that may be added to the delay so that it comes out as close to a
/// whole number of samples at the audio's rate as it can: voice and aligned input then
/// cancel up to the highest frequencies.
const PADDING: usize = 64;

/// Deviation from a whole number of samples that is good enough to stop looking.
const ALIGNED: f64 = 0.01;

/// Lengths and delays, from rates and model alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    host_rate: u32,
    model_rate: u32,
    /// Block at the audio's rate.
    block: usize,
    /// The same block at the model's rate.
    model_block: usize,
    /// Samples of the model's rate by which the voice is held back, so that a block of it is there
    /// whenever a block of input came.
    lead: usize,
    /// Of the model: `window - hop`.
    model_latency: usize,
}

impl Plan {
    /// Rates in Hz; `window` and `hop` must have passed `waveform::check`.
    pub(super) fn new(host_rate: u32, model_rate: u32, window: usize, hop: usize) -> Self {
        let common = gcd(host_rate as usize, model_rate as usize);
        let (host_unit, model_unit) = (host_rate as usize / common, model_rate as usize / common);
        let units = SHORTEST.div_ceil(host_unit.min(model_unit));
        let mut plan = Self {
            host_rate,
            model_rate,
            block: units * host_unit,
            model_block: units * model_unit,
            lead: 0,
            model_latency: window - hop,
        };
        // After j blocks, floor(j block / hop) hops are done: what is missing for j blocks of voice
        // is j block modulo hop, at most this.
        let least = hop - gcd(hop, plan.model_block);
        let mut best = f64::INFINITY;
        for lead in least..=least + PADDING {
            let candidate = Self { lead, ..plan };
            let off = (candidate.delay() - candidate.delay().round()).abs();
            if off < best {
                (best, plan) = (off, candidate);
            }
            if best <= ALIGNED {
                break;
            }
        }
        plan
    }

    /// Samples of the audio's rate from input to output, as they come out.
    fn delay(&self) -> f64 {
        // The filters are as long as the block that goes in, their peak is at its middle sample.
        let model = self.model_block / 2 + self.model_latency + self.lead;
        (self.block / 2) as f64 + (model * self.block) as f64 / self.model_block as f64
    }

    /// Samples of the audio's rate that go in and come out at once.
    pub(super) fn hop(&self) -> usize {
        self.block
    }

    /// Samples from input to output.
    pub(super) fn latency(&self) -> usize {
        self.delay().round() as usize
    }

    /// Samples of the voice that are known ahead at the least, at the audio's rate.
    fn tail(&self) -> usize {
        (self.model_block / 2 + self.model_latency) * self.block / self.model_block
    }
}

/// One channel.
pub(super) struct Resampled {
    plan: Plan,
    core: Waveform,
    down: Fft<f32>,
    up: Fft<f32>,
    /// Model's rate: a block of either direction.
    block: Vec<f32>,
    /// Model's rate: what waits for a hop to fill.
    inbox: Vec<f32>,
    /// Model's rate: one hop of voice.
    hop: Vec<f32>,
    /// Model's rate: what the way back has taken, as far as the tail needs it, then what it has not
    /// taken yet.
    outbox: Vec<f32>,
    /// How much of `outbox` is taken.
    taken: usize,
    tail: Vec<f32>,
}

impl Resampled {
    pub(super) fn new(plan: Plan, core: Waveform) -> Result<Self, EnhancerError> {
        let (host, model) = (plan.host_rate, plan.model_rate);
        let resampler = |from: u32, to: u32, block| {
            let window = WindowFunction::BlackmanHarris2;
            Fft::new_custom(
                from as usize,
                to as usize,
                block,
                1,
                1,
                window,
                FixedSync::Both,
            )
            .map_err(|e| EnhancerError::Resampler {
                host,
                model,
                reason: e.to_string(),
            })
        };
        let hop = core.hop_len();
        // One more sample on each side than the middle of the filter, for the interpolation.
        let taken = plan.model_block / 2 + 2;
        let mut this = Self {
            plan,
            down: resampler(host, model, plan.block)?,
            up: resampler(model, host, plan.model_block)?,
            block: vec![0.0; plan.model_block],
            inbox: Vec::with_capacity(hop + plan.model_block),
            hop: vec![0.0; hop],
            outbox: Vec::with_capacity(taken + plan.lead + plan.model_block + 2 * hop),
            taken,
            tail: vec![0.0; plan.tail()],
            core,
        };
        this.outbox.resize(taken + plan.lead, 0.0);
        Ok(this)
    }

    /// Takes the next block and writes as many samples of the voice.
    pub(super) fn hop(&mut self, input: &[f32], rest: bool, voice: &mut [f32]) -> Outcome {
        let mut outcome = Outcome::default();
        resample(&mut self.down, input, &mut self.block);
        self.inbox.extend_from_slice(&self.block);
        while self.inbox.len() >= self.hop.len() {
            let done = self
                .core
                .hop(&self.inbox[..self.hop.len()], rest, &mut self.hop);
            outcome.faults += done.faults;
            outcome.error = outcome.error.or(done.error);
            self.outbox.extend_from_slice(&self.hop);
            self.inbox.drain(..self.hop.len());
        }
        self.block
            .copy_from_slice(&self.outbox[self.taken..][..self.plan.model_block]);
        self.outbox.drain(..self.plan.model_block);
        resample(&mut self.up, &self.block, voice);
        self.look_ahead();
        outcome
    }

    /// Writes the tail: the samples that lie in the way back already, then the model's own tail,
    /// interpolated (Catmull-Rom) and faded over its whole length.
    fn look_ahead(&mut self) {
        let ahead = self.core.tail();
        let known = |n: usize| match self.outbox.get(n) {
            Some(&sample) => sample,
            None => ahead.get(n - self.outbox.len()).copied().unwrap_or(0.0),
        };
        let start = self.taken - self.plan.model_block / 2;
        let length = self.tail.len();
        for (n, y) in self.tail.iter_mut().enumerate() {
            let place = n * self.plan.model_block;
            let at = start + place / self.plan.block;
            let t = (place % self.plan.block) as f32 / self.plan.block as f32;
            let [a, b, c, d] = [known(at - 1), known(at), known(at + 1), known(at + 2)];
            let curve = 2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a);
            let fade = (FRAC_PI_2 * n as f32 / length as f32).cos();
            *y = fade * fade * (b + 0.5 * t * (c - a + t * curve));
        }
    }

    pub(super) fn memory(&self) -> usize {
        let model = self.core.memory() + self.plan.lead + self.hop.len();
        4 * self.plan.block + model * self.plan.block / self.plan.model_block
    }

    pub(super) fn tail(&self) -> &[f32] {
        &self.tail
    }

    pub(super) fn reset(&mut self) {
        self.core.reset();
        self.down.reset();
        self.up.reset();
        self.inbox.clear();
        self.outbox.clear();
        self.outbox.resize(self.taken + self.plan.lead, 0.0);
        self.tail.fill(0.0);
    }
}

/// One block through a resampler of one channel; both must have the lengths that it was made for.
fn resample(resampler: &mut Fft<f32>, from: &[f32], to: &mut [f32]) {
    let (from_len, to_len) = (from.len(), to.len());
    let views = (
        InterleavedSlice::new(from, 1, from_len),
        InterleavedSlice::new_mut(to, 1, to_len),
    );
    if let (Ok(from), Ok(mut to)) = views {
        let done = resampler.process_into_buffer(&from, &mut to, None);
        debug_assert!(done.is_ok(), "the blocks are as long as the plan says");
    } else {
        debug_assert!(false, "a slice is as long as itself");
    }
}

/// Greatest common divisor.
fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
