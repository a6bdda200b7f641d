//! A recording in memory.

use std::path::Path;

use crate::failure::Failure;

/// One channel of sound.
#[derive(Debug)]
pub struct Sound {
    /// Samples a second, Hz.
    pub rate: u32,
    /// Samples, full scale at 1.
    pub samples: Vec<f64>,
}

impl Sound {
    /// Reads a 16-bit WAV file of one channel: what the demo recordings are.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Sound {
            path: path.to_owned(),
            source,
        };
        let mut reader = hound::WavReader::open(path).map_err(failed)?;
        if reader.spec().channels != 1 {
            return Err(failed(hound::Error::FormatError(
                "the demo takes one channel",
            )));
        }
        let samples = reader.samples::<i16>();
        let samples: Result<Vec<f64>, _> =
            samples.map(|s| s.map(|s| f64::from(s) / 32768.0)).collect();
        Ok(Self {
            rate: reader.spec().sample_rate,
            samples: samples.map_err(failed)?,
        })
    }

    /// Duration.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }
}
