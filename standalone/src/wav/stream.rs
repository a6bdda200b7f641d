//! A WAV file out of a pipe, which cannot be gone back in.

use std::io::{self, ErrorKind, Read};

use super::layout::{ABOUT_THE_SAMPLES, Format, Kept, Piece, STREAM_SIZES, read_form};
use super::source::spread;
use super::{Samples, WavError};

/// The longest chunk beside the samples that is taken into memory: pictures in tags are smaller.
const LONGEST_CHUNK: u64 = 32 << 20;

/// A WAV file that comes bit by bit. What stands ahead of its samples has been read.
pub struct Stream {
    input: Box<dyn Read + Send>,
    /// How a sample is stored.
    pub samples: Samples,
    /// Frames a second, Hz.
    pub rate: u32,
    /// Channels, at least 1.
    pub channels: usize,
    /// Which loudspeaker each channel is for; 0 where nobody says.
    pub mask: u32,
    /// Chunks ahead of the samples that are worth keeping, the format among them.
    pub before: Vec<Kept>,
    /// Bytes of samples that the header promises; `None`: to the end.
    promised: Option<u64>,
    held: u64,
    bytes: Vec<u8>,
}

impl Stream {
    /// Reads up to the first sample.
    ///
    /// # Errors
    /// See [`WavError`].
    pub fn open(mut input: Box<dyn Read + Send>) -> Result<Self, WavError> {
        let form = read_form(&mut input)?;
        let (mut format, mut long) = (None, None);
        let mut before = Vec::new();
        let size = loop {
            let (name, size) = header(&mut input)?.ok_or(WavError::NoData)?;
            if name == *b"data" {
                break size;
            }
            let content = content(&mut input, size)?.ok_or(WavError::NoData)?;
            match &name {
                b"fmt " => format = Some(Format::parse(&content)?),
                b"ds64" if form != *b"RIFF" => long = content.get(8..16).map(eight),
                _ => {}
            }
            if !ABOUT_THE_SAMPLES.contains(&&name) && name != *b"ds64" {
                let whole = Piece::chunk(name, &content);
                before.push(Kept { name, whole });
            }
        };
        let format = format.ok_or(WavError::NoFormat)?;
        let promised = match long {
            Some(long) if STREAM_SIZES.contains(&size) => Some(long),
            _ => Some(u64::from(size)).filter(|_| !STREAM_SIZES.contains(&size)),
        };
        Ok(Self {
            input,
            samples: format.samples,
            rate: format.rate,
            channels: usize::from(format.channels),
            mask: format.mask,
            before,
            // A program that knows nothing yet writes zero, too.
            promised: promised.filter(|size| *size > 0),
            held: 0,
            bytes: Vec::new(),
        })
    }

    /// Frames, where the header says.
    #[must_use]
    pub fn frames(&self) -> Option<u64> {
        let frame = self.frame_bytes();
        self.promised.map(|bytes| bytes / frame)
    }

    fn frame_bytes(&self) -> u64 {
        (self.samples.bytes() * self.channels) as u64
    }

    /// As [`super::Source::read`].
    ///
    /// # Errors
    /// When the system refuses, or the sound ends before its header says or within a frame.
    pub fn read(&mut self, planar: &mut [f32]) -> Result<usize, WavError> {
        let frame_bytes = self.frame_bytes();
        let wanted = (planar.len() / self.channels) as u64 * frame_bytes;
        let left = self
            .promised
            .map_or(wanted, |all| (all - self.held).min(wanted));
        self.bytes.clear();
        self.input
            .by_ref()
            .take(left)
            .read_to_end(&mut self.bytes)?;
        let came = self.bytes.len() as u64;
        self.held += came;
        if let Some(promised) = self.promised.filter(|_| came < left) {
            let held = self.held;
            return Err(WavError::Truncated { promised, held });
        }
        if !came.is_multiple_of(frame_bytes) {
            let promised = self.held;
            return Err(WavError::BrokenFrame {
                promised,
                frame_bytes,
            });
        }
        if self.held == 0 {
            return Err(WavError::Empty);
        }
        spread(&self.bytes, self.samples, self.channels, planar)?;
        Ok((came / frame_bytes) as usize)
    }

    /// The chunks behind the samples, once those have been read.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn trailing(&mut self) -> Result<Vec<Kept>, WavError> {
        let mut kept = Vec::new();
        if self.promised.is_some() && self.held % 2 == 1 {
            io::copy(&mut self.input.by_ref().take(1), &mut io::sink())?;
        }
        while let Some((name, size)) = header(&mut self.input)? {
            // What follows the last whole chunk is no part of the WAV file.
            let Some(content) = content(&mut self.input, size)? else {
                break;
            };
            if !ABOUT_THE_SAMPLES.contains(&&name) {
                let whole = Piece::chunk(name, &content);
                kept.push(Kept { name, whole });
            }
        }
        Ok(kept)
    }
}

fn header(input: &mut impl Read) -> Result<Option<([u8; 4], u32)>, WavError> {
    let mut header = [0; 8];
    match input.read_exact(&mut header) {
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e.into()),
        Ok(()) => {
            let [a, b, c, d, size @ ..] = header;
            Ok(Some(([a, b, c, d], u32::from_le_bytes(size))))
        }
    }
}

/// `None` where the pipe ends within the chunk.
fn content(input: &mut impl Read, size: u32) -> Result<Option<Vec<u8>>, WavError> {
    let size = u64::from(size);
    if size > LONGEST_CHUNK {
        return Err(WavError::LongChunk { bytes: size });
    }
    let mut content = Vec::new();
    input.take(size).read_to_end(&mut content)?;
    if (content.len() as u64) < size {
        return Ok(None);
    }
    if size % 2 == 1 {
        io::copy(&mut input.take(1), &mut io::sink())?;
    }
    Ok(Some(content))
}

fn eight(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
