//! Many channels into one or two.

use std::f32::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use super::SoundError;

/// Loudspeakers as the bits of a WAV header's channel mask, from the lowest on, with what each gives the
/// left and the right channel: five channels as in ITU-R BS.775-3, annex 4, without the low effects, as
/// there; those behind and between like their neighbours.
const SPEAKERS: [(u32, [f32; 2]); 11] = [
    (0x1, [1.0, 0.0]),
    (0x2, [0.0, 1.0]),
    (0x4, [FRAC_1_SQRT_2, FRAC_1_SQRT_2]),
    (0x8, [0.0, 0.0]),
    (0x10, [FRAC_1_SQRT_2, 0.0]),
    (0x20, [0.0, FRAC_1_SQRT_2]),
    (0x40, [1.0, 0.0]),
    (0x80, [0.0, 1.0]),
    (0x100, [0.5, 0.5]),
    (0x200, [FRAC_1_SQRT_2, 0.0]),
    (0x400, [0.0, FRAC_1_SQRT_2]),
];

/// How much of each channel goes into each.
#[derive(Debug)]
pub struct Downmix {
    /// A row for each channel that comes out; none: all stay as they are.
    rows: Vec<Vec<f32>>,
    from: usize,
}

impl Downmix {
    /// From so many channels (`mask`: for which loudspeakers, 0 where nobody says) to so many. Rows sum to
    /// one, so nothing is louder than it was.
    ///
    /// # Errors
    /// For a change that nobody has agreed on.
    pub fn new(from: usize, mask: u32, to: usize) -> Result<Self, SoundError> {
        let rows = match (from, to) {
            _ if from == to => Vec::new(),
            (1, _) => vec![vec![1.0]; to],
            (_, 1) => vec![mono(from, mask)],
            (_, 2) if mask.count_ones() as usize == from => stereo(mask)
                .map(Vec::from)
                .ok_or(SoundError::Channels { from, to })?,
            _ => return Err(SoundError::Channels { from, to }),
        };
        Ok(Self { rows, from })
    }

    /// Writes `frames` of `planar` (channel after channel) into `out`, likewise.
    pub fn mix(&self, planar: &[f32], frames: Range<usize>, out: &mut Vec<f32>) {
        let length = planar.len() / self.from;
        out.clear();
        if self.rows.is_empty() {
            for plane in planar.chunks_exact(length) {
                out.extend_from_slice(&plane[frames.clone()]);
            }
        }
        for row in &self.rows {
            let start = out.len();
            out.resize(start + frames.len(), 0.0);
            for (plane, part) in planar.chunks_exact(length).zip(row) {
                for (sum, sample) in out[start..].iter_mut().zip(&plane[frames.clone()]) {
                    *sum += part * sample;
                }
            }
        }
    }
}

/// The mean of the two that stereo would be; of all channels where that is not known.
fn mono(from: usize, mask: u32) -> Vec<f32> {
    let known = (from > 2 && mask.count_ones() as usize == from).then(|| stereo(mask));
    match known.flatten() {
        Some([left, right]) => {
            let pairs = left.iter().zip(&right);
            pairs.map(|(left, right)| (left + right) / 2.0).collect()
        }
        None => vec![1.0 / from as f32; from],
    }
}

/// `None` for loudspeakers that have no place in it.
fn stereo(mask: u32) -> Option<[Vec<f32>; 2]> {
    let known = SPEAKERS.iter().fold(0, |all, (bit, _)| all | bit);
    if mask & !known != 0 {
        return None;
    }
    let side = |side: usize| {
        let parts: Vec<f32> = SPEAKERS
            .iter()
            .filter(|(bit, _)| mask & bit != 0)
            .map(|(_, parts)| parts[side])
            .collect();
        let sum: f32 = parts.iter().sum();
        (sum > 0.0).then(|| parts.iter().map(|part| part / sum).collect())
    };
    Some([side(0)?, side(1)?])
}
