//! Two WAV files that are written side by side.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

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
        let begin = |file: File, path: &PathBuf| {
            let refused = |source| RecordError::Write {
                path: path.clone(),
                source,
            };
            // Not every file can be made shorter: /dev/null has no length.
            if file.metadata().is_ok_and(|there| there.len() > 0) {
                file.set_len(0).map_err(refused)?;
            }
            let mut writer =
                WavWriter::new(BufWriter::new(file), spec).map_err(|e| refused(into_io(e)))?;
            writer.flush().map_err(|e| refused(into_io(e)))?;
            Ok(writer)
        };
        let (noisy, voice) = open_both(&paths)?;
        Ok(Self {
            noisy: begin(noisy, &paths.noisy)?,
            voice: begin(voice, &paths.voice)?,
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

/// Opens both files, or leaves everything as it was.
fn open_both(paths: &Paths) -> Result<(File, File), RecordError> {
    let open = |path: &Path| {
        // What is there goes once there are both.
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(path);
        file.map_err(|source| RecordError::Write {
            path: path.to_owned(),
            source,
        })
    };
    let was_there = paths.noisy.exists();
    let noisy = open(&paths.noisy)?;
    let voice = open(&paths.voice).and_then(|voice| {
        // Links, or names that differ in case, where that does not matter.
        match same_file::is_same_file(&paths.noisy, &paths.voice) {
            Ok(true) => Err(RecordError::Same(paths.clone())),
            _ => Ok(voice),
        }
    });
    match voice {
        Ok(voice) => Ok((noisy, voice)),
        Err(error) => {
            drop(noisy);
            if !was_there {
                // It is empty; where it cannot be removed, that is all there is to it.
                let _ = std::fs::remove_file(&paths.noisy);
            }
            Err(error)
        }
    }
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
