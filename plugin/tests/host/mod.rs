//! Hosts in the test's own process, one for each format, and the engine to compare with.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_macros,
    reason = "each test binary uses its own part"
)]

mod bundle;
mod clap;
#[cfg(target_os = "linux")]
pub mod desk;
#[cfg(target_os = "linux")]
mod footprint;
#[cfg(target_os = "linux")]
pub mod other_runtime;
mod play;
mod reference;
#[cfg(target_os = "linux")]
pub mod screen;
#[cfg(target_os = "linux")]
mod vst3;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use self::clap::Clap;
#[cfg(target_os = "linux")]
pub use self::vst3::Vst3;
pub use bundle::{Bundle, Format, fixture, runtime};
#[cfg(target_os = "linux")]
pub use footprint::Footprint;
pub use play::{ALL_SILENT, Change, NOTHING_CHANGED, OPEN, Play, at_start, blocks, random_blocks};
pub use reference::{enhanced, error_db, impulse, noise, speech};

/// Makes tests of checks, one in each host: `clap::check` and, on Linux, `vst3::check`.
macro_rules! in_both_hosts {
    ($($check:ident),* $(,)?) => {
        mod clap {
            $(#[test] fn $check() { super::$check::<crate::host::Clap>(); })*
        }
        #[cfg(target_os = "linux")]
        mod vst3 {
            $(#[test] fn $check() { super::$check::<crate::host::Vst3>(); })*
        }
    };
}
pub(crate) use in_both_hosts;

/// One instance of the plugin in a host. What a check asks for is asked in the format's own way.
pub trait Host: Sized {
    /// The plugin's library, loaded.
    type Library;
    const FORMAT: Format;

    fn load(plugin: &Path) -> Self::Library;
    /// An instance that is active and plays as told.
    fn new(library: &Self::Library, play: Play) -> Self;
    fn play(&self) -> Play;
    fn activate(&mut self);
    fn deactivate(&mut self);
    /// As a host does it when the plugin asks for it or the user changes something.
    fn reactivate(&mut self, play: Play);
    /// Everything under way is to be forgotten.
    fn reset(&mut self);
    /// Where the transport stands from the next block on, in samples.
    fn seek(&mut self, position: i64);

    fn latency(&mut self) -> usize;
    fn tail(&mut self) -> usize;
    /// How often the plugin has asked for an activation since the last call.
    fn restarts(&mut self) -> usize;

    fn save(&mut self) -> Vec<u8>;
    /// Whether the plugin takes the state.
    fn restore(&mut self, saved: &[u8]) -> bool;
    /// A state as the format has it, of its JSON.
    fn packed(json: &str) -> Vec<u8>;
    /// The JSON of a state.
    fn unpacked(saved: &[u8]) -> &[u8];

    /// Names of all parameters, in order.
    fn parameters(&mut self) -> Vec<String>;
    /// Their numbers, in the same order, and whether each may be automated.
    fn numbers(&mut self) -> Vec<(u32, bool)>;
    /// Values are 0 to 1 for faders, whole steps for the rest.
    fn value(&mut self, name: &str) -> f64;
    fn text(&mut self, name: &str, value: f64) -> String;
    fn parse(&mut self, name: &str, text: &str) -> Option<f64>;
    /// The parameter that the host's own bypass button moves.
    fn bypass(&mut self) -> Option<String>;

    /// What the host's main thread does between blocks.
    fn idle(&mut self);
    /// Opens the window inside an X11 window; gives its size in pixels.
    fn open_window(&mut self, parent: u32) -> (u32, u32);
    /// Gives the open window another size in pixels; gives the one that it took.
    fn resize_window(&mut self, width: u32, height: u32) -> (u32, u32);
    /// The size that the plugin has asked for since the last call.
    fn wanted_size(&mut self) -> Option<(u32, u32)>;
    fn close_window(&mut self);

    /// Plays noise at its pace on a thread as a host's audio thread is one, which first calls `begin`. From
    /// then on the host's side neither allocates nor calls the system. `meanwhile` is called by the main
    /// thread again and again. Gives back when the script is played and `meanwhile` has given true; the
    /// thread goes with the process, as does the instance.
    fn play_on_a_thread(
        self,
        script: &Script,
        begin: impl FnOnce() + Send + 'static,
        meanwhile: impl FnMut(&mut Self) -> bool,
    );

    /// Plays one block (a channel each).
    fn block(&mut self, input: Vec<Vec<f32>>, changes: &[Change]) -> Vec<Vec<f32>>;

    /// An instance out of the bundle that all tests of a process share.
    fn shared(play: Play) -> Self {
        let bundle = Bundle::shared(Self::FORMAT);
        Self::new(&Self::load(&bundle.plugin), play)
    }

    fn restore_json(&mut self, json: &str) -> bool {
        self.restore(&Self::packed(json))
    }

    fn json(&mut self) -> serde_json::Value {
        serde_json::from_slice(Self::unpacked(&self.save())).expect("JSON")
    }

    /// Plays `input` (a channel each) in blocks of the lengths that `blocks` gives, with parameters
    /// changing on the way.
    fn run(
        &mut self,
        input: &[Vec<f32>],
        changes: &[Change],
        mut blocks: impl FnMut() -> usize,
    ) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let play = self.play();
        let mut output = vec![Vec::with_capacity(length); play.channels.1];
        let mut done = 0;
        while done < length {
            let count = blocks().clamp(1, play.longest).min(length - done);
            let within = |change: &&Change| (done..done + count).contains(&change.at);
            let moved = |change: &Change| Change {
                at: change.at - done,
                ..*change
            };
            let changes: Vec<Change> = changes.iter().filter(within).map(moved).collect();
            let block = input.iter().map(|c| c[done..done + count].to_vec());
            let played = self.block(block.collect(), &changes);
            for (all, part) in output.iter_mut().zip(played) {
                all.extend(part);
            }
            done += count;
        }
        output
    }
}

/// What happens in which block.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Blocks at least.
    pub blocks: usize,
    pub changes: Vec<(usize, Change)>,
    /// Blocks before which the plugin is reset.
    pub resets: Vec<usize>,
}

static MAIN_IS_DONE: AtomicBool = AtomicBool::new(false);
static ALL_IS_PLAYED: AtomicBool = AtomicBool::new(false);

/// Calls `block` with the number of each block, no sooner than its length after the call before, and
/// without asking the system for a rest. What was late is not caught up with: that would be a burst, in
/// which the plugin may wait.
fn at_pace(play: Play, least: usize, mut block: impl FnMut(usize)) {
    let length = Duration::from_secs_f64(play.longest as f64 / f64::from(play.rate));
    for number in 0.. {
        if number >= least && MAIN_IS_DONE.load(Ordering::Acquire) {
            return;
        }
        let begun = Instant::now();
        block(number);
        while begun.elapsed() < length {
            std::hint::spin_loop();
        }
    }
}

/// Runs `play` on a thread, up to its end but not beyond: not even the thread's end calls the system.
fn on_a_thread_for_ever(play: impl FnOnce() + Send + 'static, mut meanwhile: impl FnMut() -> bool) {
    std::thread::spawn(|| {
        play();
        ALL_IS_PLAYED.store(true, Ordering::Release);
        loop {
            std::hint::spin_loop();
        }
    });
    while !ALL_IS_PLAYED.load(Ordering::Acquire) {
        if !MAIN_IS_DONE.load(Ordering::Acquire) && meanwhile() {
            MAIN_IS_DONE.store(true, Ordering::Release);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
