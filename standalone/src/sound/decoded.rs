//! Everything that is not WAV, read by `symphonia`.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{self as codec};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Decoding;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::gapless::{self, Edit};
use super::opus::{self, Opus};
use super::tags::Tags;
use super::{Form, SoundError};
use crate::wav::Samples;

/// A sound that is decoded as it is read.
pub struct Decoded {
    format: Box<dyn FormatReader>,
    decoder: Decoder,
    track: u32,
    form: Form,
    tags: Tags,
    /// Decoded and not yet taken, interleaved.
    samples: Vec<f32>,
    /// What of it is taken.
    at: usize,
    /// Frames still to be left out at the start.
    skip: u64,
    /// Frames still to come, where an edit list or a header cuts the end.
    left: Option<u64>,
    delivered: u64,
    damaged: u64,
    has_ended: bool,
}

enum Decoder {
    Any(Box<dyn AudioDecoder>),
    Opus(Opus),
}

/// `symphonia` wants what threads may share; a pipe is read by one.
struct Shared(Mutex<Box<dyn Read + Send>>);

impl Read for Shared {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let input = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        input.read(to)
    }
}

impl Decoded {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, SoundError> {
        let mut hint = Hint::new();
        if let Some(ending) = path.extension().and_then(|e| e.to_str()) {
            hint.with_extension(ending);
        }
        let mut decoded = Self::probe(Box::new(File::open(path)?), &hint)?;
        if let Some(edit) = gapless::edit(path, decoded.form.rate) {
            decoded.cut(edit);
        }
        Ok(decoded)
    }

    /// Opens a pipe, of which `head` has been read.
    pub fn pipe(head: Vec<u8>, rest: Box<dyn Read + Send>) -> Result<Self, SoundError> {
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(rest));
        let source = ReadOnlySource::new(Shared(Mutex::new(input)));
        Self::probe(Box::new(source), &Hint::new())
    }

    fn probe(source: Box<dyn MediaSource>, hint: &Hint) -> Result<Self, SoundError> {
        let stream = MediaSourceStream::new(source, Default::default());
        let mut format = symphonia::default::get_probe()
            .probe(
                hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                Decoding::IoError(e) if e.kind() != io::ErrorKind::UnexpectedEof => e.into(),
                Decoding::DecodeError(what) => SoundError::Damaged(what.to_owned()),
                _ => SoundError::Unknown(""),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or(SoundError::NoTrack)?;
        let parameters = track.codec_params.as_ref().and_then(|p| p.audio());
        let parameters = parameters.ok_or(SoundError::NoTrack)?.clone();
        let (track, frames, delay) = (track.id, track.num_frames, track.delay);
        let mut tags = Tags::default();
        let is_vorbis = matches!(
            parameters.codec,
            codec::CODEC_ID_FLAC | codec::CODEC_ID_VORBIS | codec::CODEC_ID_OPUS
        );
        let mut metadata = format.metadata();
        if let Some(revision) = metadata.skip_to_latest() {
            tags.add(revision, is_vorbis);
        }
        let decoder = if parameters.codec == codec::CODEC_ID_OPUS {
            Decoder::Opus(Opus::new(
                parameters.channels.as_ref().map_or(0, Channels::count),
            )?)
        } else {
            let options = AudioDecoderOptions::default();
            Decoder::Any(
                symphonia::default::get_codecs().make_audio_decoder(&parameters, &options)?,
            )
        };
        let mut decoded = Self {
            format,
            decoder,
            track,
            form: form(&parameters, frames),
            tags,
            samples: Vec::new(),
            at: 0,
            // The other decoders leave this out themselves.
            skip: match parameters.codec {
                codec::CODEC_ID_OPUS => u64::from(delay.unwrap_or(0)),
                _ => 0,
            },
            left: None,
            delivered: 0,
            damaged: 0,
            has_ended: false,
        };
        if decoded.form.is_exact {
            decoded.left = decoded.form.frames;
        }
        // Some codings tell rate and channels in their packets alone.
        decoded.more()?;
        if decoded.has_ended && decoded.samples.is_empty() {
            return Err(SoundError::Empty);
        }
        Ok(decoded)
    }

    fn cut(&mut self, edit: Edit) {
        self.skip = edit.skip;
        let by_header = self.form.frames.map(|all| all.saturating_sub(edit.skip));
        let frames = match (by_header, edit.frames) {
            (Some(header), Some((list, off))) if header.abs_diff(list) <= off => Some(header),
            (Some(header), Some((list, _))) => Some(header.min(list)),
            (header, list) => list.map(|(frames, _)| frames).or(header),
        };
        self.form.frames = frames;
        self.left = frames;
    }

    /// What the sound is.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// What is known of it.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Packets that could not be decoded and have become silence.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// As [`super::Source::read`].
    pub fn read(&mut self, planar: &mut [f32]) -> Result<usize, SoundError> {
        planar.fill(0.0);
        let channels = self.form.channels;
        let length = planar.len() / channels;
        let mut frames = 0;
        while frames < length && self.left != Some(0) {
            if self.at == self.samples.len() {
                if self.has_ended {
                    self.end()?;
                    break;
                }
                self.more()?;
                continue;
            }
            let held = (self.samples.len() - self.at) / channels;
            if self.skip > 0 {
                let skipped = self.skip.min(held as u64);
                self.skip -= skipped;
                self.at += skipped as usize * channels;
                continue;
            }
            let mut taken = held.min(length - frames);
            if let Some(left) = &mut self.left {
                taken = taken.min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
            }
            let part = &self.samples[self.at..self.at + taken * channels];
            for (frame, samples) in part.chunks_exact(channels).enumerate() {
                for (channel, sample) in samples.iter().enumerate() {
                    planar[channel * length + frames + frame] = *sample;
                }
            }
            self.at += taken * channels;
            frames += taken;
            self.delivered += taken as u64;
        }
        if self.delivered == 0 {
            return Err(SoundError::Empty);
        }
        Ok(frames)
    }

    /// Whether all is there that was promised.
    fn end(&self) -> Result<(), SoundError> {
        let held = self.delivered;
        // A lossy coding may lack a packet's overlap.
        let allowed = if self.form.is_lossy { 4096 } else { 0 };
        match self.form.frames {
            Some(promised) if held + allowed < promised => {
                Err(SoundError::Short { promised, held })
            }
            _ => Ok(()),
        }
    }

    /// Decodes the next packet into `samples`.
    fn more(&mut self) -> Result<(), SoundError> {
        self.samples.clear();
        self.at = 0;
        while self.samples.is_empty() {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => {
                    self.has_ended = true;
                    return Ok(());
                }
                Err(Decoding::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    self.has_ended = true;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            self.decode(&packet)?;
        }
        Ok(())
    }

    fn decode(&mut self, packet: &Packet) -> Result<(), SoundError> {
        match &mut self.decoder {
            Decoder::Any(decoder) => match decoder.decode(packet) {
                Ok(buffer) => {
                    let spec = buffer.spec();
                    let (rate, channels) = (spec.rate(), spec.channels().count());
                    let is_first = self.delivered == 0 && self.form.rate == 0;
                    if is_first {
                        (self.form.rate, self.form.channels) = (rate, channels);
                        self.form.mask = mask(spec.channels());
                    }
                    if (rate, channels) != (self.form.rate, self.form.channels) {
                        return Err(SoundError::Changes);
                    }
                    buffer.copy_to_vec_interleaved(&mut self.samples);
                }
                Err(Decoding::DecodeError(_)) => self.replace(packet),
                Err(Decoding::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    self.replace(packet);
                }
                Err(error) => return Err(error.into()),
            },
            Decoder::Opus(opus) => match opus.decode(&packet.data) {
                Ok(samples) => {
                    let channels = self.form.channels;
                    let frames = samples.len() / channels;
                    let first = (packet.trim_start.get() as usize).min(frames);
                    let last = frames - (packet.trim_end.get() as usize).min(frames - first);
                    self.samples
                        .extend_from_slice(&samples[first * channels..last * channels]);
                }
                Err(_) => self.replace(packet),
            },
        }
        Ok(())
    }

    /// Silence in the place of a packet that cannot be decoded, so that what follows stays in its place.
    fn replace(&mut self, packet: &Packet) {
        self.damaged += 1;
        let frames = usize::try_from(packet.dur.get()).unwrap_or(0).min(1 << 20);
        self.samples.resize(frames * self.form.channels, 0.0);
    }
}

fn form(parameters: &AudioCodecParameters, frames: Option<u64>) -> Form {
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
fn mask(channels: &Channels) -> u32 {
    match channels {
        Channels::Positioned(positions) if channels.count() > 2 => {
            (positions.bits() & 0x3_FFFF) as u32
        }
        _ => 0,
    }
}
