//! Any number of hops a call, the same bits.

use super::common::{
    ASYMMETRIC, BINS, SYMMETRIC, noise, spectral, spectral_fake, spectral_memory, waveform,
    waveform_fake, waveform_gain,
};
use super::{all, at_48k, bits, cut};
use limpid_engine::enhancer::Enhancer;
use limpid_engine::network::Network;
use proptest::prelude::*;

/// Noise in which stretches are silent (long enough for the network to rest), one channel before
/// the other, and single samples are broken.
fn awkward(seed: u64, channels: usize, length: usize) -> Vec<f32> {
    let mut input = noise(seed, channels * length);
    for (c, channel) in input.chunks_mut(length).enumerate() {
        channel[length / 4 + c * 777..length * 3 / 4].fill(0.0);
        channel[length / 8] = f32::NAN;
        channel[length / 8 + 1] = f32::INFINITY;
        channel[length - 1] = 1e-42;
    }
    input
}

/// Remembers, uses all taps, and now and then gives what is not a number.
fn moody(taps: usize) -> Box<dyn Network> {
    let mut inner = spectral_memory(taps);
    spectral_fake(taps, move |hop, x, filter| {
        if hop == 0 {
            inner.reset();
        }
        inner.step(x, filter).unwrap();
        if hop % 13 == 12 {
            filter[BINS / 2] = f32::NAN;
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn hops_cut_in_any_way_give_the_same_bits(
        cuts in prop::collection::vec(1usize..40, 1..6),
        batch in 1usize..20,
        link in any::<bool>(),
        symmetric in any::<bool>(),
    ) {
        let contract = spectral(if symmetric { SYMMETRIC } else { ASYMMETRIC }, 3);
        let make = || Enhancer::new(&contract, vec![moody(3), moody(3)], 8_000, 2).unwrap();
        let (mut single, mut other) = (make(), make().with_batch(batch));
        let input = awkward(batch as u64, 2, 400 * single.hop());
        let expected = cut(&mut single, &input, link, &[1]);
        let given = cut(&mut other, &input, link, &cuts);
        prop_assert_eq!(bits(&expected.voice), bits(&given.voice));
        prop_assert_eq!(bits(&expected.dry), bits(&given.dry));
        prop_assert_eq!(bits(single.tail(1)), bits(other.tail(1)));
        prop_assert_eq!(single.faults(), other.faults());
        prop_assert!(single.faults() > 0);
    }

    #[test]
    fn hops_of_a_waveform_model_at_another_rate_cut_in_any_way_give_the_same_bits(
        cuts in prop::collection::vec(1usize..40, 1..6),
        rate in prop::sample::select(vec![16_000, 44_100]),
    ) {
        let contract = waveform(16_000, 320, 80);
        let network = || waveform_fake(320, |hop, x, y| {
            for (y, x) in y.iter_mut().zip(x) {
                *y = x * (hop % 5) as f32;
            }
        });
        let make = || Enhancer::new(&contract, vec![network(), network()], rate, 2).unwrap();
        let (mut single, mut other) = (make(), make().with_batch(7));
        let input = awkward(3, 2, 400 * single.hop());
        let expected = cut(&mut single, &input, true, &[1]);
        let given = cut(&mut other, &input, true, &cuts);
        prop_assert_eq!(bits(&expected.voice), bits(&given.voice));
        prop_assert_eq!(bits(&expected.dry), bits(&given.dry));
        prop_assert_eq!(bits(single.tail(0)), bits(other.tail(0)));
    }
}

#[test]
fn after_a_reset_everything_is_as_at_the_start() {
    let input = awkward(5, 2, 120 * 480);
    let spectral = at_48k(&spectral(SYMMETRIC, 3), vec![moody(3), moody(3)], 2);
    let at_own = vec![waveform_gain(960, 0.5), waveform_gain(960, 0.5)];
    let own = at_48k(&waveform(48_000, 960, 240), at_own, 2);
    let resampled = vec![waveform_gain(320, 0.5), waveform_gain(320, 0.5)];
    let resampled = at_48k(&waveform(16_000, 320, 80), resampled, 2);
    for mut enhancer in [spectral, own, resampled] {
        let whole = input.len() / (2 * enhancer.hop()) * 2 * enhancer.hop();
        let first = all(&mut enhancer, &input[..whole], false);
        let tail = enhancer.tail(1).to_vec();
        enhancer.reset();
        assert!(enhancer.tail(1).iter().all(|&x| x == 0.0));
        let again = all(&mut enhancer, &input[..whole], false);
        assert_eq!(bits(&first.voice), bits(&again.voice));
        assert_eq!(bits(&first.dry), bits(&again.dry));
        assert_eq!(tail, enhancer.tail(1));
    }
}
