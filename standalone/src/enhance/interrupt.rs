//! Ctrl-C, and the system's requests to end: noticed between two steps, so that everything is put away.
//!
//! Some steps may last for ever: the reader of a pipe takes nothing, nobody opens the other end of one, a list
//! does not come. Where no file is half written there is nothing to put away, so the program ends out of such a
//! step as well; a second Ctrl-C ends it whatever is.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::say;

/// How long the work has to notice by itself.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether somebody wants the program to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    raised: AtomicBool,
    /// Files that are half written.
    unfinished: AtomicUsize,
    /// Somebody ends the program: the work itself, or who waits for it here.
    is_ending: AtomicBool,
}

/// While there is one, a file is half written.
#[derive(Debug)]
pub struct Unfinished {
    state: Arc<State>,
}

impl Interrupt {
    /// Begins to watch. Where the system does not allow that, Ctrl-C ends the program at once and may
    /// leave the unfinished file, which has a name of its own.
    pub fn watch() -> Self {
        let interrupt = Self::default();
        let state = Arc::clone(&interrupt.state);
        // The only failure that can be met is a handler of somebody else, and there is none here.
        let _ = ctrlc::set_handler(move || {
            if state.raised.swap(true, Ordering::SeqCst) {
                end();
            }
            let state = Arc::clone(&state);
            // Without a thread the second Ctrl-C is left.
            let _: io::Result<_> = thread::Builder::new()
                .name("interrupted".to_owned())
                .spawn(move || end_where_nothing_is_left(&state));
        });
        interrupt
    }

    /// Fails when somebody wants the program to end.
    pub fn check(&self) -> Result<(), Failure> {
        if self.state.raised.load(Ordering::SeqCst) {
            return Err(Failure::Interrupted);
        }
        Ok(())
    }

    /// The work is at its end and goes on to end the program, which is told once.
    pub fn leave(&self) {
        while self.state.is_ending.swap(true, Ordering::SeqCst) {
            thread::park();
        }
    }

    /// A file is about to be begun.
    ///
    /// # Errors
    /// When somebody wants the program to end.
    pub fn begin(&self) -> Result<Unfinished, Failure> {
        // Told first and asked then, where `watch` does both the other way round: one sees the other.
        self.state.unfinished.fetch_add(1, Ordering::SeqCst);
        let state = Arc::clone(&self.state);
        let begun = Unfinished { state };
        self.check().map(|()| begun)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.state.unfinished.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ends the program as soon as no file is half written, unless the work has ended it before.
fn end_where_nothing_is_left(state: &State) {
    loop {
        thread::sleep(PATIENCE);
        if state.unfinished.load(Ordering::SeqCst) > 0 {
            continue;
        }
        if !state.is_ending.swap(true, Ordering::SeqCst) {
            say::error(&format!("limpid: {}", Failure::Interrupted));
            end();
        }
        return;
    }
}

/// Ends the program out of whatever it is doing: nothing is cleaned up, as other threads are at work.
fn end() -> ! {
    let code = Failure::Interrupted.exit_code();
    #[cfg(target_os = "linux")]
    signal_hook::low_level::exit(code.into());
    #[cfg(not(target_os = "linux"))]
    std::process::exit(code.into());
}
