//! Samples as bytes and as numbers.

use hound::{Sample, SampleFormat};

/// How one sample is stored: little-endian integers of 8 (unsigned), 16, 24 or 32 bits, or 32-bit
/// floats. Integers are numbers of -1 up to just below 1 for the engine, full scale being 2^(bits-1).
///
/// Up to 24 bits and as floats, samples that the engine leaves alone come back bit for bit; of 32-bit
/// integers a single-precision float keeps the upper 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    format: SampleFormat,
    bits: u16,
}

impl Samples {
    /// By the format tag and the bits of a header.
    pub(super) fn of(tag: u16, bits: u16) -> Option<Self> {
        let format = match (tag, bits) {
            (1, 8 | 16 | 24 | 32) => SampleFormat::Int,
            (3, 32) => SampleFormat::Float,
            _ => return None,
        };
        Some(Self { format, bits })
    }

    /// Bits a sample.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.bits
    }

    /// Whether samples are floats, which have no full scale to clip at.
    #[must_use]
    pub fn is_float(self) -> bool {
        self.format == SampleFormat::Float
    }

    /// Bytes a sample.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::from(self.bits / 8)
    }

    /// The sample at the beginning of `bytes`.
    pub(super) fn decode(self, mut bytes: &[u8]) -> hound::Result<f32> {
        let (width, bits) = (self.bits / 8, self.bits);
        if self.is_float() {
            return f32::read(&mut bytes, self.format, width, bits);
        }
        let sample = i32::read(&mut bytes, self.format, width, bits)?;
        Ok((f64::from(sample) / self.full_scale()) as f32)
    }

    /// Appends `sample` to `bytes`, rounded to the nearest step (halves away from zero, no dither).
    /// Returns whether it had to be clipped. What is not a number becomes silence.
    pub(super) fn encode(self, sample: f32, bytes: &mut Vec<u8>) -> hound::Result<bool> {
        if self.is_float() {
            sample.write(bytes, self.bits)?;
            return Ok(false);
        }
        let full = self.full_scale();
        let wanted = (f64::from(sample) * full).round();
        let written = wanted.clamp(-full, full - 1.0);
        (written as i32).write(bytes, self.bits)?;
        Ok(written != wanted)
    }

    fn full_scale(self) -> f64 {
        f64::from(self.bits - 1).exp2()
    }
}
