//! What the user reads when a file is done.

use std::fmt::Write;
use std::path::PathBuf;

use super::pass::Done;

/// A file that was asked for alone.
pub fn full(done: &Done) -> String {
    let (form, contract) = (&done.form, done.model.contract());
    let (seconds, took) = (done.seconds(), done.took.as_secs_f64());
    let channels = match form.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        more => format!("{more} channels"),
    };
    let kind = if form.samples.is_float() {
        " float"
    } else {
        ""
    };
    let mut text = format!(
        "{}\n  {seconds:.2} s, {} Hz, {channels}, {} bit{kind}, by {} {}\n",
        names(done),
        form.rate,
        form.samples.bits(),
        contract.name,
        contract.version,
    );
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "  in {took:.2} s: real-time factor {:.4}; latency of {} samples ({:.1} ms) taken out",
        took / seconds,
        done.latency,
        done.latency as f64 * 1000.0 / f64::from(form.rate),
    );
    for remark in remarks(done) {
        text += "\n  ";
        text += &remark;
    }
    text
}

/// A file among others.
pub fn short(done: &Done) -> String {
    let (seconds, took) = (done.seconds(), done.took.as_secs_f64());
    let mut text = format!("{}: {seconds:.2} s in {took:.2} s", names(done));
    for remark in remarks(done) {
        text += "; ";
        text += &remark;
    }
    text
}

fn names(done: &Done) -> String {
    let shown = |path: &PathBuf| match path.to_str() {
        Some("-") => "standard output".to_owned(),
        _ => path.display().to_string(),
    };
    let names: Vec<String> = done.outputs.iter().map(|(_, path)| shown(path)).collect();
    names.join(", ")
}

/// What else is to be known.
fn remarks(done: &Done) -> Vec<String> {
    let mut remarks = Vec::new();
    if done.clipped > 0 {
        remarks.push(clipped(done.clipped));
    }
    if let Some(raw) = done.headerless {
        remarks.push(format!("samples without a header: --raw {raw} reads them"));
    }
    if done.damaged > 0 {
        remarks.push(format!(
            "{} damaged places of the input are silent",
            done.damaged
        ));
    }
    if !done.lost.is_empty() {
        remarks.push(format!("not kept: {}", done.lost.join(", ")));
    }
    remarks
}

fn clipped(samples: u64) -> String {
    match samples {
        1 => "1 sample was too loud for the file and was clipped".to_owned(),
        n => format!("{n} samples were too loud for the file and were clipped"),
    }
}
