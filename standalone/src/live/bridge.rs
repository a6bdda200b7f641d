//! The bridge between two clocks: what a microphone gives, as a loudspeaker takes it.
//!
//! Two devices never run at quite the same rate, and their callbacks come when they come. Between
//! them lie a ring and a resampler whose ratio is steered so that the sound is always as late as
//! planned: [`Intake`] belongs to the callback of the input, [`Outlet`] to that of the output, and
//! neither allocates, locks or waits.
//!
//! # What is held constant
//! The *age* of the next frame to be taken out: frames in the ring, plus what the input has heard
//! since it last delivered, all as time. The ring alone would be no measure: it jumps by a whole
//! block with each delivery, and with blocks of equal length it says nothing of the phase between
//! the two clocks. The target is one block of each side and the safety; with less, a block could be
//! wanted before it is there.
//!
//! # When it cannot be held
//! A frame that is not there is an underrun: the sound fades out, and comes back once the age is on
//! target. An age that is far off (an input that stood still and came back, a graph that was put in
//! another order) is not chased by the pitch but set right at once, by a cross-fade. Both are counted.
//!
//! # Digital silence
//! A muted microphone delivers zeros, for hours. Zeros resampled are zeros, so once the resampler holds
//! nothing else it is left alone, and as many frames are dropped as it would have taken.

mod gauge;
mod steer;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, Resizable, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};

pub use gauge::Gauge;
use steer::{Floor, LIMIT, Steer};

/// Longest part of a block that is resampled at once, in frames.
const CHUNK: usize = 1024;
/// Taps of the resampler: flat to 20 kHz at 48 kHz, for 1.3 ms.
const TAPS: usize = 128;
/// What the ring holds beyond the target, in seconds, before new frames are dropped.
const ROOM: f64 = 0.5;
/// Duration of fades in milliseconds.
const FADE_MS: u32 = 5;
/// Zeros in a row after which the resampler holds nothing else: it keeps less than three lengths of its
/// filter.
const HUSH: usize = 4 * TAPS;
/// Deliveries that may lie between two callbacks of the output.
const STAMPS: usize = 512;
/// An age that is off by half its target is set right at once; but never for less than this, nor only
/// for more, in seconds.
const ASTRAY: (f64, f64) = (0.008, 0.040);
/// What callbacks that come late may do to the age that the first second shows, in seconds.
const TOLERANCE: f64 = 0.005;

/// What a bridge is made for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Hz.
    pub in_rate: u32,
    /// Hz.
    pub out_rate: u32,
    pub channels: usize,
    /// Frames that the input delivers at once, at most.
    pub in_block: usize,
    /// Frames that the output asks for at once, at most.
    pub out_block: usize,
    /// Slack against callbacks that come late.
    pub safety: Duration,
}

impl Plan {
    /// Age that frames have when they are taken out, in seconds.
    pub fn target(&self) -> f64 {
        self.in_block as f64 / f64::from(self.in_rate)
            + self.out_block as f64 / f64::from(self.out_rate)
            + self.safety.as_secs_f64()
    }

    /// Age that is left after the output has taken its longest block, in seconds.
    fn floor(&self) -> f64 {
        self.in_block as f64 / f64::from(self.in_rate) + self.safety.as_secs_f64()
    }
}

/// So many frames had been pushed at this moment.
#[derive(Debug, Clone, Copy, Default)]
struct Stamp {
    pushed: u64,
    at: Duration,
}

/// The input's end.
pub struct Intake {
    frames: HeapProd<f32>,
    stamps: HeapProd<Stamp>,
    channels: usize,
    pushed: u64,
    gauge: Arc<Gauge>,
}

/// The output's end.
pub struct Outlet {
    plan: Plan,
    frames: HeapCons<f32>,
    stamps: HeapCons<Stamp>,
    newest: Stamp,
    taken: u64,
    resampler: Async<f32>,
    steer: Steer,
    /// What lies in the bridge after the output has taken its part.
    floor: Floor,
    /// What the first second has taught was looked at, and the age was set right for it.
    judged: bool,
    righted: bool,
    /// Interleaved input of one call of the resampler.
    scratch: Vec<f32>,
    /// Sound is given out; else it is waited for.
    flowing: bool,
    /// Frames of input that have been faded in since it flows.
    faded_in: usize,
    fade: usize,
    /// The last frame that went into the resampler.
    last: Vec<f32>,
    /// Frames of zeros that went into the resampler, or past it, in a row; up to [`HUSH`].
    hushed: usize,
    /// Part of a frame that is still to be dropped, while the resampler is left alone.
    owed: f64,
    /// Frames of input for one of output, as steered.
    pace: f64,
    /// Calls of the resampler.
    #[cfg(test)]
    resampled: u64,
    gauge: Arc<Gauge>,
}

/// Why there is no bridge.
#[derive(Debug, thiserror::Error)]
#[error("cannot turn {} Hz into {} Hz: {reason}; choose devices of common rates", .plan.in_rate, .plan.out_rate)]
pub struct BridgeError {
    plan: Plan,
    reason: String,
}

/// Both ends and the gauge. Takes a few milliseconds.
pub fn bridge(plan: Plan) -> Result<(Intake, Outlet, Arc<Gauge>), BridgeError> {
    let parameters = SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2)
        .interpolation(SincInterpolationType::Linear)
        .oversampling_factor(256);
    let ratio = f64::from(plan.out_rate) / f64::from(plan.in_rate);
    let resampler = Async::new_sinc(
        ratio,
        1.0 + 2.0 * LIMIT,
        &parameters,
        CHUNK,
        plan.channels,
        FixedAsync::Output,
    )
    .map_err(|error| BridgeError {
        plan,
        reason: error.to_string(),
    })?;
    let room = ((plan.target() + ROOM) * f64::from(plan.in_rate)) as usize + 2 * plan.in_block;
    let (frames_in, frames_out) = HeapRb::new(room * plan.channels).split();
    let (stamps_in, stamps_out) = HeapRb::new(STAMPS).split();
    let gauge = Arc::new(Gauge::default());
    let intake = Intake {
        frames: frames_in,
        stamps: stamps_in,
        channels: plan.channels,
        pushed: 0,
        gauge: Arc::clone(&gauge),
    };
    let outlet = Outlet {
        frames: frames_out,
        stamps: stamps_out,
        newest: Stamp::default(),
        taken: 0,
        steer: Steer::default(),
        floor: Floor::new(&plan),
        judged: false,
        righted: false,
        scratch: vec![0.0; (resampler.input_frames_max() + 16) * plan.channels],
        resampler,
        flowing: false,
        faded_in: 0,
        fade: (plan.in_rate * FADE_MS / 1000).max(1) as usize,
        last: vec![0.0; plan.channels],
        hushed: 0,
        owed: 0.0,
        pace: ratio.recip(),
        #[cfg(test)]
        resampled: 0,
        gauge: Arc::clone(&gauge),
        plan,
    };
    Ok((intake, outlet, gauge))
}

impl Intake {
    /// Takes in interleaved frames that were delivered at `now`. What finds no room is dropped.
    pub fn push(&mut self, frames: &[f32], now: Duration) {
        let count = frames.len() / self.channels;
        let room = self.frames.vacant_len() / self.channels;
        let fits = count.min(room);
        self.frames.push_slice(&frames[..fits * self.channels]);
        if fits < count {
            let lost = (count - fits) as u64;
            self.gauge.lost.fetch_add(lost, Ordering::Relaxed);
        }
        self.pushed += fits as u64;
        let stamp = Stamp {
            pushed: self.pushed,
            at: now,
        };
        // Full only while the output stands still; the next one says as much.
        let _ = self.stamps.try_push(stamp);
    }
}

impl Outlet {
    /// Fills `out` (interleaved) for an output that asks at `now`, on the clock of [`Intake::push`].
    pub fn pull(&mut self, out: &mut [f32], now: Duration) {
        let channels = self.plan.channels;
        let wanted = out.len() / channels;
        if let Some(stamp) = self.stamps.pop_iter().last() {
            self.newest = stamp;
        }
        let age = self.age(now);
        if !self.flowing {
            self.begin(age, wanted);
        }
        if !self.flowing {
            out.fill(0.0);
            return;
        }
        let off = age - self.plan.target();
        let seconds = wanted as f64 / f64::from(self.plan.out_rate);
        let correction = self.steer.step(off, seconds);
        self.floor.step(age - seconds, seconds);
        let (least, most) = ASTRAY;
        let astray = self.steer.error().abs() > (0.5 * self.plan.target()).clamp(least, most);
        if astray || self.began_badly(age) {
            self.set_right(age);
        }
        self.tell(correction);
        // Within the limits that the resampler was made for.
        let steered = self
            .resampler
            .set_resample_ratio_relative(1.0 / (1.0 + correction), true);
        debug_assert!(steered.is_ok(), "the steering keeps its limits");
        self.pace =
            f64::from(self.plan.in_rate) / f64::from(self.plan.out_rate) * (1.0 + correction);
        for part in out.chunks_mut(CHUNK * channels) {
            self.part(part);
        }
    }

    /// Age of the next frame to be taken out, in seconds.
    fn age(&self, now: Duration) -> f64 {
        let rate = f64::from(self.plan.in_rate);
        let held = self.newest.pushed as f64 - self.taken as f64;
        // An input that has stopped is no older for being waited for.
        let most = 2.0 * self.plan.in_block as f64 / rate + 0.1;
        let since = now.saturating_sub(self.newest.at).as_secs_f64().min(most);
        held / rate + since
    }

    /// Starts to flow once the age is there, exactly on target, and `wanted` frames of output.
    fn begin(&mut self, age: f64, wanted: usize) {
        let excess = age - self.plan.target();
        if self.newest.pushed == 0 || excess < 0.0 {
            return;
        }
        let rate = f64::from(self.plan.in_rate);
        let skipped = (excess * rate) as usize;
        // An input that has stopped grows older without delivering anything.
        let needed = wanted as f64 * rate / f64::from(self.plan.out_rate);
        let there = self.frames.occupied_len() / self.plan.channels;
        if there < skipped + needed as usize + 4 {
            return;
        }
        self.skip(skipped);
        self.flowing = true;
        self.faded_in = 0;
        self.settle();
    }

    /// Whether the age that the first second has shown is none to keep. An output that fills its device at
    /// first takes the safety for it, and leaves less than an input's block and the safety in the bridge from
    /// then on; one that asks for its longest block in parts may have begun in the middle of that. It is set
    /// right once; what is still so then is the output's nature.
    fn began_badly(&mut self, age: f64) -> bool {
        let Some(offset) = self.steer.learnt().filter(|_| !self.judged) else {
            return false;
        };
        self.judged = true;
        let half = 0.5 * self.plan.out_block as f64 / f64::from(self.plan.out_rate);
        let late = offset > half + TOLERANCE;
        let floor = self.floor.mean();
        let short = floor.is_some_and(|floor| floor < self.plan.floor() - TOLERANCE);
        let badly = (late || short && age < self.plan.target()) && !self.righted;
        self.righted |= badly;
        badly
    }

    /// The age is on target; all that was learnt of it but the drift is of no use any more.
    fn settle(&mut self) {
        self.steer.settle();
        self.floor = Floor::new(&self.plan);
        self.judged = false;
    }

    /// Drops frames, as far as they are there.
    fn skip(&mut self, frames: usize) {
        let channels = self.plan.channels;
        let there = self.frames.occupied_len() / channels;
        let skipped = self.frames.skip(frames.min(there) * channels) / channels;
        self.taken += skipped as u64;
    }

    /// Puts an age that has gone astray back on target.
    fn set_right(&mut self, age: f64) {
        let channels = self.plan.channels;
        let off = age - self.plan.target();
        self.gauge.corrections.fetch_add(1, Ordering::Relaxed);
        self.settle();
        if off < 0.0 {
            // Too young: it stops for as long as it takes.
            self.flowing = false;
            return;
        }
        let excess = (off * f64::from(self.plan.in_rate)) as usize;
        // From the frames that would come next into those after the excess.
        let fade = self.fade.min(excess);
        let blended = fade * channels;
        let held = self.frames.occupied_len() / channels;
        if held < excess + fade || blended > self.scratch.len() {
            self.skip(excess);
            self.faded_in = 0;
            return;
        }
        self.frames.pop_slice(&mut self.scratch[..blended]);
        self.taken += fade as u64;
        self.skip(excess - fade);
        let (first, second) = self.frames.as_mut_slices();
        let coming = first.iter_mut().chain(second);
        for ((new, old), at) in coming.zip(&self.scratch[..blended]).zip(0..) {
            let share = (at / channels) as f32 / fade as f32;
            *new = old + share * (*new - old);
        }
    }

    /// One call of the resampler.
    fn part(&mut self, out: &mut [f32]) {
        let channels = self.plan.channels;
        let wanted = out.len() / channels;
        if !self.flowing {
            out.fill(0.0);
            return;
        }
        let resized = self.resampler.set_chunk_size(wanted);
        debug_assert!(resized.is_ok(), "a part is no longer than a chunk");
        let needed = self.resampler.input_frames_next();
        if self.hush(wanted, needed) {
            out.fill(0.0);
            return;
        }
        let samples = needed * channels;
        debug_assert!(samples <= self.scratch.len());
        let there = self.frames.pop_slice(&mut self.scratch[..samples]) / channels;
        self.taken += there as u64;
        self.fade_in(there);
        if there < needed {
            self.run_dry(there, needed);
        }
        self.last
            .copy_from_slice(&self.scratch[samples - channels..samples]);
        let sound = self.scratch[..samples].iter().any(|&x| x != 0.0);
        self.hushed = if sound {
            0
        } else {
            (self.hushed + needed).min(HUSH)
        };
        let views = (
            InterleavedSlice::new(&self.scratch[..samples], channels, needed),
            InterleavedSlice::new_mut(out, channels, wanted),
        );
        #[cfg(test)]
        {
            self.resampled += 1;
        }
        if let (Ok(from), Ok(mut to)) = views {
            let done = self.resampler.process_into_buffer(&from, &mut to, None);
            debug_assert!(done.is_ok(), "the lengths are the resampler's own");
        }
    }

    /// Passes over zeros in place of the resampler, for `wanted` frames of output; false when it must
    /// run, and then it takes `needed`.
    fn hush(&mut self, wanted: usize, needed: usize) -> bool {
        if self.hushed < HUSH {
            return false;
        }
        let owed = self.owed + wanted as f64 * self.pace;
        let seen = needed.max(owed as usize) * self.plan.channels;
        if self.frames.occupied_len() < seen {
            return false;
        }
        let (first, second) = self.frames.as_slices();
        let split = seen.min(first.len());
        let mut coming = first[..split].iter().chain(&second[..seen - split]);
        if coming.any(|&x| x != 0.0) {
            return false;
        }
        self.skip(owed as usize);
        self.owed = owed.fract();
        true
    }

    fn fade_in(&mut self, frames: usize) {
        let channels = self.plan.channels;
        let left = self.fade.saturating_sub(self.faded_in).min(frames);
        for frame in self.scratch.chunks_exact_mut(channels).take(left) {
            let gain = self.faded_in as f32 / self.fade as f32;
            frame.iter_mut().for_each(|x| *x *= gain);
            self.faded_in += 1;
        }
    }

    /// Frames from `there` to `needed` are missing: what was last heard fades into silence.
    fn run_dry(&mut self, there: usize, needed: usize) {
        let channels = self.plan.channels;
        self.gauge.underruns.fetch_add(1, Ordering::Relaxed);
        self.flowing = false;
        let (heard, missing) = self.scratch.split_at_mut(there * channels);
        let last = heard.rchunks_exact(channels).next().unwrap_or(&self.last);
        let missing = &mut missing[..(needed - there) * channels];
        for (frame, at) in missing.chunks_exact_mut(channels).zip(0..) {
            let gain = (1.0 - at as f32 / self.fade as f32).max(0.0);
            for (y, x) in frame.iter_mut().zip(last) {
                *y = gain * gain * x;
            }
        }
    }

    fn tell(&self, correction: f64) {
        let delay = TAPS as f64 / 2.0 / f64::from(self.plan.in_rate);
        let latency = (self.plan.target() + self.steer.deviation() + delay).max(0.0);
        self.gauge
            .latency
            .store((latency * 1e6) as u64, Ordering::Relaxed);
        self.gauge
            .correction
            .store((correction * 1e9) as i64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
