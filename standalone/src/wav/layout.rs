//! Where in a WAV file the samples are, and what stands round them.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use super::{Samples, WavError};

/// Size that stands for "unknown, to the end of the file" (RIFF) or "see `ds64`" (RF64).
const OPEN_SIZE: u32 = u32::MAX;

/// Chunks that describe the samples of the source and would be untrue of others: peaks, an overview
/// of the waveform, checksums.
const ABOUT_THE_SAMPLES: [&[u8; 4]; 3] = [b"PEAK", b"levl", b"MD5 "];

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
    /// The four letters that the file begins with.
    pub(super) form: [u8; 4],
    /// Whole chunks (header, content, padding) ahead of the samples that are worth keeping, as
    /// bytes of the file.
    pub(super) before: Vec<Range<u64>>,
    /// Whole chunks after the samples, likewise.
    pub(super) after: Vec<Range<u64>>,
    /// Where the content of the `ds64` chunk begins, if there is one.
    pub(super) long_sizes: Option<u64>,
}

/// A chunk's name and where its content lies. The content may reach past the file's end.
struct Chunk {
    name: [u8; 4],
    content: Range<u64>,
}

impl Chunk {
    /// With its header and its padding: chunks begin at even places.
    fn whole(&self) -> Range<u64> {
        self.content.start - 8..self.content.end.next_multiple_of(2)
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
            if !ABOUT_THE_SAMPLES.contains(&&chunk.name) {
                before.push(chunk.whole());
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
            data,
            form,
            before,
            after,
            long_sizes: scan.long.map(|long| long.at),
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

    /// Duration.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.rate)
    }
}

/// The four letters that tell the form, from the file's first twelve bytes.
fn read_form<F: Read>(file: &mut F) -> Result<[u8; 4], WavError> {
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
    long: Option<LongSizes>,
}

/// What `ds64` says.
struct LongSizes {
    /// Where its content begins.
    at: u64,
    /// Bytes of samples.
    data: u64,
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
        let size = match (&name, size, &self.long) {
            (b"data", OPEN_SIZE, Some(long)) => long.data,
            (b"data", OPEN_SIZE, None) => self.length.saturating_sub(start),
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
        self.long = Some(LongSizes {
            at: chunk.content.start,
            data: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        });
        Ok(())
    }

    /// The chunks from byte `at` on that are whole and worth keeping. What follows the last of them
    /// is no part of the WAV file.
    fn trailing(&mut self, at: u64) -> Result<Vec<Range<u64>>, WavError> {
        let mut kept = Vec::new();
        let mut at = at.next_multiple_of(2);
        while let Some(chunk) = self.chunk(at)?.filter(|c| c.content.end <= self.length) {
            let whole = chunk.whole();
            at = whole.end;
            if !ABOUT_THE_SAMPLES.contains(&&chunk.name) {
                kept.push(whole.start..whole.end.min(self.length));
            }
        }
        Ok(kept)
    }
}

/// The `fmt ` chunk, checked.
struct Format {
    samples: Samples,
    rate: u32,
    channels: u16,
}

impl Format {
    /// WAVE_FORMAT_EXTENSIBLE: the coding is told by the first two bytes of a GUID.
    const EXTENSIBLE: u16 = 0xFFFE;

    fn read<F: Read + Seek>(scan: &mut Scan<'_, F>, chunk: &Chunk) -> Result<Self, WavError> {
        let head = scan.content::<16>(chunk)?;
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let (mut tag, channels, bits) = (short(0), short(2), short(14));
        if tag == Self::EXTENSIBLE {
            let head = scan.content::<26>(chunk)?;
            tag = u16::from_le_bytes([head[24], head[25]]);
        }
        let rate = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
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
        };
        if u64::from(short(12)) != format.frame_bytes() {
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
