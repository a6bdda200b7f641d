//! Writing a WAV file that is another one with other samples.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::source::into_io;
use super::{Layout, Source, WavError};

/// Bytes that the sizes in a plain RIFF header can count.
const MOST: u64 = u32::MAX as u64;

/// A WAV file in the making: the source's chunks, and as many samples as the source has.
#[derive(Debug)]
pub struct Sink<W> {
    file: W,
    layout: Layout,
    bytes: Vec<u8>,
    clipped: u64,
}

impl<W: Write> Sink<W> {
    /// Writes everything that stands ahead of the samples.
    ///
    /// # Errors
    /// [`WavError::TooLong`] when the form cannot count so many bytes, else what the system says.
    pub fn begin(mut file: W, source: &mut Source) -> Result<Self, WavError> {
        let layout = source.layout().clone();
        let resume = source.file.stream_position()?;
        file.write_all(&header(&layout)?)?;
        for range in &layout.before {
            match layout.long_sizes.filter(|at| range.contains(at)) {
                Some(at) => {
                    copy(source, &(range.start..at), &mut file)?;
                    file.write_all(&form_size(&layout).to_le_bytes())?;
                    file.write_all(&data_bytes(&layout).to_le_bytes())?;
                    copy(source, &(at + 16..range.end), &mut file)?;
                }
                None => copy(source, range, &mut file)?,
            }
        }
        let data = data_bytes(&layout);
        file.write_all(b"data")?;
        file.write_all(&short_size(&layout, data).to_le_bytes())?;
        source.file.seek(SeekFrom::Start(resume))?;
        Ok(Self {
            file,
            layout,
            bytes: Vec::new(),
            clipped: 0,
        })
    }

    /// What the file is.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Appends frames from `planar` (channel after channel, each `planar.len() / channels` long):
    /// those of `frames` alone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> io::Result<()> {
        let length = planar.len() / self.layout.channels;
        self.bytes.clear();
        for frame in frames {
            for channel in planar.chunks_exact(length) {
                let clipped = self.layout.samples.encode(channel[frame], &mut self.bytes);
                self.clipped += u64::from(clipped.map_err(into_io)?);
            }
        }
        self.file.write_all(&self.bytes)
    }

    /// Writes what stands behind the samples, and flushes. Returns how many samples had to
    /// be clipped.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(mut self, source: &mut Source) -> Result<u64, WavError> {
        if data_bytes(&self.layout) % 2 == 1 {
            self.file.write_all(&[0])?;
        }
        for range in &self.layout.after {
            copy(source, range, &mut self.file)?;
            if (range.end - range.start) % 2 == 1 {
                self.file.write_all(&[0])?;
            }
        }
        self.file.flush()?;
        Ok(self.clipped)
    }
}

fn header(layout: &Layout) -> Result<Vec<u8>, WavError> {
    let size = form_size(layout);
    if layout.long_sizes.is_none() && size > MOST {
        return Err(WavError::TooLong);
    }
    let mut header = layout.form.to_vec();
    header.extend(short_size(layout, size).to_le_bytes());
    header.extend(b"WAVE");
    Ok(header)
}

/// Bytes behind the form's own size.
fn form_size(layout: &Layout) -> u64 {
    let chunks = layout.before.iter().chain(&layout.after);
    let chunks: u64 = chunks.map(|r| (r.end - r.start).next_multiple_of(2)).sum();
    4 + chunks + 8 + data_bytes(layout).next_multiple_of(2)
}

fn data_bytes(layout: &Layout) -> u64 {
    layout.data.end - layout.data.start
}

/// A size in 32 bits; where `ds64` tells the sizes, the place holder that points there.
fn short_size(layout: &Layout, size: u64) -> u32 {
    if layout.long_sizes.is_some() {
        u32::MAX
    } else {
        u32::try_from(size).unwrap_or(u32::MAX)
    }
}

fn copy<W: Write>(source: &mut Source, range: &Range<u64>, to: &mut W) -> io::Result<()> {
    source.file.seek(SeekFrom::Start(range.start))?;
    let wanted = range.end - range.start;
    let copied = io::copy(&mut source.file.by_ref().take(wanted), to)?;
    if copied == wanted {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
