//! Reading a WAV file from its first sample to its last, in constant memory.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{Layout, WavError};

/// A WAV file open for reading, at the next frame to be read. It is never written to.
#[derive(Debug)]
pub struct Source {
    pub(super) file: BufReader<File>,
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
        planar.fill(0.0);
        let (samples, width) = (self.layout.samples, self.layout.samples.bytes());
        for (frame, bytes) in self
            .bytes
            .chunks_exact(self.layout.frame_bytes())
            .enumerate()
        {
            for (channel, bytes) in bytes.chunks_exact(width).enumerate() {
                let sample = samples.decode(bytes).map_err(into_io)?;
                planar[channel * wanted + frame] = sample;
            }
        }
        Ok(frames)
    }
}

/// `hound` has errors of its own for what cannot happen here: the coding was checked.
pub(super) fn into_io(error: hound::Error) -> std::io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => std::io::Error::other(other),
    }
}
