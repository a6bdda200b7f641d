//! Samples without a header, told by hand: `s16le:48000:2`.

use std::fmt;
use std::io::{Read, Write};
use std::ops::Range;

use super::SoundError;
use crate::wav::{Samples, gather, spread};

/// How samples without a header are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw {
    /// As in a WAV file, once the bytes are in its order.
    pub samples: Samples,
    /// The highest byte first.
    is_big_endian: bool,
    /// 8-bit integers round zero, which those of a WAV file are not.
    is_signed_byte: bool,
    /// Frames a second, Hz.
    pub rate: u32,
    /// Channels, at least 1.
    pub channels: u16,
}

impl Raw {
    /// Little-endian samples, as `--to raw` writes them.
    pub fn little_endian(samples: Samples, rate: u32, channels: u16) -> Self {
        Self {
            samples,
            is_big_endian: false,
            is_signed_byte: false,
            rate,
            channels,
        }
    }

    /// The same bytes a sample, at another rate (Hz) or with other channels.
    pub fn at(self, rate: u32, channels: u16) -> Self {
        Self {
            rate,
            channels,
            ..self
        }
    }

    /// `FORMAT:RATE:CHANNELS`, FORMAT as ffmpeg names it: `s16le`, `f32be`, `u8`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let &[format, rate, channels] = parts.as_slice() else {
            return Err("it is FORMAT:RATE:CHANNELS, such as s16le:48000:2".to_owned());
        };
        let (coding, is_big_endian) = match (format.strip_suffix("le"), format.strip_suffix("be")) {
            (Some(coding), _) => (coding, false),
            (_, Some(coding)) => (coding, true),
            _ if format == "u8" || format == "s8" => (format, false),
            _ => ("", false),
        };
        let samples = match coding {
            "u8" | "s8" => Samples::integers(8),
            "s16" => Samples::integers(16),
            "s24" => Samples::integers(24),
            "s32" => Samples::integers(32),
            "f32" => Samples::floats(32),
            "f64" => Samples::floats(64),
            _ => None,
        };
        let samples = samples.ok_or_else(|| {
            format!("{format:?} is no format; choose u8, s8, s16le, s24le, s32le, f32le, f64le, or one of those with be")
        })?;
        let number = |text: &str, what| {
            text.parse::<u32>()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| format!("{text:?} is no {what}"))
        };
        Ok(Self {
            samples,
            is_big_endian,
            is_signed_byte: coding == "s8",
            rate: number(rate, "sample rate in Hz")?,
            channels: u16::try_from(number(channels, "number of channels")?)
                .map_err(|_| format!("{channels} channels are too many"))?,
        })
    }

    /// Bytes of a sample of every channel.
    pub fn frame_bytes(&self) -> usize {
        self.samples.bytes() * usize::from(self.channels)
    }

    /// Into the order of a WAV file, or back.
    fn reorder(&self, bytes: &mut [u8]) {
        if self.is_big_endian {
            for sample in bytes.chunks_exact_mut(self.samples.bytes()) {
                sample.reverse();
            }
        }
        if self.is_signed_byte {
            for byte in bytes {
                *byte ^= 0x80;
            }
        }
    }
}

/// As it is typed.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.samples.bits();
        let kind = match (self.samples.is_float(), bits) {
            (true, _) => "f",
            (false, 8) if !self.is_signed_byte => "u",
            (false, _) => "s",
        };
        let order = match (bits, self.is_big_endian) {
            (8, _) => "",
            (_, true) => "be",
            (_, false) => "le",
        };
        let (rate, channels) = (self.rate, self.channels);
        write!(f, "{kind}{bits}{order}:{rate}:{channels}")
    }
}

/// Raw samples that are read.
pub struct RawSource {
    input: Box<dyn Read + Send>,
    raw: Raw,
    held: u64,
    bytes: Vec<u8>,
}

impl RawSource {
    /// From `input`.
    pub fn new(input: Box<dyn Read + Send>, raw: Raw) -> Self {
        Self {
            input,
            raw,
            held: 0,
            bytes: Vec::new(),
        }
    }

    /// As [`super::Source::read`].
    pub fn read(&mut self, planar: &mut [f32]) -> Result<usize, SoundError> {
        let channels = usize::from(self.raw.channels);
        let frame_bytes = self.raw.frame_bytes();
        let wanted = planar.len() / channels * frame_bytes;
        self.bytes.clear();
        self.input
            .by_ref()
            .take(wanted as u64)
            .read_to_end(&mut self.bytes)?;
        self.held += self.bytes.len() as u64;
        if !self.bytes.len().is_multiple_of(frame_bytes) {
            return Err(SoundError::RawFrame {
                bytes: self.held,
                frame_bytes: frame_bytes as u64,
            });
        }
        if self.held == 0 {
            return Err(SoundError::Empty);
        }
        self.raw.reorder(&mut self.bytes);
        spread(&self.bytes, self.raw.samples, channels, planar)?;
        Ok(self.bytes.len() / frame_bytes)
    }
}

/// Raw samples that are written.
pub struct RawSink<W> {
    out: W,
    raw: Raw,
    bytes: Vec<u8>,
}

impl<W: Write> RawSink<W> {
    /// Into `out`.
    pub fn new(out: W, raw: Raw) -> Self {
        Self {
            out,
            raw,
            bytes: Vec::new(),
        }
    }

    /// How they are stored.
    pub fn raw(&self) -> Raw {
        self.raw
    }

    /// As [`super::Sink::write`].
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> Result<(), SoundError> {
        self.bytes.clear();
        let channels = usize::from(self.raw.channels);
        let encoded = gather(planar, channels, frames, |sample| {
            self.raw.samples.encode(sample, &mut self.bytes)
        });
        encoded.map_err(std::io::Error::other)?;
        self.raw.reorder(&mut self.bytes);
        self.out.write_all(&self.bytes)?;
        self.out.flush()?;
        Ok(())
    }
}
