//! How long a thread with real-time priority may compute without a pause: `RLIMIT_RTTIME`.
//!
//! At its upper limit the kernel ends the program, and rtkit insists on there being one. At the lower
//! limit it sends `SIGXCPU`, which would end the program too if nobody listened.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use limpid_engine::network::{Network, NetworkError};
use rlimit::Resource;
use signal_hook::consts::SIGXCPU;

use super::Standing;

/// Any sleep begins the kernel's count anew.
const PAUSE: Duration = Duration::from_millis(1);

/// Raised by the kernel's warning.
static WARNED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// The lower and the upper limit, in microseconds.
pub(super) type Limits = (u64, u64);

/// Listens to the warning, and sets the limits: the end at `longest` microseconds, the warning at half
/// of them. Gives the limits before.
pub(super) fn put_on(longest: u64) -> io::Result<Limits> {
    if WARNED.get().is_none() {
        let flag = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGXCPU, Arc::clone(&flag))?;
        // Where two workers ask at once, each has a flag that is raised, and one of them is looked at.
        let _ = WARNED.set(flag);
    }
    let before = Resource::RTTIME.get()?;
    // No limit is the largest number.
    let most = before.1.min(longest);
    Resource::RTTIME.set(most / 2, most)?;
    Ok(before)
}

/// Back to the limits before. An ordinary user may not raise the end again: then the warning stays ahead
/// of it, as a thread may have real-time priority otherwise.
pub(super) fn take_off((warning, end): Limits) {
    if Resource::RTTIME.set(warning, end).is_err() {
        warn_halfway();
    }
}

/// The warning at half of the time to the end. The kernel moves it on by a second, beyond the end, each
/// time that it warns.
fn warn_halfway() {
    if let Ok((_, end)) = Resource::RTTIME.get() {
        // Allowed to anybody.
        let _ = Resource::RTTIME.set(end / 2, end);
    }
}

/// A network whose thread pauses at the warning, between two hops.
pub(super) struct Leashed {
    network: Box<dyn Network>,
    standing: Arc<Standing>,
}

impl Leashed {
    pub(super) fn new(network: Box<dyn Network>, standing: Arc<Standing>) -> Self {
        Self { network, standing }
    }
}

impl Network for Leashed {
    fn input_len(&self) -> usize {
        self.network.input_len()
    }

    fn output_len(&self) -> usize {
        self.network.output_len()
    }

    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        if let Some(warned) = WARNED.get()
            && warned.swap(false, Ordering::Relaxed)
        {
            std::thread::sleep(PAUSE);
            warn_halfway();
            self.standing.paused.store(true, Ordering::Relaxed);
        }
        #[cfg(test)]
        {
            let ms = self.standing.held_up.swap(0, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(ms));
        }
        self.network.step(input, output)
    }

    fn reset(&mut self) {
        self.network.reset();
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use super::*;

    /// Answers nothing.
    struct Idle;

    impl Network for Idle {
        fn input_len(&self) -> usize {
            1
        }

        fn output_len(&self) -> usize {
            1
        }

        fn step(&mut self, _: &[f32], _: &mut [f32]) -> Result<(), NetworkError> {
            Ok(())
        }

        fn reset(&mut self) {}
    }

    #[test]
    fn the_kernel_s_warning_makes_the_worker_pause_and_is_given_again() {
        // As high as it may be, for the other tests of this process.
        let before = put_on(u64::MAX / 4).expect("limits");
        let standing = Arc::new(Standing::default());
        let mut network = Leashed::new(Box::new(Idle), Arc::clone(&standing));
        let mut step = || network.step(&[0.0], &mut [0.0]).expect("a step");
        step();
        assert!(!standing.take_pause());
        signal_hook::low_level::raise(SIGXCPU).expect("a signal");
        step();
        assert!(standing.take_pause());
        step();
        assert!(!standing.take_pause());
        let (warning, end) = Resource::RTTIME.get().expect("limits");
        assert_eq!(warning, end / 2);
        take_off(before);
    }
}
