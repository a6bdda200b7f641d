//! Hops in; voice and aligned input out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure here is the failure of the test"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod allocation;
mod faults;
mod filters;
mod hops;
mod latency;
mod link;
mod refusals;
mod shipped;
mod silence;
mod waveform;

use limpid_engine::contract::Contract;
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::Network;

/// An enhancer at 48 kHz.
fn at_48k(contract: &Contract, networks: Vec<Box<dyn Network>>, channels: usize) -> Enhancer {
    Enhancer::new(contract, networks, 48_000, channels).unwrap()
}

/// Everything in one call.
fn all(enhancer: &mut Enhancer, input: &[f32], link: bool) -> Parts {
    let mut parts = Parts::default();
    enhancer.process(input, link, &mut parts).unwrap();
    parts
}

/// Cuts planar `input` at the given numbers of hops (the last one takes the rest) and glues the
/// parts together again.
fn cut(enhancer: &mut Enhancer, input: &[f32], link: bool, cuts: &[usize]) -> Parts {
    let (channels, hop) = (enhancer.channels(), enhancer.hop());
    let length = input.len() / channels;
    let mut whole = Parts {
        voice: vec![0.0; input.len()],
        dry: vec![0.0; input.len()],
    };
    let (mut from, mut cuts) = (0, cuts.iter().cycle());
    while from < length {
        let n = (cuts.next().copied().unwrap_or(1).max(1) * hop).min(length - from);
        let block: Vec<f32> = (0..channels)
            .flat_map(|c| input[c * length + from..][..n].to_vec())
            .collect();
        let parts = all(enhancer, &block, link);
        for c in 0..channels {
            let to = c * length + from..c * length + from + n;
            whole.voice[to.clone()].copy_from_slice(&parts.voice[c * n..(c + 1) * n]);
            whole.dry[to].copy_from_slice(&parts.dry[c * n..(c + 1) * n]);
        }
        from += n;
    }
    whole
}

/// Bits, so that a comparison also tells NaN and the two zeros apart.
fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|x| x.to_bits()).collect()
}
