//! Analysis and synthesis by overlapping frames, at any sample rate.
//!
//! A frame lasts the same *time* at every rate, so bin `k` lies at `k / window_ms` kHz at 8, 44.1,
//! 48 or 192 kHz alike and one network serves them all without a resampler. Only the hop is
//! rounded to samples ([`FrameSpec::sizes`]); the two windows are whole multiples of it.
//!
//! With an all-pass network the output is the input [`FrameSizes::latency`] samples later, better
//! than -100 dB (`cargo run -p limpid-engine --example reconstruction` prints the figures a rate).
//!
//! | type | does |
//! |---|---|
//! | [`FrameSpec`] | durations, as a model states them |
//! | [`FrameSizes`] | the same in samples at one rate |
//! | [`Analyser`] | one channel: a hop in, the spectrum of the newest frame out |
//! | [`Synthesiser`] | one channel: a spectrum in, a hop out |
//!
//! A spectrum is a slice of `2 * bins` values: all real parts, then all imaginary parts.

mod analyser;
mod synthesiser;
mod windows;

pub use analyser::Analyser;
pub use synthesiser::Synthesiser;

/// Sample rates in Hz that a frame can be made for.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Longest window in milliseconds; more would be a delay that nobody talks through.
const MAX_WINDOW_MS: f64 = 500.0;

/// How far a ratio of durations may lie from a whole number: room for decimal fractions in text.
const WHOLE: f64 = 1e-6;

/// Durations that a spectral model was made for, in milliseconds. The same at every sample rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameSpec {
    /// Length of the analysis window.
    pub window_ms: f64,
    /// Advance from one frame to the next.
    pub hop_ms: f64,
    /// Length of the synthesis window, at most `window_ms`.
    pub synthesis_ms: f64,
}

/// A [`FrameSpec`] in samples at one rate. Only [`FrameSpec::sizes`] makes one, so
/// `2 * hop <= synthesis <= analysis` holds and both windows are whole multiples of `hop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameSizes {
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Samples that a frame sees.
    pub analysis: usize,
    /// Samples that a frame gives.
    pub synthesis: usize,
}

impl FrameSizes {
    /// Samples from input to output when a hop goes in and a hop comes out.
    #[must_use]
    pub fn latency(&self) -> usize {
        self.synthesis - self.hop
    }

    /// Bins of a spectrum, from 0 Hz up to the Nyquist frequency.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.analysis / 2 + 1
    }
}

impl FrameSpec {
    /// Tells whether frames can be made of these durations, at whatever rate.
    ///
    /// # Errors
    /// Each but [`FrameError::Rate`] and [`FrameError::Length`].
    pub fn check(&self) -> Result<(), FrameError> {
        self.in_hops().map(|_| ())
    }

    /// Samples at `sample_rate` (Hz): the hop is rounded to the nearest sample, halves up, and the
    /// windows are as many hops as in the specification.
    ///
    /// # Errors
    /// When the rate lies outside [`RATES`], or [`FrameSpec::check`] fails.
    pub fn sizes(&self, sample_rate: u32) -> Result<FrameSizes, FrameError> {
        check_rate(sample_rate)?;
        let (analysis, synthesis) = self.in_hops()?;
        // Not `round`: Python's rounds halves to even, and both sides must give the same length.
        let hop = (f64::from(sample_rate) * self.hop_ms / 1000.0 + 0.5).floor() as usize;
        if hop == 0 {
            return Err(FrameError::Duration {
                what: "hop",
                ms: self.hop_ms,
            });
        }
        Ok(FrameSizes {
            hop,
            analysis: analysis * hop,
            synthesis: synthesis * hop,
        })
    }

    /// Both windows counted in hops.
    fn in_hops(&self) -> Result<(usize, usize), FrameError> {
        let durations = [
            ("window", self.window_ms),
            ("hop", self.hop_ms),
            ("synthesis", self.synthesis_ms),
        ];
        for (what, ms) in durations {
            if !(ms > 0.0 && ms <= MAX_WINDOW_MS) {
                return Err(FrameError::Duration { what, ms });
            }
        }
        let whole = |what, ms: f64| {
            let ratio = ms / self.hop_ms;
            if (ratio - ratio.round()).abs() > WHOLE {
                return Err(FrameError::NotWholeHops {
                    what,
                    ms,
                    hop_ms: self.hop_ms,
                });
            }
            Ok(ratio.round() as usize)
        };
        let analysis = whole("window", self.window_ms)?;
        let synthesis = whole("synthesis", self.synthesis_ms)?;
        if synthesis < 2 {
            return Err(FrameError::NoOverlap {
                ms: self.synthesis_ms,
                hop_ms: self.hop_ms,
            });
        }
        if synthesis > analysis {
            return Err(FrameError::SynthesisLonger {
                synthesis_ms: self.synthesis_ms,
                window_ms: self.window_ms,
            });
        }
        Ok((analysis, synthesis))
    }
}

/// Why frames cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// Hz, outside [`RATES`].
    #[error("a sample rate of {0} Hz is not supported: it must lie between 8000 and 192000 Hz")]
    Rate(u32),
    /// Not a number, not above zero, or beyond half a second.
    #[error(
        "a {what} of {ms} ms is not possible: it must last at least a sample and at most 500 ms"
    )]
    Duration {
        /// Which of the three durations.
        what: &'static str,
        /// Its value.
        ms: f64,
    },
    /// The frames would not line up.
    #[error("a {what} of {ms} ms is not a whole number of hops of {hop_ms} ms: choose a multiple")]
    NotWholeHops {
        /// Which of the windows.
        what: &'static str,
        /// Its duration.
        ms: f64,
        /// The hop.
        hop_ms: f64,
    },
    /// Hann windows add up to one from two hops on.
    #[error(
        "a synthesis of {ms} ms leaves no overlap: it must last at least two hops of {hop_ms} ms"
    )]
    NoOverlap {
        /// Synthesis duration.
        ms: f64,
        /// The hop.
        hop_ms: f64,
    },
    /// A frame cannot give more than it sees.
    #[error(
        "a synthesis of {synthesis_ms} ms is longer than the window of {window_ms} ms: shorten it"
    )]
    SynthesisLonger {
        /// Synthesis duration.
        synthesis_ms: f64,
        /// Window duration.
        window_ms: f64,
    },
    /// A slice of the wrong length was handed in.
    #[error("{what} has {received} values where {expected} are needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Values needed.
        expected: usize,
        /// Values handed in.
        received: usize,
    },
}

/// Refuses a rate (Hz) outside [`RATES`].
pub(crate) fn check_rate(sample_rate: u32) -> Result<(), FrameError> {
    if RATES.contains(&sample_rate) {
        Ok(())
    } else {
        Err(FrameError::Rate(sample_rate))
    }
}

/// Refuses a slice of the wrong length by name.
fn expect_length(what: &'static str, expected: usize, received: usize) -> Result<(), FrameError> {
    if expected == received {
        Ok(())
    } else {
        Err(FrameError::Length {
            what,
            expected,
            received,
        })
    }
}
