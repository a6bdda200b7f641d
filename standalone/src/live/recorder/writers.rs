//! Two WAV files that are written side by side.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::PathBuf;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::RecordError;
use super::series::{Paths, Series};

/// A pair of files that grows.
pub(super) struct Writers {
    noisy: WavWriter<BufWriter<File>>,
    voice: WavWriter<BufWriter<File>>,
    paths: Paths,
    channels: usize,
    /// Frames that there is room for.
    left: u64,
}

impl Writers {
    /// Makes the next pair of a series.
    pub(super) fn open(series: &Series, rate: u32, channels: usize) -> Result<Self, RecordError> {
        let paths = series.next()?;
        let spec = WavSpec {
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            sample_rate: rate,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        let open = |path: &PathBuf| {
            let refused = |source| RecordError::Write {
                path: path.clone(),
                source,
            };
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .open(path)
                .map_err(refused)?;
            let mut writer =
                WavWriter::new(BufWriter::new(file), spec).map_err(|e| refused(into_io(e)))?;
            writer.flush().map_err(|e| refused(into_io(e)))?;
            Ok(writer)
        };
        Ok(Self {
            noisy: open(&paths.noisy)?,
            voice: open(&paths.voice)?,
            paths,
            channels,
            left: series.largest() / (4 * channels as u64),
        })
    }

    /// Takes frames of both, side by side.
    pub(super) fn write(&mut self, beside: &[f32]) -> Result<(), hound::Error> {
        for frame in beside.chunks_exact(2 * self.channels) {
            let (noisy, voice) = frame.split_at(self.channels);
            for &sample in noisy {
                self.noisy.write_sample(sample)?;
            }
            for &sample in voice {
                self.voice.write_sample(sample)?;
            }
            self.left = self.left.saturating_sub(1);
        }
        Ok(())
    }

    /// Brings the headers up to date.
    pub(super) fn flush(&mut self) -> Result<(), hound::Error> {
        self.noisy.flush()?;
        self.voice.flush()
    }

    pub(super) fn paths(&self) -> &Paths {
        &self.paths
    }

    pub(super) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// The next pair, of the same form; this one is whole from here on.
    pub(super) fn follow(self, series: &Series) -> Result<Self, RecordError> {
        let Self {
            noisy,
            voice,
            paths,
            channels,
            ..
        } = self;
        let next = Self::open(series, noisy.spec().sample_rate, channels)?;
        for (writer, path) in [(noisy, &paths.noisy), (voice, &paths.voice)] {
            writer.finalize().map_err(|error| RecordError::Write {
                path: path.clone(),
                source: into_io(error),
            })?;
        }
        Ok(next)
    }
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
