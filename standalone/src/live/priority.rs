//! The worker's place among the threads of the system.

use std::sync::{Arc, OnceLock};

/// How it was answered; empty while nobody has asked.
pub type Answer = Arc<OnceLock<Result<(), String>>>;

/// What helps where the system refuses.
pub const ADVICE: &str = "install rtkit, or allow your user real-time priority \
    (a line \"@audio - rtprio 20\" in /etc/security/limits.d, and your user in the group audio)";

/// Asks once, for the thread that calls; a refusal changes nothing but that it is told.
pub fn ask(answer: &Answer, hop: usize, rate: u32) {
    let asked = prefer(hop, rate);
    // Nobody else has asked for this thread.
    let _ = answer.set(asked);
}

#[cfg(target_os = "linux")]
fn prefer(hop: usize, rate: u32) -> Result<(), String> {
    let frames = u32::try_from(hop).unwrap_or(0);
    // The desktop's way first: it needs no rights of the user's own.
    let desktop = audio_thread_priority::promote_current_thread_to_real_time(frames, rate);
    if desktop.is_ok() {
        return Ok(());
    }
    limpid_engine::priority::prefer()
}

#[cfg(not(target_os = "linux"))]
fn prefer(_: usize, _: u32) -> Result<(), String> {
    limpid_engine::priority::prefer()
}
