//! Signals, and what the engine makes of them.

use std::path::Path;

use limpid_engine::controls::{Controls, Gains, Mixer};
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::{Model, Network};

use super::bundle::runtime;

/// White noise in -0.5 to 0.5, the same for the same seed.
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

/// Silence with one sample of 1.
pub fn impulse(at: usize, samples: usize) -> Vec<f32> {
    let mut signal = vec![0.0; samples];
    signal[at] = 1.0;
    signal
}

/// So many samples of the demo recording: speech in noise.
pub fn speech(samples: usize) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/mixture.wav");
    let mut reader = hound::WavReader::open(path).expect("the demo recording");
    let scale = 1.0 / (1u32 << (reader.spec().bits_per_sample - 1)) as f32;
    let all: Vec<f32> = reader
        .samples::<i32>()
        .map(|s| s.expect("a sample") as f32 * scale)
        .collect();
    all.into_iter().cycle().take(samples).collect()
}

/// What the engine alone gives, aligned with its input: the way of `limpid enhance`.
pub fn enhanced(model: &Path, input: &[Vec<f32>], rate: u32, controls: &Controls) -> Vec<Vec<f32>> {
    const BATCH: usize = 16;
    let model = Model::load(&runtime(), model).expect("a model");
    let networks: Vec<Box<dyn Network>> = input
        .iter()
        .map(|_| {
            let stream = model.open_stream_batched(BATCH).expect("a stream");
            Box::new(stream) as Box<dyn Network>
        })
        .collect();
    let channels = input.len();
    let enhancer = Enhancer::new(model.contract(), networks, rate, channels);
    let mut enhancer = enhancer.expect("an enhancer").with_batch(BATCH);
    let length = input[0].len();
    let hop = enhancer.hop();
    let padded = (length + enhancer.latency()).next_multiple_of(hop);
    let mut planar = Vec::with_capacity(padded * channels);
    for channel in input {
        planar.extend_from_slice(channel);
        planar.resize(planar.len() + padded - length, 0.0);
    }
    let mut parts = Parts::default();
    enhancer
        .process(&planar, controls.link, &mut parts)
        .expect("an enhanced signal");
    let planes = parts
        .voice
        .chunks_exact(padded)
        .zip(parts.dry.chunks_exact(padded));
    planes
        .map(|(voice, dry)| {
            let mut out = vec![0.0; padded];
            Mixer::new(rate, Gains::from(controls)).mix(voice, dry, &mut out);
            out[enhancer.latency()..enhancer.latency() + length].to_vec()
        })
        .collect()
}

/// RMS of `a - b` over RMS of `b` in dB.
pub fn error_db(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let error: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(a - b))).sum();
    let signal: f64 = b.iter().map(|&b| square(f64::from(b))).sum();
    10.0 * (error / signal).log10()
}
