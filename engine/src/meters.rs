//! What a window may show of the sound: levels and band energies of the voice and the background.
//!
//! [`meters`] gives two ends. The [`Tap`] lives with the worker and is fed hop by hop; the [`View`]
//! belongs to the window. Between them lie atomics and a ring of fixed size, so neither waits for
//! the other, and nothing of it touches the audio thread. Band energies cost two transforms every
//! [`COLUMN_MS`] and are computed only while somebody watches. What is given is raw: smoothing for
//! the eye is the window's work.

mod spectrum;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use spectrum::Spectrum;

/// Bands of a [`Column`], evenly spaced in pitch.
pub const BANDS: usize = 96;
/// Lower edge of the lowest band in Hz.
pub const LOWEST_HZ: f32 = 60.0;
/// Upper edge of the highest band in Hz.
pub const HIGHEST_HZ: f32 = 16_000.0;
/// Time from one column to the next, in milliseconds.
pub const COLUMN_MS: u32 = 10;
/// What a band without any sound reads, in dB.
pub const SILENCE_DB: f32 = -120.0;

/// Columns that wait for a window: one and a quarter seconds.
const WAITING: usize = 128;

/// The two parts, as they come out of the network and before the faders.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pair<T> {
    /// Of the voice.
    pub voice: T,
    /// Of the background.
    pub background: T,
}

/// One moment of the picture: energies in dB, 0 for a full-scale sine, from low to high.
pub type Column = Pair<[f32; BANDS]>;

/// The worker's end.
pub struct Tap {
    shared: Arc<Shared>,
    columns: HeapProd<Column>,
    spectrum: Spectrum,
    channels: usize,
}

/// The window's end.
pub struct View {
    shared: Arc<Shared>,
    columns: HeapCons<Column>,
}

#[derive(Default)]
struct Shared {
    watched: AtomicBool,
    /// Bits of the highest absolute samples since they were last read; not negative, so that they
    /// are ordered as their bits are.
    voice: AtomicU32,
    background: AtomicU32,
}

/// Makes both ends, for a stream of `channels` at `sample_rate` (Hz).
#[must_use]
pub fn meters(sample_rate: u32, channels: usize) -> (Tap, View) {
    let shared = Arc::new(Shared::default());
    let (sender, receiver) = HeapRb::new(WAITING).split();
    let tap = Tap {
        shared: Arc::clone(&shared),
        columns: sender,
        spectrum: Spectrum::new(sample_rate),
        channels,
    };
    let view = View {
        shared,
        columns: receiver,
    };
    (tap, view)
}

impl Tap {
    /// Takes in a hop: voice and aligned input, planar, of equal length. Does not allocate.
    pub fn hop(&mut self, voice: &[f32], dry: &[f32]) {
        if !self.shared.watched.load(Ordering::Relaxed) {
            return;
        }
        let (mut highest_voice, mut highest_background) = (0.0f32, 0.0f32);
        for (v, x) in voice.iter().zip(dry) {
            highest_voice = highest_voice.max(v.abs());
            highest_background = highest_background.max((x - v).abs());
        }
        raise(&self.shared.voice, highest_voice);
        raise(&self.shared.background, highest_background);
        let columns = &mut self.columns;
        self.spectrum.hop(self.channels, voice, dry, |column| {
            // Full only when the window has stopped drawing; it has no use for them then.
            let _ = columns.try_push(*column);
        });
    }
}

impl View {
    /// Whether anybody looks: without it the tap does nothing.
    pub fn watch(&self, watched: bool) {
        self.shared.watched.store(watched, Ordering::Relaxed);
    }

    /// Highest absolute samples since the last call, 1 being full scale.
    pub fn peaks(&self) -> Pair<f32> {
        let take = |peak: &AtomicU32| f32::from_bits(peak.swap(0, Ordering::Relaxed));
        Pair {
            voice: take(&self.shared.voice),
            background: take(&self.shared.background),
        }
    }

    /// The oldest column not seen yet.
    pub fn column(&mut self) -> Option<Column> {
        self.columns.try_pop()
    }
}

fn raise(peak: &AtomicU32, to: f32) {
    peak.fetch_max(to.to_bits(), Ordering::Relaxed);
}
