//! What the user reads when a file is done.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use limpid_engine::network::Model;

use crate::wav::Layout;

/// What was made of what, in which time.
pub struct Summary<'a> {
    /// The file that was written.
    pub output: &'a Path,
    /// What it is.
    pub layout: &'a Layout,
    /// The model that was used.
    pub model: &'a Model,
    /// Samples that the enhancer answers late, and that were taken out again.
    pub latency: usize,
    /// Samples that had to be clipped.
    pub clipped: u64,
    /// From the first sample read to the last written.
    pub took: Duration,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layout, contract) = (self.layout, self.model.contract());
        let (seconds, took) = (layout.seconds(), self.took.as_secs_f64());
        let channels = match layout.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            more => format!("{more} channels"),
        };
        let kind = if layout.samples.is_float() {
            " float"
        } else {
            ""
        };
        writeln!(f, "{}", self.output.display())?;
        writeln!(
            f,
            "  {seconds:.2} s, {} Hz, {channels}, {} bit{kind}, by {} {}",
            layout.rate,
            layout.samples.bits(),
            contract.name,
            contract.version,
        )?;
        write!(
            f,
            "  in {took:.2} s: real-time factor {:.4}; latency of {} samples ({:.1} ms) taken out",
            took / seconds,
            self.latency,
            self.latency as f64 * 1000.0 / f64::from(layout.rate),
        )?;
        match self.clipped {
            0 => Ok(()),
            1 => write!(f, "\n  1 sample was too loud for the file and was clipped"),
            n => write!(
                f,
                "\n  {n} samples were too loud for the file and were clipped"
            ),
        }
    }
}
