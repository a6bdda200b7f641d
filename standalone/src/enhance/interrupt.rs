//! Ctrl-C, and the system's requests to end: noticed between two steps, so that everything is put away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// Whether somebody wants the program to end.
#[derive(Debug, Clone)]
pub struct Interrupt {
    raised: Arc<AtomicBool>,
}

impl Interrupt {
    /// Begins to watch. Where the system does not allow that, Ctrl-C ends the program at once and may
    /// leave the unfinished file, which has a name of its own.
    pub fn watch() -> Self {
        let raised = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&raised);
        // The only failure that can be met is a handler of somebody else, and there is none here.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        Self { raised }
    }

    /// Fails when somebody wants the program to end.
    pub fn check(&self) -> Result<(), Failure> {
        if self.raised.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        Ok(())
    }
}
