//! Printing that does not panic when nobody reads any more (`limpid models list | head -1`).

use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// Prints `text` and a line end on stdout. A reader that has gone has seen enough.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::Print(e)),
        _ => Ok(()),
    }
}

/// Prints `text` and a line end on stderr. Where that goes nowhere there is nobody to tell, and the work goes on.
pub fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
