//! A thread's place among those of the system: what a shell may give to
//! [`Setup::prepare`](crate::realtime::Setup::prepare).

use thread_priority::{Error, ThreadPriority};

/// Asks the system to prefer the calling thread to ordinary ones: on Unix by `SCHED_FIFO` at its lowest
/// priority, which is below every audio thread that a host or server may have (those of JACK's clients
/// have 5); elsewhere by the highest of the ordinary ones.
///
/// # Errors
/// The system's reason. Nothing has changed then.
pub fn prefer() -> Result<(), String> {
    place().map_err(|error| match error {
        Error::OS(code) => std::io::Error::from_raw_os_error(code).to_string(),
        other => other.to_string(),
    })
}

#[cfg(unix)]
fn place() -> Result<(), Error> {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Min,
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
}

#[cfg(not(unix))]
fn place() -> Result<(), Error> {
    ThreadPriority::Max.set_for_current()
}
