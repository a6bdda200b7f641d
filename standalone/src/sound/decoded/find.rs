//! What a stream is, and what is known of it beside its samples.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{self as codec};
use symphonia::core::errors::Error as Decoding;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::FORMAT_ID_ADTS;
use symphonia::core::formats::{Attachment, FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::{MetadataOptions, MetadataRevision};
use symphonia::core::units::TimeBase;

use super::mpeg::Frames;
use crate::sound::SoundError;
use crate::sound::chapters::{self, Chapter};
use crate::sound::tags::Tags;

/// A stream, ready to give its packets.
pub struct Found {
    pub format: Box<dyn FormatReader>,
    pub parameters: AudioCodecParameters,
    pub track: u32,
    /// Frames, where the file says so and does not only seem to.
    pub frames: Option<u64>,
    pub delay: Option<u32>,
    pub clock: Option<TimeBase>,
    pub tags: Tags,
    pub chapters: Vec<Chapter>,
    /// Frames of MPEG audio that were missing and are silence.
    pub replaced: Arc<AtomicU64>,
}

/// `symphonia` wants what threads may share; a stream is read by one.
struct Shared(Mutex<Box<dyn Read + Send>>);

impl Read for Shared {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let input = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        input.read(to)
    }
}

/// A stream that is read once, from its beginning to its end.
pub fn once(input: Box<dyn Read + Send>) -> Box<dyn MediaSource> {
    Box::new(ReadOnlySource::new(Shared(Mutex::new(input))))
}

/// Looks into a file.
///
/// MP3 and bare AAC are opened once more as a stream: in a file `symphonia` guesses their length from some
/// packets and cuts the sound there; of a stream it says what a header says, or nothing.
pub fn file(path: &Path) -> Result<Found, SoundError> {
    let mut hint = Hint::new();
    if let Some(ending) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(ending);
    }
    let found = stream(Box::new(File::open(path)?), &hint)?;
    let replaced = Arc::<AtomicU64>::default();
    let again: Box<dyn Read + Send> = if found.parameters.codec == codec::CODEC_ID_MP3 {
        Box::new(Frames::new(File::open(path)?, Arc::clone(&replaced)))
    } else if found.format.format_info().format == FORMAT_ID_ADTS {
        Box::new(BufReader::new(File::open(path)?))
    } else {
        return Ok(found);
    };
    Ok(Found {
        tags: found.tags,
        chapters: found.chapters,
        replaced,
        ..stream(once(again), &hint)?
    })
}

/// Looks into a stream.
pub fn stream(source: Box<dyn MediaSource>, hint: &Hint) -> Result<Found, SoundError> {
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
    let (track, frames, delay, clock) = (track.id, track.num_frames, track.delay, track.time_base);
    let tags = tags(format.as_mut(), &parameters, track);
    Ok(Found {
        chapters: format.chapters().map(chapters::found).unwrap_or_default(),
        format,
        parameters,
        track,
        frames,
        delay,
        clock,
        tags,
        replaced: Arc::default(),
    })
}

/// All that the file says of itself: a file may do so in several places.
fn tags(format: &mut dyn FormatReader, parameters: &AudioCodecParameters, track: u32) -> Tags {
    let has_comments = matches!(
        parameters.codec,
        codec::CODEC_ID_FLAC | codec::CODEC_ID_VORBIS | codec::CODEC_ID_OPUS
    );
    let mut revisions: Vec<MetadataRevision> = Vec::new();
    let mut log = format.metadata();
    while let Some(revision) = log.pop() {
        revisions.push(revision);
    }
    revisions.extend(log.current().cloned());
    // The oldest kind has room for 30 letters, and the whole text mostly stands in another.
    revisions.sort_by_key(|revision| revision.info.short_name == "id3v1");
    let mut tags = Tags::default();
    for revision in &revisions {
        let is_other = ["id3", "ape"].map(|kind| revision.info.short_name.starts_with(kind));
        let is_vorbis = has_comments && !is_other.contains(&true);
        tags.add(&revision.media, is_vorbis);
        let own = revision
            .per_track
            .iter()
            .filter(|of| of.track_id == u64::from(track));
        for of in own {
            tags.add(&of.metadata, is_vorbis);
        }
    }
    if parameters.codec != codec::CODEC_ID_FLAC {
        for attachment in format.attachments() {
            tags.others.push(match attachment {
                Attachment::VendorData(_) => "application data".to_owned(),
                _ => "attached file".to_owned(),
            });
        }
    }
    tags
}
