//! Figures of merit.

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
