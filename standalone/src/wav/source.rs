//! Reading a WAV file from its first sample to its last, in constant memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::{Layout, Samples, WavError};

/// A WAV file open for reading, at the next frame to be read. It is never written to.
#[derive(Debug)]
pub struct Source {
    file: BufReader<File>,
    layout: Layout,
    /// Frames still to be read.
    left: u64,
    bytes: Vec<u8>,
}

impl Source {
    /// Opens `path` and finds its samples.
    ///
    /// # Errors
    /// See [`WavError`].
    pub fn open(path: &Path) -> Result<Self, WavError> {
        let mut file = BufReader::new(File::open(path)?);
        let layout = Layout::read(&mut file)?;
        file.seek(SeekFrom::Start(layout.data.start))?;
        Ok(Self {
            file,
            left: layout.frames(),
            layout,
            bytes: Vec::new(),
        })
    }

    /// What the file is.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Fills `planar` (channel after channel, each `planar.len() / channels` long) with the next
    /// frames, and with zeros behind the last. Returns how many frames there were.
    ///
    /// # Errors
    /// When the system refuses, or the file has become shorter since it was opened.
    pub fn read(&mut self, planar: &mut [f32]) -> Result<usize, WavError> {
        let wanted = planar.len() / self.layout.channels;
        let frames = self.left.min(wanted as u64) as usize;
        self.bytes.resize(frames * self.layout.frame_bytes(), 0);
        self.file.read_exact(&mut self.bytes)?;
        self.left -= frames as u64;
        spread(
            &self.bytes,
            self.layout.samples,
            self.layout.channels,
            planar,
        )?;
        Ok(frames)
    }

    /// Copies bytes of the file; the next frame to be read stays the same.
    ///
    /// # Errors
    /// When the system refuses, or the file has become shorter.
    pub fn copy(&mut self, range: &Range<u64>, to: &mut impl Write) -> io::Result<()> {
        let frame_bytes = self.layout.frame_bytes() as u64;
        let next = self.layout.data.end - self.left * frame_bytes;
        self.file.seek(SeekFrom::Start(range.start))?;
        let wanted = range.end - range.start;
        let copied = io::copy(&mut self.file.by_ref().take(wanted), to)?;
        self.file.seek(SeekFrom::Start(next))?;
        if copied == wanted {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// Whole frames of `bytes` into `planar`, and zeros behind them.
pub fn spread(
    bytes: &[u8],
    samples: Samples,
    channels: usize,
    planar: &mut [f32],
) -> io::Result<()> {
    planar.fill(0.0);
    let (length, width) = (planar.len() / channels, samples.bytes());
    for (frame, bytes) in bytes.chunks_exact(width * channels).enumerate() {
        for (channel, bytes) in bytes.chunks_exact(width).enumerate() {
            planar[channel * length + frame] = samples.decode(bytes).map_err(into_io)?;
        }
    }
    Ok(())
}

/// `hound` has errors of its own for what cannot happen here: the coding was checked.
pub(super) fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}
