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
    /// What the file asks for, as a factor.
    gain: f32,
    samples: Vec<f32>,
}

impl Opus {
    /// For mono or stereo. `head` is the identification header.
    pub fn new(channels: usize, head: &[u8]) -> Result<Self, SoundError> {
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
            gain: gain(head),
            samples: vec![0.0; LONGEST * channels],
        })
    }

    /// The interleaved samples of a packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<&[f32], String> {
        let frames = self
            .decoder
            .decode_float(packet, &mut self.samples, DecodeMode::Normal)
            .map_err(|error| format!("{error:?}"))?;
        let samples = &mut self.samples[..frames * self.channels];
        if self.gain != 1.0 {
            samples.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        Ok(samples)
    }
}

/// The output gain of the header (RFC 7845, 5.1: 256ths of a dB), which is to be applied always.
fn gain(head: &[u8]) -> f32 {
    let told = head
        .strip_prefix(b"OpusHead")
        .and_then(|rest| rest.get(8..10));
    match told {
        Some(&[low, high]) => {
            let db = f32::from(i16::from_le_bytes([low, high])) / 256.0;
            10f32.powf(db / 20.0)
        }
        _ => 1.0,
    }
}
