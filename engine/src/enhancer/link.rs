//! One spectrum that stands for several channels.

/// Part of the greatest possible power of a sum below which the channels cancel each other and the
/// phase of their sum says nothing: 60 dB.
const CANCELLED: f32 = 1e-6;

/// Writes the mix of one bin: the RMS over the channels with the phase of their sum, or of the
/// loudest channel where they cancel. `bin` gives real and imaginary part for each channel.
pub(super) fn mix(bin: impl Iterator<Item = (f32, f32)> + Clone) -> (f32, f32) {
    let (mut power, mut sum, mut channels) = (0.0, (0.0, 0.0), 0.0);
    let (mut loudest, mut loudest_power) = ((0.0, 0.0), 0.0);
    for (re, im) in bin {
        let own = re * re + im * im;
        power += own;
        sum = (sum.0 + re, sum.1 + im);
        channels += 1.0;
        if own > loudest_power {
            (loudest, loudest_power) = ((re, im), own);
        }
    }
    if loudest_power == 0.0 {
        return (0.0, 0.0);
    }
    let sum_power = sum.0 * sum.0 + sum.1 * sum.1;
    let (phase, length) = if sum_power > CANCELLED * channels * power {
        (sum, sum_power.sqrt())
    } else {
        (loudest, loudest_power.sqrt())
    };
    let scale = (power / channels).sqrt() / length;
    (phase.0 * scale, phase.1 * scale)
}
