//! One spectrum that stands for several channels.

/// Part of the greatest possible power of a sum below which the channels cancel each other and the
/// phase of their sum says nothing: 60 dB.
const CANCELLED: f32 = 1e-6;

/// Mixes spectra: per bin the RMS over the channels, with the phase of their sum, or of the loudest
/// channel where they cancel.
pub(super) struct Mix {
    channels: f32,
    bins: Vec<Bin>,
}

/// What the channels so far amount to.
#[derive(Clone, Copy, Default)]
struct Bin {
    power: f32,
    re: f32,
    im: f32,
    loudest_power: f32,
    loudest_re: f32,
    loudest_im: f32,
}

impl Mix {
    pub(super) fn new(bins: usize) -> Self {
        Self {
            channels: 0.0,
            bins: vec![Bin::default(); bins],
        }
    }

    /// Begins anew, with no channel.
    pub(super) fn clear(&mut self) {
        self.channels = 0.0;
        self.bins.fill(Bin::default());
    }

    /// Adds a channel, real and imaginary parts.
    pub(super) fn add(&mut self, re: &[f32], im: &[f32]) {
        self.channels += 1.0;
        for (bin, (&re, &im)) in self.bins.iter_mut().zip(re.iter().zip(im)) {
            let power = re * re + im * im;
            bin.power += power;
            bin.re += re;
            bin.im += im;
            // Choices, not branches: on noise every branch would be guessed wrong half the time.
            let louder = power > bin.loudest_power;
            bin.loudest_power = if louder { power } else { bin.loudest_power };
            bin.loudest_re = if louder { re } else { bin.loudest_re };
            bin.loudest_im = if louder { im } else { bin.loudest_im };
        }
    }

    /// Writes the mix of the channels that were added.
    pub(super) fn write(&self, re: &mut [f32], im: &mut [f32]) {
        for (bin, (out_re, out_im)) in self.bins.iter().zip(re.iter_mut().zip(im)) {
            let power = bin.re * bin.re + bin.im * bin.im;
            let whole = power > CANCELLED * self.channels * bin.power;
            let (re, im) = if whole {
                (bin.re, bin.im)
            } else {
                (bin.loudest_re, bin.loudest_im)
            };
            let length = if whole { power } else { bin.loudest_power };
            // One root of the quotient. Where all is silent it is 0 / 0.
            let scale = (bin.power / (self.channels * length)).sqrt();
            let scale = if length > 0.0 { scale } else { 0.0 };
            *out_re = scale * re;
            *out_im = scale * im;
        }
    }
}
