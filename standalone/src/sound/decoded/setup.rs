//! What a stream's parameters ask for: a decoder, and the form of the sound.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{self as codec};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Decoding;

use crate::sound::opus::{self, Opus};
use crate::sound::{Form, SoundError};
use crate::wav::Samples;

/// Makes samples of packets.
pub enum Decoder {
    /// One of `symphonia`'s.
    Any(Box<dyn AudioDecoder>),
    /// Ours.
    Opus(Opus),
}

/// The decoder for a stream, or what it is that there is none for.
pub fn decoder(parameters: &AudioCodecParameters) -> Result<Decoder, SoundError> {
    let channels = parameters.channels.as_ref().map_or(0, Channels::count);
    if parameters.codec == codec::CODEC_ID_OPUS {
        let head = parameters.extra_data.as_deref().unwrap_or_default();
        return Ok(Decoder::Opus(Opus::new(channels, head)?));
    }
    let options = AudioDecoderOptions::default();
    let made = symphonia::default::get_codecs().make_audio_decoder(parameters, &options);
    match made {
        Ok(decoder) => Ok(Decoder::Any(decoder)),
        Err(Decoding::Unsupported(_)) if parameters.codec == codec::CODEC_ID_AAC => {
            Err(match channels {
                0..=2 => he_aac(),
                more => SoundError::Coding(format!("AAC with {more} channels")),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// AAC that only half is understood of.
pub fn he_aac() -> SoundError {
    SoundError::Coding("AAC other than LC, such as HE-AAC".to_owned())
}

/// What the sound is. `frames`: where the file says how many.
pub fn form(parameters: &AudioCodecParameters, frames: Option<u64>) -> Form {
    let float = match parameters.codec {
        codec::CODEC_ID_PCM_F32LE | codec::CODEC_ID_PCM_F32BE => Some(32),
        codec::CODEC_ID_PCM_F64LE | codec::CODEC_ID_PCM_F64BE => Some(64),
        _ => None,
    };
    let is_lossy = matches!(
        parameters.codec,
        codec::CODEC_ID_MP1
            | codec::CODEC_ID_MP2
            | codec::CODEC_ID_MP3
            | codec::CODEC_ID_AAC
            | codec::CODEC_ID_VORBIS
            | codec::CODEC_ID_OPUS
    );
    // The depth of ALAC stands in its magic cookie alone.
    let cookie = parameters
        .extra_data
        .as_deref()
        .and_then(|data| data.get(5));
    let cookie = cookie.filter(|_| parameters.codec == codec::CODEC_ID_ALAC);
    let told = parameters
        .bits_per_sample
        .or(cookie.map(|bits| u32::from(*bits)));
    let bits = told.and_then(|bits| u16::try_from(bits).ok()).unwrap_or(0);
    let samples = match bits.next_multiple_of(8) {
        _ if float.is_some() => float.and_then(Samples::floats),
        _ if is_lossy => None,
        bits => Samples::integers(bits),
    };
    let is_opus = parameters.codec == codec::CODEC_ID_OPUS;
    let channels = parameters.channels.clone().unwrap_or(Channels::None);
    Form {
        rate: if is_opus {
            opus::RATE
        } else {
            parameters.sample_rate.unwrap_or(0)
        },
        channels: channels.count(),
        // Those of a lossy coding, and of a codec that does not tell its depth.
        samples: samples.unwrap_or_else(Samples::wide),
        mask: mask(&channels),
        frames,
        // A file that has fewer is refused at its end, and more are not read.
        is_exact: !is_lossy && frames.is_some(),
        is_lossy: is_lossy || samples.is_none(),
    }
}

/// As a WAV header has it, whose bits `symphonia` has taken over. One or two need no word.
pub fn mask(channels: &Channels) -> u32 {
    match channels {
        Channels::Positioned(positions) if channels.count() > 2 => {
            (positions.bits() & 0x3_FFFF) as u32
        }
        _ => 0,
    }
}
