//! The worker's place among the threads of the system.
//!
//! It asks for the lowest real-time priority: of the desktop's rtkit where there is one, as that needs no
//! rights of the user's own, else of the system itself. A thread that rtkit has promoted may compute for
//! a fifth of a second without a pause, then the kernel ends the program. The worker sleeps after each
//! hop, or after a few that it catches up with, so it comes near that only on a machine that stood still; the kernel's
//! warning, halfway there, then makes it pause ([`paused_at_need`]).

#[cfg(target_os = "linux")]
mod leash;
#[cfg(target_os = "linux")]
mod rtkit;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use limpid_engine::network::Network;

/// What helps where the system refuses.
pub const ADVICE: &str = "install rtkit, or allow your user real-time priority \
    (a line \"@audio - rtprio 20\" in /etc/security/limits.d, and your user in the group audio)";

/// How a worker stands with the system.
#[derive(Debug, Default)]
pub struct Standing {
    /// How it was answered; empty while nobody has asked.
    answer: OnceLock<Result<(), String>>,
    /// It had to pause, so as not to be ended.
    paused: AtomicBool,
    /// How long the next hop takes longer, in ms: for tests of what is too slow.
    #[cfg(test)]
    pub held_up: std::sync::atomic::AtomicU64,
}

impl Standing {
    /// Why the worker has no priority over other programs.
    pub fn refusal(&self) -> Option<&str> {
        self.answer.get()?.as_ref().err().map(String::as_str)
    }

    /// Whether the worker has had to pause since the last call.
    pub fn take_pause(&self) -> bool {
        self.paused.swap(false, Ordering::Relaxed)
    }
}

/// Asks once, for the thread that calls; a refusal changes nothing but that it is told.
pub fn ask(standing: &Standing) {
    // Nobody else has asked for this thread.
    let _ = standing.answer.set(prefer());
}

#[cfg(target_os = "linux")]
fn prefer() -> Result<(), String> {
    let Err(desktop) = rtkit::promote() else {
        return Ok(());
    };
    limpid_engine::priority::prefer().map_err(|own| format!("{own}; rtkit: {desktop}"))
}

#[cfg(not(target_os = "linux"))]
fn prefer() -> Result<(), String> {
    limpid_engine::priority::prefer()
}

/// A network whose thread pauses when the kernel warns that it computes for too long.
#[cfg(target_os = "linux")]
pub fn paused_at_need(network: Box<dyn Network>, standing: &Arc<Standing>) -> Box<dyn Network> {
    Box::new(leash::Leashed::new(network, Arc::clone(standing)))
}

/// There is no such warning here.
#[cfg(not(target_os = "linux"))]
pub fn paused_at_need(network: Box<dyn Network>, _: &Arc<Standing>) -> Box<dyn Network> {
    network
}
