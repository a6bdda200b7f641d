//! The miss rule: what is heard in place of a hop that is not there in time.
//!
//! It is the aligned input times the gain that the last hop had, and it begins with the overlap
//! tail of that hop, which the synthesis window fades out while the input fades in by the window's
//! complement. So there is no step on the way in. On the way back the cover goes on underneath and
//! is faded out over [`RETURN_MS`]. A miss during that fade begins from the mixture that is heard
//! then, so there is no step either.

/// Duration of the fade from the cover back to the enhanced signal, in milliseconds.
pub const RETURN_MS: u32 = 5;

/// The weights by which the overlap tail of a hop fades: what is still to come of frames that have
/// begun, when no further frame does.
///
/// `hop` and `tail` in samples; the first weight is one. Analysis times synthesis window is a Hann
/// window as long as the synthesis, `hop + tail`, scaled to an overlap-add of one, however the two
/// share it.
pub(super) fn tail_weights(hop: usize, tail: usize) -> Vec<f32> {
    let synthesis = hop + tail;
    let scale = 2.0 * hop as f64 / synthesis as f64;
    let hann = |n: usize| {
        let phase = std::f64::consts::TAU * n as f64 / synthesis as f64;
        0.5 * (1.0 - phase.cos())
    };
    (hop..synthesis)
        .map(|start| scale * (start..synthesis).step_by(hop).map(hann).sum::<f64>())
        .map(|weight| weight as f32)
        .collect()
}

/// What is heard at one sample: `enhanced` times the hop and the rest of the cover.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weights {
    /// Share of the hop.
    pub(super) enhanced: f32,
    /// Index into the tail, if there is still some of it.
    pub(super) tail: Option<usize>,
    /// Factor of the aligned input within the cover.
    pub(super) input: f32,
}

/// The cover of all channels.
#[derive(Debug)]
pub(super) struct Cover {
    channels: usize,
    /// Fading weights of a fresh tail.
    fresh: Vec<f32>,
    /// Fading weights of the tail in use.
    fading: Vec<f32>,
    /// Planar: the tail in use.
    tail: Vec<f32>,
    /// Samples of the cover since it began.
    age: usize,
    /// Share of the enhanced signal: 1 in peace, 0 in a miss, between them on the way back.
    enhanced: f32,
    /// Gain of the aligned input as it is heard, and where it moves to.
    gain: f32,
    target: f32,
    /// Change a sample of `enhanced` and `gain`, at most.
    step: f32,
}

impl Cover {
    pub(super) fn new(channels: usize, sample_rate: u32, fresh: Vec<f32>) -> Self {
        let samples = (sample_rate * RETURN_MS / 1000).max(1);
        Self {
            channels,
            fading: vec![0.0; fresh.len()],
            tail: vec![0.0; channels * fresh.len()],
            fresh,
            age: 0,
            enhanced: 1.0,
            gain: 1.0,
            target: 1.0,
            step: 1.0 / samples as f32,
        }
    }

    /// As at the start: no hop yet, and the input would be heard as it is.
    pub(super) fn reset(&mut self) {
        self.fading.fill(0.0);
        self.tail.fill(0.0);
        self.age = 0;
        self.enhanced = 1.0;
        self.gain = 1.0;
        self.target = 1.0;
    }

    /// Whether nothing but the enhanced signal is heard.
    pub(super) fn is_idle(&self) -> bool {
        self.enhanced >= 1.0
    }

    /// The gain for the next misses: of the last hop, or 1 for the input as it is.
    pub(super) fn aim(&mut self, gain: f32) {
        self.target = gain;
    }

    /// A hop is missing after one that was there, with its tail (planar); `None` when no hop was
    /// ever there.
    pub(super) fn begin(&mut self, tail: Option<&[f32]>) {
        let length = self.fresh.len();
        let share = self.enhanced;
        if share >= 1.0 {
            // The input is not heard yet, so its gain may jump.
            self.gain = self.target;
        }
        let rest = 1.0 - share;
        let age = self.age.min(length);
        let follow = |old: &mut [f32], fresh: &dyn Fn(usize) -> f32| {
            for i in 0..length {
                let left = old.get(age + i).copied().unwrap_or(0.0);
                old[i] = share * fresh(i) + if rest > 0.0 { rest * left } else { 0.0 };
            }
        };
        for channel in 0..self.channels {
            let part = channel * length..(channel + 1) * length;
            let old = &mut self.tail[part.clone()];
            match tail {
                Some(tail) => follow(old, &|i| tail[part.start + i]),
                None => follow(old, &|_| 0.0),
            }
        }
        let fresh = &self.fresh;
        match tail {
            Some(_) => follow(&mut self.fading, &|i| fresh[i]),
            None => follow(&mut self.fading, &|_| 0.0),
        }
        self.age = 0;
        self.enhanced = 0.0;
    }

    /// The weights of the next sample; `present` tells whether there is a hop to go back to.
    pub(super) fn advance(&mut self, present: bool) -> Weights {
        let tail = (self.age < self.fresh.len()).then_some(self.age);
        let fading = tail.map_or(0.0, |i| self.fading[i]);
        self.age += 1;
        self.gain += (self.target - self.gain).clamp(-self.step, self.step);
        if present {
            self.enhanced = (self.enhanced + self.step).min(1.0);
        }
        Weights {
            enhanced: self.enhanced,
            tail,
            input: self.gain * (1.0 - fading),
        }
    }

    /// Writes one channel by the weights of [`Cover::advance`], from the hop and the aligned input.
    pub(super) fn mix(
        &self,
        channel: usize,
        weights: &[Weights],
        enhanced: &[f32],
        aligned: &[f32],
        out: &mut [f32],
    ) {
        let length = self.fresh.len();
        let tail = &self.tail[channel * length..(channel + 1) * length];
        for (i, y) in out.iter_mut().enumerate() {
            let Weights {
                enhanced: share,
                tail: index,
                input,
            } = weights[i];
            let cover = index.map_or(0.0, |at| tail[at]) + input * aligned[i];
            // The last sample of the way back is the hop's own, bit for bit.
            *y = if share >= 1.0 {
                enhanced[i]
            } else {
                cover + share * (enhanced[i] - cover)
            };
        }
    }
}
