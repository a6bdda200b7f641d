//! Everything that is not WAV, read by `symphonia`.
//!
//! | module | its part |
//! |---|---|
//! | `find` | what a stream is, and what is known of it beside its samples |
//! | `mpeg` | frames of MP3, with silence for those that are damaged |
//! | `sbr` | HE-AAC that does not say so |
//! | `setup` | which decoder, and what form |

mod find;
mod mpeg;
mod sbr;
mod setup;

use std::io::{self, Cursor, Read};
use std::iter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{self as codec};
use symphonia::core::errors::Error as Decoding;
use symphonia::core::formats::FormatReader;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::FORMAT_ID_OGG;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use self::find::Found;
use self::sbr::Sbr;
use self::setup::{Decoder, decoder, form, he_aac, mask};
use super::chapters::Chapter;
use super::mp4::{Edit, Movie};
use super::tags::Tags;
use super::{Form, SoundError};

/// Frames that an encoder of MP3 can have put behind the sound (12 bits of LAME's header) and those of a
/// packet. Where more stand behind the end that a header tells, it tells of a part of the file alone.
const PADDING: usize = 4095 + 1152;

/// Frames of the longest gap that is filled with silence: minutes.
const LONGEST_GAP: usize = 1 << 24;

/// A sound that is decoded as it is read.
pub struct Decoded {
    format: Box<dyn FormatReader>,
    decoder: Decoder,
    codec: AudioCodecId,
    track: u32,
    /// Of the packets' durations.
    clock: Option<TimeBase>,
    form: Form,
    tags: Tags,
    chapters: Vec<Chapter>,
    /// Decoded and not yet taken, interleaved.
    samples: Vec<f32>,
    /// What of it is taken.
    at: usize,
    /// Frames still to be left out at the start.
    skip: u64,
    /// Frames still to come, where an edit list or a header cuts the end.
    left: Option<u64>,
    /// What came behind the end that a header tells, and whether that was the end of a part.
    behind: Vec<f32>,
    goes_on: bool,
    /// When the next packet is due, on their clock; pages of Ogg that are damaged are left out.
    due: Option<Timestamp>,
    sbr: Sbr,
    /// Whether a packet has been decoded.
    is_known: bool,
    delivered: u64,
    damaged: u64,
    /// Damaged frames that were silence when they came here.
    replaced: Arc<AtomicU64>,
    has_ended: bool,
}

impl Decoded {
    /// Opens a file. `movie`: what an MP4 file says of itself.
    pub fn open(path: &Path, movie: Option<Movie>) -> Result<Self, SoundError> {
        Self::begin(find::file(path)?, movie)
    }

    /// Opens a pipe, of which `head` has been read.
    pub fn pipe(
        head: Vec<u8>,
        rest: Box<dyn Read + Send>,
        movie: Option<Movie>,
    ) -> Result<Self, SoundError> {
        let input = find::once(Box::new(Cursor::new(head).chain(rest)));
        Self::begin(find::stream(input, &Hint::new())?, movie)
    }

    fn begin(found: Found, movie: Option<Movie>) -> Result<Self, SoundError> {
        let parameters = &found.parameters;
        let mut decoded = Self {
            decoder: decoder(parameters)?,
            form: form(parameters, found.frames).checked()?,
            codec: parameters.codec,
            track: found.track,
            clock: found.clock,
            tags: found.tags,
            chapters: found.chapters,
            format: found.format,
            samples: Vec::new(),
            at: 0,
            // The other decoders leave this out themselves.
            skip: match parameters.codec {
                codec::CODEC_ID_OPUS => u64::from(found.delay.unwrap_or(0)),
                _ => 0,
            },
            left: None,
            behind: Vec::new(),
            goes_on: false,
            due: None,
            sbr: Sbr::default(),
            is_known: false,
            delivered: 0,
            damaged: 0,
            replaced: found.replaced,
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
        if let Some(movie) = movie {
            if let Some(edit) = movie.edit(decoded.form.rate) {
                decoded.cut(edit);
            }
            decoded.chapters.extend(movie.chapters);
            decoded.tags.others.extend(movie.others);
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

    /// Chapters and markers.
    pub fn chapters(&self) -> &[Chapter] {
        &self.chapters
    }

    /// Packets that could not be decoded and have become silence.
    pub fn damaged(&self) -> u64 {
        self.damaged + self.replaced.load(Ordering::Relaxed)
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
        if self.sbr.is_sure() {
            return Err(he_aac());
        }
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
                    break;
                }
                Err(Decoding::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    self.has_ended = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            self.decode(packet)?;
        }
        Ok(())
    }

    fn decode(&mut self, mut packet: Packet) -> Result<(), SoundError> {
        if self.codec == codec::CODEC_ID_AAC && self.sbr.look(&packet.data) {
            return Err(he_aac());
        }
        let missing = self.missing(&packet);
        let mut behind = 0;
        if self.codec == codec::CODEC_ID_MP3 {
            behind = self.frames(packet.trim_end);
            packet.dur = packet.dur.saturating_add(packet.trim_end);
            packet.trim_end = Duration::ZERO;
        }
        match &mut self.decoder {
            Decoder::Any(decoder) => match decoder.decode(&packet) {
                Ok(buffer) => {
                    let spec = buffer.spec();
                    let (rate, channels) = (spec.rate(), spec.channels().count());
                    let is_first = self.delivered == 0 && self.form.rate == 0;
                    if is_first {
                        (self.form.rate, self.form.channels) = (rate, channels);
                        self.form.mask = mask(spec.channels());
                        self.form = self.form.clone().checked()?;
                    }
                    if (rate, channels) != (self.form.rate, self.form.channels) {
                        return Err(SoundError::Changes);
                    }
                    buffer.copy_to_vec_interleaved(&mut self.samples);
                    self.is_known = true;
                }
                Err(Decoding::DecodeError(_)) => self.replace(&packet),
                // What a sound is made of does not change on the way; damage looks like anything.
                Err(Decoding::Unsupported(_)) if self.is_known => self.replace(&packet),
                Err(Decoding::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    self.replace(&packet);
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
                Err(_) => self.replace(&packet),
            },
        }
        self.hold_back(behind);
        if missing > 0 {
            self.damaged += 1;
            let silence = missing * self.form.channels;
            self.samples.splice(0..0, iter::repeat_n(0.0, silence));
        }
        Ok(())
    }

    /// Frames between the last packet and this one, by the clock of Ogg's pages.
    fn missing(&mut self, packet: &Packet) -> usize {
        if self.format.format_info().format != FORMAT_ID_OGG {
            return 0;
        }
        let length = packet.trim_start.saturating_add(packet.dur);
        let due = self.due.replace(packet.pts.saturating_add(length));
        let late = due.filter(|due| packet.pts > *due);
        let late = late.map_or(Duration::ZERO, |due| packet.pts.abs_delta(due));
        // A clock that leaps is no gap: a page is shorter by far.
        Some(self.frames(late))
            .filter(|n| *n < LONGEST_GAP)
            .unwrap_or(0)
    }

    /// Takes the last `frames` away, which a header says are none of the sound; until there are too many of
    /// them: then several files were joined, and the header is the first one's.
    fn hold_back(&mut self, frames: usize) {
        if frames == 0 || self.goes_on {
            return;
        }
        let channels = self.form.channels;
        let kept = self.samples.len().saturating_sub(frames * channels);
        self.behind.extend(self.samples.drain(kept..));
        if self.behind.len() > PADDING * channels {
            self.goes_on = true;
            self.samples.append(&mut self.behind);
        }
    }

    /// Silence in the place of a packet that cannot be decoded, so that what follows stays in its place.
    fn replace(&mut self, packet: &Packet) {
        self.damaged += 1;
        let frames = self.frames(packet.dur).min(1 << 20);
        self.samples.resize(frames * self.form.channels, 0.0);
    }

    /// A time on the packets' clock in frames.
    fn frames(&self, time: Duration) -> usize {
        let (numer, denom) = self.clock.map_or((1, self.form.rate.max(1)), |clock| {
            (clock.numer.get(), clock.denom.get())
        });
        let scaled = u128::from(time.get()) * u128::from(numer) * u128::from(self.form.rate);
        usize::try_from(scaled / u128::from(denom)).unwrap_or(usize::MAX)
    }
}
