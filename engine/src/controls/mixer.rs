//! From faders to samples.

use super::{Controls, Solo, fader};

/// Linear gains of the two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains {
    /// Of the voice; exactly 1 at 0 dB, exactly 0 at silence.
    pub voice: f32,
    /// Of the background; exactly 1 at 0 dB, exactly 0 at silence.
    pub background: f32,
}

impl From<&Controls> for Gains {
    /// Solo overrules the faders. Bypass is not a gain: whoever owns the output does it.
    fn from(controls: &Controls) -> Self {
        match controls.solo {
            Solo::None => Self {
                voice: linear(controls.voice_db),
                background: linear(controls.background_db),
            },
            Solo::Voice => Self {
                voice: 1.0,
                background: 0.0,
            },
            Solo::Background => Self {
                voice: 0.0,
                background: 1.0,
            },
        }
    }
}

/// Factor of what a fader at `db` stands at.
fn linear(db: f32) -> f32 {
    10f32.powf(fader::nearest(db) / 20.0)
}

/// Mixes the two parts of **one channel** with gains that move in ramps of [`RAMP_MS`].
///
/// A gain depends on the number of samples mixed since the last [`Mixer::set`] that changed
/// something, never on how they were cut into calls: equal calls on the mixers of two channels (make
/// a clone for each) give equal ramps. Ramps are straight lines in amplitude. A straight ramp that
/// is started anew from where it stands covers the same share of what is left in the same time,
/// so that automation in steps of any length sounds alike; an S-shaped one would hardly move
/// under steps shorter than itself.
#[derive(Debug, Clone)]
pub struct Mixer {
    from: Gains,
    to: Gains,
    /// Samples of a whole ramp.
    length: u32,
    /// Samples of the present ramp that are mixed; `length` when it is over.
    done: u32,
}

/// Duration of a ramp in milliseconds.
pub const RAMP_MS: u32 = 20;

impl Mixer {
    /// Stands at `gains` at once. `sample_rate` in Hz.
    #[must_use]
    pub fn new(sample_rate: u32, gains: Gains) -> Self {
        let length = (u64::from(sample_rate) * u64::from(RAMP_MS) / 1000).max(1) as u32;
        Self {
            from: gains,
            to: gains,
            length,
            done: length,
        }
    }

    /// Begins a ramp to `gains` at the next sample mixed. The same gains again change nothing, a
    /// ramp under way included.
    pub fn set(&mut self, gains: Gains) {
        if gains != self.to {
            self.from = self.at(self.done);
            self.to = gains;
            self.done = 0;
        }
    }

    /// Stands at `gains` without a ramp: for a start from silence.
    pub fn jump(&mut self, gains: Gains) {
        self.to = gains;
        self.done = self.length;
    }

    /// `out = voice gain * voice + background gain * (dry - voice)` for the next `out.len()`
    /// samples; `voice` and `dry` must be as long.
    ///
    /// Both gains at 1 give `dry` bit for bit, the background at 0 gives the voice times its gain.
    pub fn mix(&mut self, voice: &[f32], dry: &[f32], out: &mut [f32]) {
        debug_assert!(voice.len() == out.len() && dry.len() == out.len());
        let ramp = ((self.length - self.done) as usize).min(out.len());
        let mut samples = out.iter_mut().zip(voice.iter().zip(dry));
        for (y, (&v, &x)) in samples.by_ref().take(ramp) {
            self.done += 1;
            *y = self.at(self.done).blend(v, x);
        }
        for (y, (&v, &x)) in samples {
            *y = self.to.blend(v, x);
        }
    }

    /// Gains at sample `done` of the present ramp.
    fn at(&self, done: u32) -> Gains {
        if done >= self.length {
            return self.to;
        }
        let t = done as f32 / self.length as f32;
        Gains {
            voice: self.from.voice + (self.to.voice - self.from.voice) * t,
            background: self.from.background + (self.to.background - self.from.background) * t,
        }
    }
}

impl Gains {
    /// One sample. Not as in the formula of [`Mixer::mix`]: where the gains are equal the voice must
    /// not leave a rounding error behind.
    #[inline]
    fn blend(self, voice: f32, dry: f32) -> f32 {
        self.background * dry + (self.voice - self.background) * voice
    }
}
