//! Nothing is allocated once an enhancer is made.

use super::common::{ASYMMETRIC, noise, spectral, spectral_memory, waveform, waveform_gain};
use limpid_engine::contract::Contract;
use limpid_engine::controls::{Gains, Mixer};
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::Network;

fn allocations(contract: &Contract, networks: Vec<Box<dyn Network>>, rate: u32) -> u64 {
    let mut enhancer = Enhancer::new(contract, networks, rate, 2)
        .unwrap()
        .with_batch(8);
    let hop = enhancer.hop();
    let input = noise(1, 2 * 20 * hop);
    let mut parts = Parts::with_capacity(input.len());
    let mut mixer = Mixer::new(
        rate,
        Gains {
            voice: 0.0,
            background: 0.0,
        },
    );
    let mut out = vec![0.0; hop];
    let count = allocation_counter::measure(|| {
        for hops in [1, 20, 3, 8] {
            for link in [true, false] {
                enhancer
                    .process(&input[..2 * hops * hop], link, &mut parts)
                    .unwrap();
                mixer.set(Gains {
                    voice: hops as f32,
                    background: 0.5,
                });
                mixer.mix(&parts.voice[..hop], &parts.dry[..hop], &mut out);
            }
        }
        enhancer.reset();
        let _ = enhancer.tail(0).len();
    });
    count.count_total
}

#[test]
fn processing_allocates_nothing() {
    let networks = || -> Vec<Box<dyn Network>> { vec![spectral_memory(3), spectral_memory(3)] };
    for rate in [8_000, 44_100, 48_000, 192_000] {
        assert_eq!(
            allocations(&spectral(ASYMMETRIC, 3), networks(), rate),
            0,
            "{rate} Hz"
        );
    }
    let networks =
        || -> Vec<Box<dyn Network>> { vec![waveform_gain(320, 0.5), waveform_gain(320, 0.5)] };
    for rate in [16_000, 44_100, 48_000, 192_000] {
        assert_eq!(
            allocations(&waveform(16_000, 320, 80), networks(), rate),
            0,
            "{rate} Hz"
        );
    }
}
