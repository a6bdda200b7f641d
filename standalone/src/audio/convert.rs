//! Between a device's samples and `f32`.

use cpal::{FromSample, Sample, SizedSample};

/// A device's samples as `f32`, in room that is made once.
pub(super) struct Scratch(Vec<f32>);

/// Samples that there is room for unless a host hands over more at once.
const ROOM: usize = 1 << 15;

impl Scratch {
    pub(super) fn new() -> Self {
        Self(vec![0.0; ROOM])
    }

    /// Reads `samples` in parts that fit.
    pub(super) fn read<T>(&mut self, samples: &[T], channels: usize, mut give: impl FnMut(&[f32]))
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        for part in samples.chunks(ROOM / channels * channels) {
            let scratch = &mut self.0[..part.len()];
            for (y, &x) in scratch.iter_mut().zip(part) {
                *y = f32::from_sample(x);
            }
            give(scratch);
        }
    }

    /// Fills `samples` in parts that fit.
    pub(super) fn write<T>(
        &mut self,
        samples: &mut [T],
        channels: usize,
        mut take: impl FnMut(&mut [f32]),
    ) where
        T: SizedSample + FromSample<f32>,
    {
        for part in samples.chunks_mut(ROOM / channels * channels) {
            let scratch = &mut self.0[..part.len()];
            scratch.fill(0.0);
            take(scratch);
            for (y, &x) in part.iter_mut().zip(&*scratch) {
                *y = T::from_sample(x.clamp(-1.0, 1.0));
            }
        }
    }
}
