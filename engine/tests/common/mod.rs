//! Networks whose answer is known, and the contracts that go with them. Shared by the tests.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part"
)]

use limpid_engine::contract::{Contract, Kind};
use limpid_engine::frames::FrameSpec;
use limpid_engine::network::{Network, NetworkError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// 20 ms windows, symmetric: hop 10 ms.
pub const SYMMETRIC: FrameSpec = FrameSpec {
    window_ms: 20.0,
    hop_ms: 10.0,
    synthesis_ms: 20.0,
};
/// 20 ms analysis, 10 ms synthesis: hop 5 ms.
pub const ASYMMETRIC: FrameSpec = FrameSpec {
    window_ms: 20.0,
    hop_ms: 5.0,
    synthesis_ms: 10.0,
};
/// Bins up to 24 kHz, 50 Hz apart.
pub const BINS: usize = 481;

/// Every sample rate that sound cards and files commonly have.
pub const RATES: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
];

fn contract(kind: Kind) -> Contract {
    Contract {
        kind,
        name: "fake".into(),
        version: "1".into(),
        licence: "MIT".into(),
        description: "A network for tests".into(),
        states: Vec::new(),
    }
}

/// A spectral contract with [`BINS`] bins.
pub fn spectral(frames: FrameSpec, taps: usize) -> Contract {
    contract(Kind::Spectral {
        frames,
        bins: BINS,
        taps,
    })
}

/// A waveform contract.
pub fn waveform(sample_rate: u32, window: usize, hop: usize) -> Contract {
    contract(Kind::Waveform {
        sample_rate,
        window,
        hop,
    })
}

/// What a fake does with one hop, given the number of the hop since the last reset.
type Act = Box<dyn FnMut(usize, &[f32], &mut [f32]) -> Result<(), NetworkError> + Send>;

/// A network made of a closure; its only state is the number of hops since the last reset.
pub struct Fake {
    input: usize,
    output: usize,
    hops: usize,
    act: Act,
}

impl Network for Fake {
    fn input_len(&self) -> usize {
        self.input
    }

    fn output_len(&self) -> usize {
        self.output
    }

    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        let hops = input
            .chunks_exact(self.input)
            .zip(output.chunks_exact_mut(self.output));
        for (ahead, (x, y)) in hops.enumerate() {
            (self.act)(self.hops + ahead, x, y)?;
        }
        self.hops += input.len() / self.input;
        Ok(())
    }

    fn reset(&mut self) {
        self.hops = 0;
    }
}

/// A spectral network of `taps` taps; `act` sees `(hop, spectrum, filter)`, the filter zeroed.
pub fn spectral_fake(
    taps: usize,
    mut act: impl FnMut(usize, &[f32], &mut [f32]) + Send + 'static,
) -> Box<dyn Network> {
    Box::new(Fake {
        input: 2 * BINS,
        output: taps * 2 * BINS,
        hops: 0,
        act: Box::new(move |hop, x, y| {
            y.fill(0.0);
            act(hop, x, y);
            Ok(())
        }),
    })
}

/// A spectral network of one tap that lets everything through and refuses hop `bad`, counted from
/// its last reset.
pub fn refusing(bad: usize) -> Box<dyn Network> {
    Box::new(Fake {
        input: 2 * BINS,
        output: 2 * BINS,
        hops: 0,
        act: Box::new(move |hop, _, y| {
            y.fill(0.0);
            y[..BINS].fill(1.0);
            if hop == bad {
                Err(NetworkError::Refused("on purpose".into()))
            } else {
                Ok(())
            }
        }),
    })
}

/// A waveform network; `act` sees `(hop, frame, frame_out)`.
pub fn waveform_fake(
    window: usize,
    mut act: impl FnMut(usize, &[f32], &mut [f32]) + Send + 'static,
) -> Box<dyn Network> {
    Box::new(Fake {
        input: window,
        output: window,
        hops: 0,
        act: Box::new(move |hop, x, y| {
            act(hop, x, y);
            Ok(())
        }),
    })
}

/// Lets everything through, times `gain`.
pub fn spectral_gain(taps: usize, gain: f32) -> Box<dyn Network> {
    spectral_fake(taps, move |_, _, filter| filter[..BINS].fill(gain))
}

/// Lets everything through, times `gain`.
pub fn waveform_gain(window: usize, gain: f32) -> Box<dyn Network> {
    waveform_fake(window, move |_, x, y| {
        for (y, x) in y.iter_mut().zip(x) {
            *y = gain * x;
        }
    })
}

/// A spectral network whose filter depends on all that it has heard, every tap in use: what shows
/// whether states, history and hops keep step.
pub fn spectral_memory(taps: usize) -> Box<dyn Network> {
    let mut level = 0.0f32;
    spectral_fake(taps, move |hop, x, filter| {
        if hop == 0 {
            level = 0.0;
        }
        let now: f32 = x.iter().map(|v| v * v).sum();
        level = 0.9 * level + 0.1 * now.sqrt();
        for (k, tap) in filter.chunks_exact_mut(2 * BINS).enumerate() {
            for b in 0..BINS {
                let phase = (b + 3 * k) as f32 * 0.1 + level;
                tap[b] = phase.cos() / (1.0 + k as f32);
                tap[BINS + b] = phase.sin() / (2.0 + k as f32);
            }
        }
    })
}

/// Counts the hops that `inner` runs.
pub fn counted(inner: Box<dyn Network>) -> (Box<dyn Network>, Arc<AtomicUsize>) {
    struct Counted(Box<dyn Network>, Arc<AtomicUsize>);
    impl Network for Counted {
        fn input_len(&self) -> usize {
            self.0.input_len()
        }
        fn output_len(&self) -> usize {
            self.0.output_len()
        }
        fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
            self.1
                .fetch_add(input.len() / self.0.input_len(), Ordering::Relaxed);
            self.0.step(input, output)
        }
        fn reset(&mut self) {
            self.0.reset();
        }
    }
    let count = Arc::new(AtomicUsize::new(0));
    (Box::new(Counted(inner, count.clone())), count)
}

/// White noise in -0.5..0.5, the same for the same seed.
pub fn noise(seed: u64, samples: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..samples)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        })
        .collect()
}

/// RMS of `a - b` over RMS of `b`, in dB; the shorter one decides the length.
pub fn error_db(a: &[f32], b: &[f32]) -> f64 {
    let power = |x: f64| x * x;
    let error: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| power(f64::from(*a) - f64::from(*b)))
        .sum();
    let signal: f64 = b.iter().take(a.len()).map(|b| power(f64::from(*b))).sum();
    10.0 * (error / signal.max(1e-30)).max(1e-30).log10()
}
