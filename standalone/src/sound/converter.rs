//! To another rate and to other channels, in constant memory.
//!
//! The rate is changed by `rubato`'s synchronous resampler, whose delay is taken out: the first sample that
//! comes out stands for the same moment as the first that went in, and `n` frames become
//! `n * to / from`, rounded.

use std::ops::Range;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::{Downmix, Form, SoundError};

/// Shortest block, in samples of the lower rate. It is the length of the filter, which at this length
/// leaves all but the uppermost hundredth of the band alone.
const SHORTEST: usize = 2048;

/// Frames of one form in, frames of another out.
pub struct Converter {
    downmix: Downmix,
    channels: usize,
    rate: Option<Rate>,
    /// After the change of channels, channel after channel.
    mixed: Vec<f32>,
}

impl Converter {
    /// `None` where nothing is to be converted.
    ///
    /// # Errors
    /// When there is no rule for such a change of channels.
    pub fn new(from: &Form, to: &Form) -> Result<Option<Self>, SoundError> {
        if (from.rate, from.channels) == (to.rate, to.channels) {
            return Ok(None);
        }
        let rate = (from.rate != to.rate).then(|| Rate::new(from.rate, to.rate, to.channels));
        Ok(Some(Self {
            downmix: Downmix::new(from.channels, from.mask, to.channels)?,
            channels: to.channels,
            rate: rate.transpose()?,
            mixed: Vec::new(),
        }))
    }

    /// Takes `frames` of `planar` (channel after channel) and writes what is ready into `out`, likewise.
    /// Returns its frames. After the last frames (`is_last`) everything that is left is ready.
    ///
    /// # Errors
    /// When the resampler refuses.
    pub fn convert(
        &mut self,
        planar: &[f32],
        frames: Range<usize>,
        is_last: bool,
        out: &mut Vec<f32>,
    ) -> Result<usize, SoundError> {
        let count = frames.len();
        match &mut self.rate {
            None => {
                self.downmix.mix(planar, frames, out);
                Ok(count)
            }
            Some(rate) => {
                self.downmix.mix(planar, frames, &mut self.mixed);
                rate.take(&self.mixed, self.channels);
                rate.give(is_last, out)
            }
        }
    }
}

/// Frames at `to` for `frames` at `from` (Hz).
pub fn frames_at(frames: u64, from: u32, to: u32) -> u64 {
    let (from, to) = (u128::from(from), u128::from(to));
    ((u128::from(frames) * to + from / 2) / from) as u64
}

/// A change of rate.
struct Rate {
    from: u32,
    to: u32,
    resampler: Fft<f32>,
    /// For each channel what has not gone in yet, and what has come out and is not taken.
    waiting: Vec<Vec<f32>>,
    ready: Vec<Vec<f32>>,
    block: Vec<f32>,
    resampled: Vec<f32>,
    /// Frames that came, and that were given.
    taken: u64,
    given: u64,
    /// Frames at the start that stand for moments before the first that came.
    early: usize,
}

impl Rate {
    fn new(from: u32, to: u32, channels: usize) -> Result<Self, SoundError> {
        let common = gcd(from, to) as usize;
        let (unit, other) = (from as usize / common, to as usize / common);
        // An even number of units: the middle of the filter, which is the delay, is then a sample.
        let units = SHORTEST.div_ceil(unit.min(other)).next_multiple_of(2);
        let resampler = Fft::new_custom(
            from as usize,
            to as usize,
            units * unit,
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|e| SoundError::Rate(e.to_string()))?;
        Ok(Self {
            from,
            to,
            early: resampler.output_delay(),
            block: vec![0.0; channels * resampler.input_frames_next()],
            resampled: vec![0.0; channels * resampler.output_frames_next()],
            resampler,
            waiting: vec![Vec::new(); channels],
            ready: vec![Vec::new(); channels],
            taken: 0,
            given: 0,
        })
    }

    fn take(&mut self, planar: &[f32], channels: usize) {
        let length = planar.len() / channels;
        if length == 0 {
            return;
        }
        for (waiting, plane) in self.waiting.iter_mut().zip(planar.chunks_exact(length)) {
            waiting.extend_from_slice(plane);
        }
        self.taken += length as u64;
    }

    fn give(&mut self, is_last: bool, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        let input = self.resampler.input_frames_next();
        while self.held() >= input {
            self.resample(input)?;
        }
        let mut frames = self.ready();
        if is_last {
            frames = (frames_at(self.taken, self.from, self.to) - self.given) as usize;
            while self.ready() < frames {
                self.resample(input)?;
            }
        }
        out.clear();
        for ready in &mut self.ready {
            out.extend(ready.drain(..frames));
        }
        self.given += frames as u64;
        Ok(frames)
    }

    fn held(&self) -> usize {
        self.waiting.first().map_or(0, Vec::len)
    }

    fn ready(&self) -> usize {
        self.ready.first().map_or(0, Vec::len)
    }

    /// One block, with silence for what has not come.
    fn resample(&mut self, input: usize) -> Result<(), SoundError> {
        self.block.fill(0.0);
        for (plane, waiting) in self.block.chunks_exact_mut(input).zip(&mut self.waiting) {
            let count = waiting.len().min(input);
            plane[..count].copy_from_slice(&waiting[..count]);
            waiting.drain(..count);
        }
        let channels = self.waiting.len();
        let output = self.resampled.len() / channels;
        let refused = |e: &dyn std::fmt::Display| SoundError::Rate(e.to_string());
        let from = SequentialSlice::new(&self.block, channels, input).map_err(|e| refused(&e))?;
        let mut to = SequentialSlice::new_mut(&mut self.resampled, channels, output)
            .map_err(|e| refused(&e))?;
        self.resampler
            .process_into_buffer(&from, &mut to, None)
            .map_err(|e| refused(&e))?;
        let early = self.early.min(output);
        self.early -= early;
        for (ready, plane) in self
            .ready
            .iter_mut()
            .zip(self.resampled.chunks_exact(output))
        {
            ready.extend_from_slice(&plane[early..]);
        }
        Ok(())
    }
}

/// Greatest common divisor.
fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
