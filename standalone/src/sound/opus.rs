//! Opus packets (RFC 6716) to samples, at 48 kHz as RFC 7845 has it.

use ropus::{Channels, DecodeMode, Decoder};

use super::SoundError;

/// Rate of the samples, Hz.
pub const RATE: u32 = 48_000;
/// Samples a channel of the longest packet: 120 ms.
const LONGEST: usize = 5760;

/// A decoder and its last packet.
pub struct Opus {
    decoder: Box<Decoder>,
    channels: usize,
    samples: Vec<f32>,
}

impl Opus {
    /// For mono or stereo.
    pub fn new(channels: usize) -> Result<Self, SoundError> {
        let layout = match channels {
            1 => Channels::Mono,
            2 => Channels::Stereo,
            more => return Err(SoundError::Coding(format!("Opus with {more} channels"))),
        };
        let decoder = Decoder::new(RATE, layout)
            .map_err(|error| SoundError::Coding(format!("Opus: {error:?}")))?;
        Ok(Self {
            decoder: Box::new(decoder),
            channels,
            samples: vec![0.0; LONGEST * channels],
        })
    }

    /// The interleaved samples of a packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<&[f32], String> {
        let frames = self
            .decoder
            .decode_float(packet, &mut self.samples, DecodeMode::Normal)
            .map_err(|error| format!("{error:?}"))?;
        Ok(&self.samples[..frames * self.channels])
    }
}
