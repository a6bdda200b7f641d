//! The audio thread's half and the worker's half, with a stated latency.
//!
//! A network takes too long for the audio thread, and its time varies. So there are two halves:
//! [`Port`] takes blocks of any length and gives back as many samples at once; [`Worker`] computes
//! hops behind it. Rings of fixed size lie between. What they promise:
//!
//! - **Latency** is [`latency`], a pure function of rate, longest block, model and reserve. The first
//!   sample of an impulse comes out exactly so much later, for every sequence of block lengths, and
//!   within a stream it never changes.
//! - **The audio thread** never locks, allocates, frees or logs in [`Port::process`], and makes one
//!   system call at most: waking the worker. It waits only in [`Mode::Offline`], or when the host runs
//!   ahead of the clock, and then never so long that the host would be late.
//! - **Controls** travel with the samples: they act on the samples of the block that they came with,
//!   so the output does not depend on how the input is cut into blocks, bit for bit.
//! - **A miss** (a hop that is not there in time) is covered by the aligned input at the last hop's
//!   gain, without a step, and counted; the late hop is dropped, so the output stays aligned.
//! - **Digital silence** costs next to nothing: while the worker says that it rests, the port plays zeros
//!   itself and wakes it once in 100 ms, so hops are counted and meters fed that much more rarely. The first
//!   sample that is not zero ends that, and its hop is not late for it.
//! - **A failure** of the network leaves the aligned input, and is told in [`Status::failed`].
//!
//! What they do not do: change the sample rate, load models, or choose a thread priority
//! ([`Setup::prepare`] is the place for that, [`priority`](crate::priority) the way).
//!
//! # Where a sample is
//!
//! Positions count from the start of an *epoch* ([`Port::reset`] begins one). With hop `h`, enhancer
//! latency `o` and delay `d = max(longest block, reserve)`: hop `k` is collected once `(k + 1) h`
//! samples are pushed, and its first sample is due `d` samples after that, at position
//! `(k + 1) h + d`. The enhancer being late by `o`, the input at position `p` is heard at
//! `p + h + o + d`. As `d` is no less than a block, a hop is never due within the call that completes
//! it: the worker always has at least the time between two calls.

mod clock;
mod cover;
mod crossfade;
mod delay;
mod desk;
mod gate;
mod lead;
mod load;
mod packet;
mod pipeline;
mod port;
mod rest;
mod status;
mod swap;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use crate::contract::Kind;
use crate::enhancer::Enhancer;
use crate::meters::Tap;
pub use clock::{Clock, Monotonic};
pub use cover::RETURN_MS;
pub use port::{BYPASS_MS, Mode, Port};
pub use status::{Monitor, Status};
pub use swap::{FADE_MS, Loader, OfferError, Offered, WARMUP_MS};
pub use worker::Worker;

/// Least slack against scheduling unless the user asks for another.
pub const DEFAULT_RESERVE: Duration = Duration::from_millis(5);

/// The reserve for models of a kind, unless the user asks for another.
///
/// Half of the model's hop, at least 5 ms: one that takes the better part of a small block's time for a
/// long hop, and as much for a second channel after it, would be late with every hop.
#[must_use]
pub fn default_reserve(kind: &Kind) -> Duration {
    Duration::from_secs_f64(kind.hop_seconds() / 2.0).max(DEFAULT_RESERVE)
}

/// Most channels of a stream.
const MAX_CHANNELS: usize = 64;
/// Longest block that a host may announce, in samples.
const MAX_BLOCK: usize = 1 << 20;
/// Input that the ring holds for a stalled worker.
const STALL: Duration = Duration::from_millis(500);
/// Headers that the input ring holds: one a hop, and one a change of the controls.
const SEGMENTS: usize = 1024;

/// What a stream is made for.
pub struct Setup {
    /// Hz.
    pub sample_rate: u32,
    /// Channels of every block.
    pub channels: usize,
    /// Samples of the longest block that the host announces.
    pub longest_block: usize,
    /// Least time between a hop collected and its first sample due.
    pub reserve: Duration,
    /// Run first in the worker's thread: the place to ask for a thread priority.
    pub prepare: Option<Box<dyn FnOnce() + Send>>,
    /// Tells a host in real time from one that runs ahead.
    pub clock: Box<dyn Clock>,
    /// Fed with each hop after it has been handed over, if anybody may want to see it.
    pub tap: Option<Tap>,
}

impl Setup {
    /// With the least reserve and the system's clock.
    #[must_use]
    pub fn new(sample_rate: u32, channels: usize, longest_block: usize) -> Self {
        Self {
            sample_rate,
            channels,
            longest_block,
            reserve: DEFAULT_RESERVE,
            prepare: None,
            clock: Box::new(Monotonic::default()),
            tap: None,
        }
    }
}

/// Samples from input to output of a stream, for an enhancer of `hop` samples a hop that is itself
/// late by `overlap` samples (see [`crate::enhancer::latency_of`]).
///
/// `sample_rate` in Hz, `longest_block` in samples; the reserve is rounded up to samples.
#[must_use]
pub fn latency(
    sample_rate: u32,
    longest_block: usize,
    reserve: Duration,
    hop: usize,
    overlap: usize,
) -> usize {
    hop + overlap + longest_block.max(samples(sample_rate, reserve))
}

/// A duration in samples, rounded up.
fn samples(sample_rate: u32, duration: Duration) -> usize {
    let nanoseconds = duration.as_nanos() * u128::from(sample_rate);
    usize::try_from(nanoseconds.div_ceil(1_000_000_000)).unwrap_or(usize::MAX)
}

/// Where hops lie in the output, in samples.
#[derive(Debug, Clone, Copy)]
struct Layout {
    hop: usize,
    /// Latency of the enhancer.
    overlap: usize,
    /// From a hop collected to its first sample due.
    delay: usize,
}

impl Layout {
    fn latency(self) -> usize {
        self.hop + self.overlap + self.delay
    }

    /// Output position of the first sample of hop `index`.
    fn due(self, index: u64) -> u64 {
        (index + 1) * self.hop as u64 + self.delay as u64
    }

    /// The first hop that is not due before or at `position` samples of output.
    fn first_due_after(self, position: u64) -> u64 {
        // Hop k has been asked for when its first sample is among those given out.
        position
            .saturating_sub(self.delay as u64)
            .div_ceil(self.hop as u64)
            .saturating_sub(1)
    }

    /// Hops after a gap whose frames reach over it, or nearly so.
    fn broken(self) -> u64 {
        self.overlap.div_ceil(self.hop) as u64 + 2
    }
}

/// The two halves and the way in for models.
pub struct Stream {
    /// For the audio thread.
    pub port: Port,
    /// To be kept while the port plays.
    pub worker: Worker,
    /// For the thread that loads models.
    pub loader: Loader,
}

/// Why a stream cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Another number of channels than the enhancer has, or more than 64.
    #[error(
        "a stream of {channels} channels cannot run an enhancer of {enhancer}: make both alike, 1 to 64"
    )]
    Channels {
        /// Channels asked for.
        channels: usize,
        /// Channels of the enhancer.
        enhancer: usize,
    },
    /// No block at all, or more than a million samples.
    #[error("a longest block of {0} samples is not possible: it must lie between 1 and 1048576")]
    Block(usize),
    /// Longer than anybody waits.
    #[error("a reserve of {0:?} is not possible: it must be at most one second")]
    Reserve(Duration),
    /// The system gave no thread.
    #[error("the worker's thread could not be started: {0}; close other programs and try again")]
    Thread(#[from] std::io::Error),
}

/// Makes a stream round an enhancer and starts its worker. May allocate and take its time.
///
/// # Errors
/// When the setup does not fit, or there is no thread to be had.
pub fn start(mut setup: Setup, enhancer: Box<Enhancer>) -> Result<Stream, StreamError> {
    check(&setup, &enhancer)?;
    let layout = Layout {
        hop: enhancer.hop(),
        overlap: enhancer.latency(),
        delay: setup
            .longest_block
            .max(samples(setup.sample_rate, setup.reserve)),
    };
    let Layout { hop, delay, .. } = layout;
    let channels = setup.channels;
    let fading = cover::tail_weights(hop, enhancer.tail(0).len());
    let kept = packet::Hop::new(channels, hop, fading.len());
    let shared = Arc::new(status::Shared::new());

    let room = 2 * (setup.longest_block + delay + hop) + samples(setup.sample_rate, STALL);
    let (input_sender, input_receiver) = packet::input_ring(channels, hop, room, SEGMENTS);
    let outstanding = (delay + setup.longest_block) / hop + 4;
    let (hop_sender, hop_receiver) = packet::hop_ring(&kept, outstanding);
    let (players, loader) = swap::players(enhancer, setup.sample_rate, delay, &shared);

    let ends = pipeline::Ends {
        input: input_receiver,
        output: hop_sender,
        shared: Arc::clone(&shared),
        tap: setup.tap.take(),
    };
    let pipeline =
        pipeline::Pipeline::new(&setup, layout, ends, players, kept.clone(), fading.clone());
    let (worker, thread) = worker::spawn("limpid-worker", &shared, setup.prepare.take(), pipeline)?;
    let ends = port::Ends {
        input: input_sender,
        output: hop_receiver,
        shared,
        worker: thread,
    };
    Ok(Stream {
        port: Port::new(setup, layout, ends, kept, fading),
        worker,
        loader,
    })
}

fn check(setup: &Setup, enhancer: &Enhancer) -> Result<(), StreamError> {
    let channels = setup.channels;
    if channels != enhancer.channels() || channels > MAX_CHANNELS {
        return Err(StreamError::Channels {
            channels,
            enhancer: enhancer.channels(),
        });
    }
    if !(1..=MAX_BLOCK).contains(&setup.longest_block) {
        return Err(StreamError::Block(setup.longest_block));
    }
    if setup.reserve > Duration::from_secs(1) {
        return Err(StreamError::Reserve(setup.reserve));
    }
    Ok(())
}
