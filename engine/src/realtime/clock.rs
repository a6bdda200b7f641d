//! Time passed, as far as the port needs it: to tell a host that runs ahead from one in real time.

use std::time::{Duration, Instant};

/// A clock that never goes back. The port reads it once a block and while it waits.
///
/// Tests put clocks here that move by hand.
pub trait Clock: Send {
    /// Time since a fixed moment of the clock's own choice.
    fn now(&self) -> Duration;
}

/// The system's monotonic clock.
#[derive(Debug)]
pub struct Monotonic {
    origin: Instant,
}

impl Default for Monotonic {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}
