//! Figures of merit.

use realfft::{FftError, RealFftPlanner};

use super::sound::Sound;

/// Stretches in which nobody speaks: the quietest tenth of a recording's frames of 20 ms.
pub struct Pauses {
    rate: u32,
    frame: usize,
    /// Numbers of the frames.
    frames: Vec<usize>,
}

impl Pauses {
    /// The pauses of `speech`.
    pub fn of(speech: &Sound) -> Self {
        let frame = speech.rate as usize / 50;
        let energy = |samples: &[f64]| samples.iter().map(|x| x * x).sum::<f64>();
        let energies: Vec<f64> = speech.samples.chunks_exact(frame).map(energy).collect();
        let mut frames: Vec<usize> = (0..energies.len()).collect();
        frames.sort_by(|&a, &b| energies[a].total_cmp(&energies[b]));
        frames.truncate(energies.len().div_ceil(10));
        Self {
            rate: speech.rate,
            frame,
            frames,
        }
    }

    /// The samples of `sound` there.
    pub fn in_sound<'s>(&'s self, sound: &'s Sound) -> impl Iterator<Item = f64> + 's {
        let all = self.frames.iter().flat_map(|&frame| {
            let start = frame * self.frame;
            sound.samples.get(start..start + self.frame).unwrap_or(&[])
        });
        all.copied()
    }

    /// How long they are together.
    pub fn seconds(&self) -> f64 {
        (self.frames.len() * self.frame) as f64 / f64::from(self.rate)
    }
}

/// `sound` as loud at each frequency as an ear hears it: A-weighting (IEC 61672-1:2013, annex E), without
/// any delay. What lies below hearing, an offset above all, would else be most of a level.
pub fn a_weighted(sound: &Sound) -> Result<Sound, FftError> {
    let length = sound.samples.len();
    let mut planner = RealFftPlanner::<f64>::new();
    let mut samples = sound.samples.clone();
    let mut spectrum = vec![Default::default(); length / 2 + 1];
    planner
        .plan_fft_forward(length)
        .process(&mut samples, &mut spectrum)?;
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let hertz = bin as f64 * f64::from(sound.rate) / length as f64;
        *value *= a_weight(hertz) / a_weight(1000.0) / length as f64;
    }
    planner
        .plan_fft_inverse(length)
        .process(&mut spectrum, &mut samples)?;
    Ok(Sound {
        rate: sound.rate,
        samples,
    })
}

fn a_weight(hertz: f64) -> f64 {
    let f = hertz * hertz;
    let corner = |c: f64| f + c * c;
    12_194.0f64.powi(2) * f * f
        / (corner(20.6) * (corner(107.7) * corner(737.9)).sqrt() * corner(12_194.0))
}

/// RMS in dB below full scale, as text: digital silence has no level.
pub fn level_db(samples: impl Iterator<Item = f64>) -> String {
    let (sum, count) = samples.fold((0.0, 0.0), |(sum, n), x| (sum + x * x, n + 1.0));
    let mean: f64 = sum / count;
    if mean > 0.0 {
        format!("{:.1}", 10.0 * mean.log10())
    } else {
        "-inf".to_owned()
    }
}

/// Scale-invariant signal-to-distortion ratio of `estimate` against `reference` in dB
/// (Le Roux, Wisdom, Erdogan, Hershey: "SDR - half-baked or well done?", ICASSP 2019).
pub fn si_sdr_db(reference: &[f64], estimate: &[f64]) -> f64 {
    let pairs = || reference.iter().zip(estimate);
    let dot: f64 = pairs().map(|(r, e)| r * e).sum();
    let energy: f64 = reference.iter().map(|r| r * r).sum();
    let scale = dot / energy;
    let target = scale * scale * energy;
    let distortion: f64 = pairs().map(|(r, e)| (e - scale * r).powi(2)).sum();
    10.0 * (target / distortion).log10()
}
