//! Where in a WAV file the samples are, and what stands round them.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use super::{Samples, WavError};

/// Size that stands for "unknown, to the end of the file" (RIFF) or "see `ds64`" (RF64).
pub(super) const OPEN_SIZE: u32 = u32::MAX;

/// Sizes that programs write into a pipe, where they cannot come back to fill in the true one: most,
/// sox, arecord, and old ones. A file beyond its own end that tells one of them was such a pipe.
pub(super) const STREAM_SIZES: [u32; 4] = [OPEN_SIZE, 0x7FFF_F000, 0x8000_0000, 0x7FFF_FFFF];

/// Chunks that describe the samples of the source and would be untrue of others: peaks, an overview
/// of the waveform, checksums.
pub(super) const ABOUT_THE_SAMPLES: [&[u8; 4]; 3] = [b"PEAK", b"levl", b"MD5 "];

/// The shape of a WAV file: plain RIFF, or RF64 and BW64, which can be larger than 4 GiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How a sample is stored.
    pub samples: Samples,
    /// Frames (samples a channel) a second, Hz.
    pub rate: u32,
    /// Channels, at least 1.
    pub channels: usize,
    /// Bytes of the samples in the file, a whole number of frames.
    pub data: Range<u64>,
    /// Which loudspeaker each channel is for, by the extensible header; 0 where nobody says.
    pub mask: u32,
    /// The four letters that the file begins with.
    pub(super) form: [u8; 4],
    /// Chunks ahead of the samples that are worth keeping, the format among them. What tells the sizes
    /// of a long file (`ds64`) is not.
    pub before: Vec<Kept>,
    /// Chunks after the samples, likewise.
    pub after: Vec<Kept>,
}

/// A chunk that is worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub name: [u8; 4],
    /// Header, content and padding.
    pub whole: Piece,
}

impl Kept {
    /// Its name as a person reads it.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.name).trim().to_owned()
    }
}

/// Bytes that are copied as they are: held in memory, or lying in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In memory.
    Bytes(Vec<u8>),
    /// In the file that is read.
    Copy(Range<u64>),
}

impl Piece {
    /// A chunk made here, with its padding.
    #[must_use]
    pub fn chunk(name: [u8; 4], content: &[u8]) -> Self {
        let mut bytes = name.to_vec();
        // Nothing that is held in memory comes near 4 GiB.
        bytes.extend(
            u32::try_from(content.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        bytes.extend(content);
        if content.len() % 2 == 1 {
            bytes.push(0);
        }
        Self::Bytes(bytes)
    }

    /// Bytes, padding included.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Copy(range) => range.end - range.start,
        }
        .next_multiple_of(2)
    }
}

/// A chunk's name and where its content lies. The content may reach past the file's end.
struct Chunk {
    name: [u8; 4],
    content: Range<u64>,
}

impl Chunk {
    /// With its header and its padding: chunks begin at even places.
    fn whole(&self) -> Range<u64> {
        let end = self.content.end;
        self.content.start - 8..end.saturating_add(end % 2)
    }

    fn kept(&self) -> Kept {
        Kept {
            name: self.name,
            whole: Piece::Copy(self.whole()),
        }
    }
}

impl Layout {
    /// Reads the chunks of `file`, the samples excepted.
    ///
    /// # Errors
    /// See [`WavError`]: what is returned as a layout can be read to its last sample.
    pub fn read<F: Read + Seek>(file: &mut F) -> Result<Self, WavError> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let form = read_form(file)?;
        let mut scan = Scan {
            file,
            length,
            long: None,
        };
        let mut format = None;
        let mut before = Vec::new();
        let mut at = 12;
        let data = loop {
            let chunk = scan.chunk(at)?.ok_or(WavError::NoData)?;
            at = chunk.whole().end;
            match &chunk.name {
                b"data" => break chunk.content,
                _ if chunk.content.end > length => return Err(WavError::NoData),
                b"fmt " => format = Some(Format::read(&mut scan, &chunk)?),
                b"ds64" if form != *b"RIFF" => scan.read_long_sizes(&chunk)?,
                _ => {}
            }
            if !ABOUT_THE_SAMPLES.contains(&&chunk.name) && chunk.name != *b"ds64" {
                before.push(chunk.kept());
            }
        };
        let format = format.ok_or(WavError::NoFormat)?;
        if form != *b"RIFF" && scan.long.is_none() {
            return Err(WavError::BadFormat("no `ds64` chunk"));
        }
        let after = scan.trailing(data.end)?;
        check_samples(&data, length, format.frame_bytes(), !after.is_empty())?;
        Ok(Self {
            samples: format.samples,
            rate: format.rate,
            channels: usize::from(format.channels),
            mask: format.mask,
            data,
            form,
            before,
            after,
        })
    }

    /// Bytes of one sample of every channel.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.samples.bytes() * self.channels
    }

    /// Samples a channel.
    #[must_use]
    pub fn frames(&self) -> u64 {
        (self.data.end - self.data.start) / self.frame_bytes() as u64
    }

    /// The shape, where it can tell sizes beyond 4 GiB: `RF64` or `BW64`.
    #[must_use]
    pub fn long_form(&self) -> Option<[u8; 4]> {
        (self.form != *b"RIFF").then_some(self.form)
    }
}

/// The four letters that tell the form, from the file's first twelve bytes.
pub(super) fn read_form<F: Read>(file: &mut F) -> Result<[u8; 4], WavError> {
    let mut head = Vec::new();
    file.take(12).read_to_end(&mut head)?;
    match head.as_slice() {
        [b'R', b'I', b'F', b'X', ..] => Err(WavError::BigEndian),
        [form @ .., _, _, _, _, b'W', b'A', b'V', b'E']
            if form == b"RIFF" || form == b"RF64" || form == b"BW64" =>
        {
            Ok([form[0], form[1], form[2], form[3]])
        }
        _ => {
            head.truncate(4);
            Err(WavError::NotWav { begins: head })
        }
    }
}

/// Checks that the samples are there, all of them, in whole frames.
fn check_samples(
    data: &Range<u64>,
    length: u64,
    frame_bytes: u64,
    chunks_follow: bool,
) -> Result<(), WavError> {
    let held = length - data.start;
    let promised = data.end - data.start;
    if promised == 0 {
        return Err(match held {
            0 => WavError::Empty,
            _ if chunks_follow => WavError::Empty,
            behind => WavError::Unfinished { behind },
        });
    }
    if promised > held {
        return Err(WavError::Truncated { promised, held });
    }
    if !promised.is_multiple_of(frame_bytes) {
        return Err(WavError::BrokenFrame {
            promised,
            frame_bytes,
        });
    }
    Ok(())
}

/// A file while its chunks are gone through.
struct Scan<'f, F> {
    file: &'f mut F,
    length: u64,
    /// Bytes of samples by `ds64`.
    long: Option<u64>,
}

impl<F: Read + Seek> Scan<'_, F> {
    /// The chunk whose header begins at byte `at`; `None` at the end of the file.
    fn chunk(&mut self, at: u64) -> Result<Option<Chunk>, WavError> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 8];
        match self.file.read_exact(&mut header) {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let [a, b, c, d, size @ ..] = header;
        let name = [a, b, c, d];
        let size = u32::from_le_bytes(size);
        let start = at + 8;
        let size = match (&name, size, self.long) {
            (b"data", OPEN_SIZE, Some(long)) => long,
            (b"data", size, None)
                if STREAM_SIZES.contains(&size) && start + u64::from(size) > self.length =>
            {
                self.length.saturating_sub(start)
            }
            _ => u64::from(size),
        };
        Ok(Some(Chunk {
            name,
            content: start..start.saturating_add(size),
        }))
    }

    fn content<const N: usize>(&mut self, chunk: &Chunk) -> Result<[u8; N], WavError> {
        if chunk.content.end - chunk.content.start < N as u64 {
            return Err(WavError::BadFormat("a chunk is too short"));
        }
        self.file.seek(SeekFrom::Start(chunk.content.start))?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn read_long_sizes(&mut self, chunk: &Chunk) -> Result<(), WavError> {
        let [.., a, b, c, d, e, f, g, h] = self.content::<16>(chunk)?;
        self.long = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        Ok(())
    }

    /// The chunks from byte `at` on that are whole and worth keeping. What follows the last of them
    /// is no part of the WAV file.
    fn trailing(&mut self, at: u64) -> Result<Vec<Kept>, WavError> {
        let mut kept = Vec::new();
        let mut at = at.saturating_add(at % 2);
        while at < self.length
            && let Some(chunk) = self.chunk(at)?.filter(|c| c.content.end <= self.length)
        {
            let whole = chunk.whole();
            at = whole.end;
            if !ABOUT_THE_SAMPLES.contains(&&chunk.name) {
                kept.push(Kept {
                    name: chunk.name,
                    whole: Piece::Copy(whole.start..whole.end.min(self.length)),
                });
            }
        }
        Ok(kept)
    }
}

/// The `fmt ` chunk, checked.
pub(super) struct Format {
    pub(super) samples: Samples,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) mask: u32,
}

impl Format {
    /// WAVE_FORMAT_EXTENSIBLE: the coding is told by the first two bytes of a GUID.
    const EXTENSIBLE: u16 = 0xFFFE;

    fn read<F: Read + Seek>(scan: &mut Scan<'_, F>, chunk: &Chunk) -> Result<Self, WavError> {
        let length = (chunk.content.end - chunk.content.start).min(40);
        scan.file.seek(SeekFrom::Start(chunk.content.start))?;
        let mut content = Vec::new();
        scan.file.by_ref().take(length).read_to_end(&mut content)?;
        Self::parse(&content)
    }

    /// From the chunk's content.
    pub(super) fn parse(content: &[u8]) -> Result<Self, WavError> {
        let short = |at: usize| -> Result<u16, WavError> {
            match content.get(at..at + 2) {
                Some(&[a, b]) => Ok(u16::from_le_bytes([a, b])),
                _ => Err(WavError::BadFormat("a chunk is too short")),
            }
        };
        let long = |at: usize| -> Result<u32, WavError> {
            Ok(u32::from(short(at)?) | u32::from(short(at + 2)?) << 16)
        };
        let (mut tag, channels, bits) = (short(0)?, short(2)?, short(14)?);
        let mut mask = 0;
        if tag == Self::EXTENSIBLE {
            tag = short(24)?;
            mask = long(20)?;
        }
        let rate = long(4)?;
        if channels == 0 {
            return Err(WavError::BadFormat("zero channels"));
        }
        if rate == 0 {
            return Err(WavError::BadFormat("a sample rate of zero"));
        }
        let samples = Samples::of(tag, bits).ok_or(WavError::Coding { tag, bits })?;
        let format = Self {
            samples,
            rate,
            channels,
            mask,
        };
        let frame = short(12)?;
        if u64::from(frame) != format.frame_bytes() {
            let bytes = frame / channels;
            let is_padded = frame == bytes * channels && bytes <= 4 && bits < 8 * bytes;
            if is_padded && !samples.is_float() {
                return Err(WavError::Padded { bits, bytes });
            }
            return Err(WavError::BadFormat(
                "the bytes of a frame do not fit its channels and bits",
            ));
        }
        Ok(format)
    }

    fn frame_bytes(&self) -> u64 {
        self.samples.bytes() as u64 * u64::from(self.channels)
    }
}

/// The content of a `fmt ` chunk: extensible where the plain one would not do.
#[must_use]
pub fn format_content(samples: Samples, rate: u32, channels: u16, mask: u32) -> Vec<u8> {
    let frame = u32::from(channels) * samples.bytes() as u32;
    let usual = [0x4, 0x3].get(usize::from(channels) - 1);
    let is_extensible = channels > 2 || (mask != 0 && usual != Some(&mask));
    let tag = if is_extensible {
        Format::EXTENSIBLE
    } else {
        samples.tag()
    };
    let mut content = Vec::with_capacity(40);
    content.extend(tag.to_le_bytes());
    content.extend(channels.to_le_bytes());
    content.extend(rate.to_le_bytes());
    content.extend(rate.saturating_mul(frame).to_le_bytes());
    content.extend((frame as u16).to_le_bytes());
    content.extend(samples.bits().to_le_bytes());
    if is_extensible {
        content.extend(22u16.to_le_bytes());
        content.extend(samples.bits().to_le_bytes());
        content.extend(mask.to_le_bytes());
        content.extend(samples.tag().to_le_bytes());
        content.extend([0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]);
    } else if samples.is_float() {
        content.extend(0u16.to_le_bytes());
    }
    content
}
