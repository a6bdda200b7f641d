//! What the user reads when a file is done.

use std::fmt::Write;

use super::pass::Done;

/// A file that was asked for alone.
pub fn full(done: &Done) -> String {
    let (layout, contract) = (&done.layout, done.model.contract());
    let (seconds, took) = (layout.seconds(), done.took.as_secs_f64());
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
    let mut text = format!(
        "{}\n  {seconds:.2} s, {} Hz, {channels}, {} bit{kind}, by {} {}\n",
        done.output.display(),
        layout.rate,
        layout.samples.bits(),
        contract.name,
        contract.version,
    );
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "  in {took:.2} s: real-time factor {:.4}; latency of {} samples ({:.1} ms) taken out",
        took / seconds,
        done.latency,
        done.latency as f64 * 1000.0 / f64::from(layout.rate),
    );
    if done.clipped > 0 {
        text += "\n  ";
        text += &clipped(done.clipped);
    }
    text
}

/// A file among others.
pub fn short(done: &Done) -> String {
    let (seconds, took) = (done.layout.seconds(), done.took.as_secs_f64());
    let mut text = format!("{}: {seconds:.2} s in {took:.2} s", done.output.display());
    if done.clipped > 0 {
        text += "; ";
        text += &clipped(done.clipped);
    }
    text
}

fn clipped(samples: u64) -> String {
    match samples {
        1 => "1 sample was too loud for the file and was clipped".to_owned(),
        n => format!("{n} samples were too loud for the file and were clipped"),
    }
}
