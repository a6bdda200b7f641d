//! Writing a WAV file, into a file or into a pipe.
//!
//! Where the number of frames is known, the header is right from the start. Where it is not, a file gets
//! its sizes when it is finished, with room kept for the sizes of one beyond 4 GiB (EBU Tech 3306:
//! a `JUNK` chunk that becomes `ds64`); into a pipe goes the size that stands for "to the end".

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

use super::layout::{Kept, OPEN_SIZE, Piece};
use super::source::into_io;
use super::{Samples, Source, WavError};

/// Bytes that the sizes in a plain RIFF header can count.
const MOST: u64 = u32::MAX as u64;
/// Bytes of the content of `ds64` without a table.
const LONG_SIZES: usize = 28;

/// What is written round the samples.
#[derive(Debug)]
pub struct Shape {
    /// `RF64` or `BW64` where that is wanted whatever the length.
    pub form: Option<[u8; 4]>,
    /// How samples are stored.
    pub samples: Samples,
    /// How many channels.
    pub channels: usize,
    /// How many frames will come, where that is known for certain.
    pub frames: Option<u64>,
    /// Chunks ahead of the samples, the format among them.
    pub before: Vec<Kept>,
    /// Chunks behind the samples.
    pub after: Vec<Kept>,
}

/// Where a WAV file goes: what can be written, and perhaps gone back in.
pub trait Out: Write + Seek {
    /// Whether one can go back.
    fn can_seek(&self) -> bool;
}

/// A WAV file in the making.
#[derive(Debug)]
pub struct Sink<W> {
    out: W,
    shape: Shape,
    /// Where the size of the samples stands.
    data_size_at: u64,
    /// Bytes of samples written.
    data: u64,
    bytes: Vec<u8>,
}

impl<W: Out> Sink<W> {
    /// Writes everything that stands ahead of the samples. `origin` has the chunks to be copied.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(
        mut out: W,
        shape: Shape,
        mut origin: Option<&mut Source>,
    ) -> Result<Self, WavError> {
        let frame_bytes = (shape.samples.bytes() * shape.channels) as u64;
        let data = shape.frames.map(|frames| frames * frame_bytes);
        let plain = data.map(|data| riff_size(&shape, data, false));
        let is_long = shape.form.is_some() || plain.is_some_and(|size| size > MOST);
        let keeps_room = plain.is_none() && !is_long && out.can_seek();
        let mut head = Vec::new();
        if is_long {
            head.extend(shape.form.unwrap_or(*b"RF64"));
        } else {
            head.extend(b"RIFF");
        }
        let small = |size: Option<u64>| match size {
            Some(size) if !is_long => u32::try_from(size).unwrap_or(OPEN_SIZE),
            _ => OPEN_SIZE,
        };
        head.extend(small(plain).to_le_bytes());
        head.extend(b"WAVE");
        if is_long {
            let data = data.unwrap_or(0);
            head.extend(long_sizes(riff_size(&shape, data, true), data, frame_bytes));
        } else if keeps_room {
            head.extend(b"JUNK");
            head.extend((LONG_SIZES as u32).to_le_bytes());
            head.extend([0; LONG_SIZES]);
        }
        out.write_all(&head)?;
        let mut at = head.len() as u64;
        for kept in &shape.before {
            put(&mut out, &kept.whole, origin.as_deref_mut())?;
            at += kept.whole.length();
        }
        out.write_all(b"data")?;
        out.write_all(&small(data).to_le_bytes())?;
        Ok(Self {
            out,
            shape,
            data_size_at: at + 4,
            data: 0,
            bytes: Vec::new(),
        })
    }

    /// Appends frames from `planar` (channel after channel, each `planar.len() / channels` long):
    /// those of `frames` alone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> io::Result<()> {
        self.bytes.clear();
        gather(planar, self.shape.channels, frames, |sample| {
            self.shape.samples.encode(sample, &mut self.bytes)
        })
        .map_err(into_io)?;
        self.data += self.bytes.len() as u64;
        self.out.write_all(&self.bytes)?;
        if !self.out.can_seek() {
            // Whoever listens at the other end of a pipe waits for this.
            self.out.flush()?;
        }
        Ok(())
    }

    /// Writes what stands behind the samples (`late`: chunks that were not known at the beginning, which
    /// only a file can take), fills in the sizes, and flushes.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(
        mut self,
        mut origin: Option<&mut Source>,
        late: Vec<Kept>,
    ) -> Result<(), WavError> {
        if self.data % 2 == 1 {
            self.out.write_all(&[0])?;
        }
        let can_seek = self.out.can_seek();
        let has_late = can_seek && !late.is_empty();
        if can_seek {
            self.shape.after.extend(late);
        }
        for kept in &self.shape.after {
            put(&mut self.out, &kept.whole, origin.as_deref_mut())?;
        }
        let frame_bytes = (self.shape.samples.bytes() * self.shape.channels) as u64;
        let promised = self.shape.frames.map(|frames| frames * frame_bytes);
        if can_seek && (promised != Some(self.data) || has_late) {
            self.fill_in(promised, frame_bytes)?;
        }
        self.out.flush()?;
        Ok(())
    }

    /// The sizes, now that they are known.
    fn fill_in(&mut self, promised: Option<u64>, frame_bytes: u64) -> Result<(), WavError> {
        let was_long = self.shape.form.is_some()
            || promised.is_some_and(|data| riff_size(&self.shape, data, false) > MOST);
        let has_room = was_long || promised.is_none();
        let size = riff_size(&self.shape, self.data, has_room);
        if !was_long && size <= MOST {
            self.out.seek(SeekFrom::Start(4))?;
            self.out.write_all(&(size as u32).to_le_bytes())?;
            self.out.seek(SeekFrom::Start(self.data_size_at))?;
            self.out.write_all(&(self.data as u32).to_le_bytes())?;
        } else if has_room {
            self.out.seek(SeekFrom::Start(0))?;
            self.out.write_all(&self.shape.form.unwrap_or(*b"RF64"))?;
            self.out.write_all(&OPEN_SIZE.to_le_bytes())?;
            self.out.write_all(b"WAVE")?;
            self.out
                .write_all(&long_sizes(size, self.data, frame_bytes))?;
            self.out.seek(SeekFrom::Start(self.data_size_at))?;
            self.out.write_all(&OPEN_SIZE.to_le_bytes())?;
        } else {
            return Err(WavError::TooLong);
        }
        self.out.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

/// Hands the samples of `frames` over, frame by frame.
pub fn gather<E>(
    planar: &[f32],
    channels: usize,
    frames: Range<usize>,
    mut take: impl FnMut(f32) -> Result<(), E>,
) -> Result<(), E> {
    let length = planar.len() / channels;
    for frame in frames {
        for channel in planar.chunks_exact(length) {
            take(channel[frame])?;
        }
    }
    Ok(())
}

/// Bytes behind the form's own size, with or without the place for long sizes.
fn riff_size(shape: &Shape, data: u64, with_long: bool) -> u64 {
    let chunks = shape.before.iter().chain(&shape.after);
    let chunks: u64 = chunks.map(|kept| kept.whole.length()).sum();
    let long = if with_long { 8 + LONG_SIZES as u64 } else { 0 };
    4 + long + chunks + 8 + data.next_multiple_of(2)
}

/// The chunk `ds64`: sizes of the file and of its samples, frames, no table.
fn long_sizes(riff: u64, data: u64, frame_bytes: u64) -> Vec<u8> {
    let mut chunk = b"ds64".to_vec();
    chunk.extend((LONG_SIZES as u32).to_le_bytes());
    for size in [riff, data, data / frame_bytes] {
        chunk.extend(size.to_le_bytes());
    }
    chunk.extend(0u32.to_le_bytes());
    chunk
}

fn put<W: Write>(out: &mut W, piece: &Piece, origin: Option<&mut Source>) -> io::Result<()> {
    match (piece, origin) {
        (Piece::Bytes(bytes), _) => out.write_all(bytes)?,
        (Piece::Copy(range), Some(origin)) => {
            origin.copy(range, out)?;
            if (range.end - range.start) % 2 == 1 {
                out.write_all(&[0])?;
            }
        }
        (Piece::Copy(_), None) => return Err(io::ErrorKind::NotFound.into()),
    }
    Ok(())
}
