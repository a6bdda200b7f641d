//! What cannot be enhanced is refused with a sentence.

use super::at_48k;
use super::common::{SYMMETRIC, spectral, spectral_gain, waveform, waveform_gain};
use limpid_engine::enhancer::{Enhancer, EnhancerError, latency_of};

#[test]
fn networks_of_another_number_or_shape_are_refused() {
    let contract = spectral(SYMMETRIC, 2);
    let refused = |networks, channels| {
        Enhancer::new(&contract, networks, 48_000, channels)
            .err()
            .unwrap()
            .to_string()
    };
    let network = || spectral_gain(2, 1.0);
    assert_eq!(
        refused(vec![network(), network()], 3),
        "2 networks were handed in for 3 channels: \
         one a channel is needed (a spectral model that is always linked needs only one)"
    );
    assert_eq!(
        refused(vec![spectral_gain(3, 1.0)], 1),
        "the network's output has 2886 values a hop where the contract asks for 1924"
    );
    assert_eq!(
        refused(vec![], 0),
        "there is no channel to enhance: at least one is needed"
    );
    let two = Enhancer::new(
        &waveform(48_000, 960, 480),
        vec![waveform_gain(960, 1.0)],
        48_000,
        2,
    );
    assert!(matches!(
        two,
        Err(EnhancerError::Networks {
            channels: 2,
            received: 1
        })
    ));
}

#[test]
fn an_input_that_is_not_whole_hops_is_refused_and_nothing_happens() {
    let mut enhancer = at_48k(&spectral(SYMMETRIC, 1), vec![spectral_gain(1, 1.0)], 2);
    let mut parts = Default::default();
    for length in [0, 1, 480, 959, 961, 3 * 480] {
        let refused = enhancer.process(&vec![1.0; length], true, &mut parts);
        assert!(
            matches!(refused, Err(EnhancerError::Length { .. })),
            "{length}"
        );
    }
    assert_eq!(parts, Default::default());
    enhancer.process(&[0.0; 2 * 960], true, &mut parts).unwrap();
    assert!(parts.dry.iter().all(|&x| x == 0.0));
}

#[test]
fn rates_and_windows_that_cannot_be_are_refused() {
    for rate in [0, 7_999, 192_001] {
        assert!(latency_of(&spectral(SYMMETRIC, 1), rate).is_err());
        assert!(latency_of(&waveform(16_000, 320, 80), rate).is_err());
        assert!(latency_of(&waveform(rate, 320, 80), 48_000).is_err());
    }
    for (window, hop) in [(320, 0), (320, 320), (320, 100), (0, 0), (80, 160)] {
        let refused = latency_of(&waveform(16_000, window, hop), 48_000);
        assert!(
            matches!(refused, Err(EnhancerError::Window { .. })),
            "{window} {hop}"
        );
    }
}
