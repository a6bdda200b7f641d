//! One way to read them all.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flac_codec::metadata::Block;

use super::chapters::Chapter;
use super::decoded::Decoded;
use super::flac::{self, Head};
use super::mp4::{self, Movie};
use super::raw::{Raw, RawSource};
use super::{Form, SoundError};
use crate::wav::{self, Kept};

/// Endings of the files that are taken from a folder.
pub const ENDINGS: [&str; 16] = [
    "wav", "wave", "rf64", "bwf", "flac", "mp3", "ogg", "oga", "opus", "m4a", "m4b", "aac", "alac",
    "aiff", "aif", "aifc",
];

/// Endings of other files that hold sound, some of which can be read: nothing that is written is called so.
pub const OTHER_ENDINGS: [&str; 16] = [
    "mp4", "m4v", "mov", "3gp", "mkv", "mka", "webm", "avi", "w64", "caf", "wma", "wv", "ape",
    "au", "snd", "ac3",
];

/// A sound that is read from its first sample to its last.
pub struct Source {
    pub(super) kind: Kind,
    form: Form,
    /// Of a FLAC file: what another one can have.
    pub(super) head: Head,
}

pub(super) enum Kind {
    Wav(wav::Source),
    Stream(wav::Stream),
    Raw(RawSource),
    Decoded(Box<Decoded>),
}

impl Source {
    /// Opens a file; with `raw` one that has no header.
    ///
    /// # Errors
    /// See [`SoundError`].
    pub fn open(path: &Path, raw: Option<Raw>) -> Result<Self, SoundError> {
        if let Some(raw) = raw {
            let file = File::open(path)?;
            let bytes = file.metadata()?.len();
            let mut source = Self::raw(Box::new(io::BufReader::new(file)), raw)?;
            let frame_bytes = raw.frame_bytes() as u64;
            if !bytes.is_multiple_of(frame_bytes) {
                return Err(SoundError::RawFrame { bytes, frame_bytes });
            }
            source.form.frames = Some(bytes / frame_bytes);
            source.form.is_exact = true;
            return Ok(source);
        }
        let mut head = Vec::new();
        File::open(path)?.take(12).read_to_end(&mut head)?;
        if head.is_empty() {
            return Err(SoundError::Nothing);
        }
        if is_wav(&head) {
            let source = wav::Source::open(path)?;
            let layout = source.layout();
            let form = Form {
                rate: layout.rate,
                channels: layout.channels,
                samples: layout.samples,
                mask: layout.mask,
                frames: Some(layout.frames()),
                is_exact: true,
                is_lossy: false,
            };
            return Self::new(Kind::Wav(source), form);
        }
        let again = io::BufReader::new(File::open(path)?);
        let (flac, movie) = if head.starts_with(b"fLaC") {
            (Head::read(again), None)
        } else {
            (Head::default(), Movie::read(again))
        };
        let decoded = Decoded::open(path, movie).map_err(|error| told(error, &head))?;
        Ok(Self::decoded(decoded, flac))
    }

    /// Opens a pipe; with `raw` one that has no header.
    ///
    /// # Errors
    /// See [`SoundError`].
    pub fn pipe(mut input: Box<dyn Read + Send>, raw: Option<Raw>) -> Result<Self, SoundError> {
        if let Some(raw) = raw {
            return Self::raw(input, raw);
        }
        let mut head = Vec::new();
        input.by_ref().take(12).read_to_end(&mut head)?;
        if head.is_empty() {
            return Err(SoundError::Nothing);
        }
        if !is_wav(&head) {
            return Self::stream(head, input);
        }
        let stream = wav::Stream::open(Box::new(io::Cursor::new(head).chain(input)))?;
        let form = Form {
            rate: stream.rate,
            channels: stream.channels,
            samples: stream.samples,
            mask: stream.mask,
            frames: stream.frames(),
            is_exact: stream.frames().is_some(),
            is_lossy: false,
        };
        Self::new(Kind::Stream(stream), form)
    }

    /// What is no WAV, out of a pipe: what it says of itself comes first, where it can be understood at all.
    fn stream(begins: Vec<u8>, mut input: Box<dyn Read + Send>) -> Result<Self, SoundError> {
        let (mut head, mut flac, mut movie) = (begins.clone(), Head::default(), None);
        if begins.starts_with(b"fLaC") {
            head = flac::head(head, &mut input)?;
            flac = Head::read(head.as_slice());
        } else if begins.get(4..8) == Some(b"ftyp") {
            head = mp4::head(head, &mut input)?;
            if mp4::is_index_behind(&head) {
                return Err(SoundError::IndexBehind);
            }
            movie = Movie::read(io::Cursor::new(&head));
        }
        let decoded = Decoded::pipe(head, input, movie).map_err(|error| told(error, &begins))?;
        Ok(Self::decoded(decoded, flac))
    }

    fn new(kind: Kind, form: Form) -> Result<Self, SoundError> {
        Ok(Self {
            kind,
            form: form.checked()?,
            head: Head::default(),
        })
    }

    fn raw(input: Box<dyn Read + Send>, raw: Raw) -> Result<Self, SoundError> {
        let form = Form {
            rate: raw.rate,
            channels: usize::from(raw.channels),
            samples: raw.samples,
            mask: 0,
            frames: None,
            is_exact: false,
            is_lossy: false,
        };
        Self::new(Kind::Raw(RawSource::new(input, raw)), form)
    }

    fn decoded(decoded: Decoded, head: Head) -> Self {
        let mut form = decoded.form().clone();
        let told = decoded
            .tags()
            .texts
            .iter()
            .find(|(name, _)| name == flac::MASK_TAG);
        if let Some((_, text)) = told {
            let digits = text.trim_start_matches("0x").trim_start_matches("0X");
            form.mask = u32::from_str_radix(digits, 16).unwrap_or(form.mask);
        }
        Self {
            kind: Kind::Decoded(Box::new(decoded)),
            form,
            head,
        }
    }

    /// What the sound is.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Fills `planar` (channel after channel, each `planar.len() / channels` long) with the next
    /// frames, and with zeros behind the last. Returns how many frames there were; fewer than asked for
    /// are the last.
    ///
    /// # Errors
    /// When the system refuses, or the sound ends before its header says.
    pub fn read(&mut self, planar: &mut [f32]) -> Result<usize, SoundError> {
        match &mut self.kind {
            Kind::Wav(source) => Ok(source.read(planar)?),
            Kind::Stream(stream) => Ok(stream.read(planar)?),
            Kind::Raw(raw) => raw.read(planar),
            Kind::Decoded(decoded) => decoded.read(planar),
        }
    }

    /// Packets that could not be decoded and have become silence.
    pub fn damaged(&self) -> u64 {
        match &self.kind {
            Kind::Decoded(decoded) => decoded.damaged(),
            _ => 0,
        }
    }

    /// Chunks that come behind the samples of a pipe, once those have been read.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn late(&mut self) -> Result<Vec<Kept>, SoundError> {
        match &mut self.kind {
            Kind::Stream(stream) => Ok(stream.trailing()?),
            _ => Ok(Vec::new()),
        }
    }

    /// Chapters and markers; those of a WAV file are chunks.
    pub(super) fn chapters(&self) -> Vec<Chapter> {
        let (Kind::Decoded(decoded), form) = (&self.kind, &self.form) else {
            return Vec::new();
        };
        if !self.head.chapters.is_empty() {
            return self.head.chapters.clone();
        }
        let mut chapters = decoded.chapters().to_vec();
        let is_sheet = |block: &Block| matches!(block, Block::Cuesheet(_));
        // A cue sheet tells where the sound ends, too.
        if let Some(frames) = form
            .frames
            .filter(|_| self.head.blocks.iter().any(is_sheet))
        {
            let end = u128::from(frames) * 1_000_000_000 / u128::from(form.rate.max(1));
            chapters.retain(|chapter| u128::from(chapter.start) < end);
        }
        chapters
    }

    /// The WAV file, which has the chunks that are copied.
    pub(super) fn wav(&mut self) -> Option<&mut wav::Source> {
        match &mut self.kind {
            Kind::Wav(source) => Some(source),
            _ => None,
        }
    }

    /// `RF64` or `BW64`, of which the output is one, too.
    pub(super) fn long_form(&self) -> Option<[u8; 4]> {
        match &self.kind {
            Kind::Wav(source) => source.layout().long_form(),
            _ => None,
        }
    }
}

fn is_wav(head: &[u8]) -> bool {
    let forms: [&[u8]; 4] = [b"RIFF", b"RIFX", b"RF64", b"BW64"];
    forms.iter().any(|form| head.starts_with(form))
}

/// What cannot be read is named by what it begins like.
fn told(error: SoundError, head: &[u8]) -> SoundError {
    match error {
        SoundError::Unknown(_) => SoundError::Unknown(match head {
            [b'r', b'i', b'f', b'f', ..] => " (Wave64)",
            [b'c', b'a', b'f', b'f', ..] => " (CAF)",
            [0x1A, 0x45, 0xDF, 0xA3, ..] => " (Matroska)",
            [b'w', b'v', b'p', b'k', ..] => " (WavPack)",
            [b'M', b'A', b'C', b' ', ..] => " (Monkey's Audio)",
            [0x30, 0x26, 0xB2, 0x75, ..] => " (Windows Media)",
            _ => "",
        }),
        other => other,
    }
}
