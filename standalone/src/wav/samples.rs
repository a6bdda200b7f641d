//! Samples as bytes and as numbers.

use hound::{Sample, SampleFormat};

/// How one sample is stored: little-endian integers of 8 (unsigned), 16, 24 or 32 bits, or floats of 32
/// or 64 bits. Integers are numbers of -1 up to just below 1 for the engine, full scale being 2^(bits-1).
///
/// Up to 24 bits and as 32-bit floats, samples that the engine leaves alone come back bit for bit; of
/// 32-bit integers and 64-bit floats a single-precision float keeps the upper 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    format: SampleFormat,
    bits: u16,
}

impl Samples {
    /// By the format tag and the bits of a header.
    pub(super) fn of(tag: u16, bits: u16) -> Option<Self> {
        match tag {
            1 => Self::integers(bits),
            3 => Self::floats(bits),
            _ => None,
        }
    }

    /// Integers of 8, 16, 24 or 32 bits.
    #[must_use]
    pub fn integers(bits: u16) -> Option<Self> {
        let format = SampleFormat::Int;
        matches!(bits, 8 | 16 | 24 | 32).then_some(Self { format, bits })
    }

    /// Floats of 32 or 64 bits.
    #[must_use]
    pub fn floats(bits: u16) -> Option<Self> {
        let format = SampleFormat::Float;
        matches!(bits, 32 | 64).then_some(Self { format, bits })
    }

    /// 32-bit floats, which lose nothing here.
    #[must_use]
    pub fn wide() -> Self {
        Self {
            format: SampleFormat::Float,
            bits: 32,
        }
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

    /// The format tag of a WAV header: 1 for integers, 3 for floats.
    #[must_use]
    pub fn tag(self) -> u16 {
        if self.is_float() { 3 } else { 1 }
    }

    /// Whether samples stored so tell less than samples stored as `other`.
    #[must_use]
    pub fn is_coarser_than(self, other: Self) -> bool {
        !self.is_float() && (other.is_float() || self.bits < other.bits)
    }

    /// The sample at the beginning of `bytes`.
    pub fn decode(self, mut bytes: &[u8]) -> hound::Result<f32> {
        let (width, bits) = (self.bits / 8, self.bits);
        if let ([a, b, c, d, e, f, g, h, ..], true, 64) = (bytes, self.is_float(), bits) {
            return Ok(f64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as f32);
        }
        if self.is_float() {
            return f32::read(&mut bytes, self.format, width, bits);
        }
        let sample = i32::read(&mut bytes, self.format, width, bits)?;
        Ok((f64::from(sample) / self.full_scale()) as f32)
    }

    /// Appends `sample` to `bytes`, rounded to the nearest step (halves away from zero), what is beyond
    /// full scale at full scale. What is not a number becomes silence.
    pub fn encode(self, sample: f32, bytes: &mut Vec<u8>) -> hound::Result<()> {
        if self.is_float() && self.bits == 64 {
            bytes.extend(f64::from(sample).to_le_bytes());
            return Ok(());
        }
        if self.is_float() {
            return sample.write(bytes, self.bits);
        }
        self.integer(sample).write(bytes, self.bits)
    }

    /// The integer that stands for `sample`; for floats, their place on the 32-bit scale.
    #[must_use]
    pub fn integer(self, sample: f32) -> i32 {
        let full = self.full_scale();
        let wanted = (f64::from(sample) * full).round();
        wanted.clamp(-full, full - 1.0) as i32
    }

    /// 2^(bits-1) for integers.
    #[must_use]
    pub fn full_scale(self) -> f64 {
        f64::from(self.bits.min(32) - 1).exp2()
    }
}
