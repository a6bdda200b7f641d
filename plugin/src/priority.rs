//! The worker's place among the threads of the system.

use std::sync::{Arc, OnceLock};

use thread_priority::{Error, ThreadPriority};

/// Why the system gave no priority; empty when it gave it, or while nobody has asked.
pub(crate) type Refused = Arc<OnceLock<String>>;

/// Asks once, for the thread that calls. A refusal changes nothing but that it is told.
pub(crate) fn ask(refused: &Refused) {
    if let Err(error) = prefer() {
        let reason = match error {
            Error::OS(code) => std::io::Error::from_raw_os_error(code).to_string(),
            other => other.to_string(),
        };
        // Nobody else has asked for this thread.
        let _ = refused.set(reason);
    }
}

#[cfg(unix)]
fn prefer() -> Result<(), Error> {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    // The lowest of the real-time priorities is above all ordinary threads, and below every audio
    // thread that a host may have: those of JACK's clients have 5.
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Min,
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
}

#[cfg(not(unix))]
fn prefer() -> Result<(), Error> {
    ThreadPriority::Max.set_for_current()
}
