//! Analysis and synthesis at every rate.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is the failure of the test"
)]

mod common;

use common::{ASYMMETRIC, RATES, SYMMETRIC, error_db, noise};
use limpid_engine::frames::{Analyser, FrameError, FrameSizes, FrameSpec, Synthesiser};

/// Analyses and synthesises `input` (whole hops) with nothing in between.
fn through(sizes: FrameSizes, input: &[f32]) -> Vec<f32> {
    let (mut analyser, mut synthesiser) = (Analyser::new(sizes), Synthesiser::new(sizes));
    let mut spectrum = vec![0.0; 2 * sizes.bins()];
    let mut output = vec![0.0; input.len()];
    for (x, y) in input
        .chunks_exact(sizes.hop)
        .zip(output.chunks_exact_mut(sizes.hop))
    {
        analyser.push(x, &mut spectrum).unwrap();
        synthesiser.push(&spectrum, y).unwrap();
    }
    output
}

/// Every pair that models use, and some with an odd number of samples in the windows.
fn specs() -> Vec<FrameSpec> {
    let spec = |window_ms, hop_ms, synthesis_ms| FrameSpec {
        window_ms,
        hop_ms,
        synthesis_ms,
    };
    vec![
        SYMMETRIC,
        ASYMMETRIC,
        spec(20.0, 5.0, 20.0),
        spec(15.0, 5.0, 15.0),
        spec(25.0, 5.0, 15.0),
        spec(32.0, 8.0, 16.0),
    ]
}

#[test]
fn the_hop_is_rounded_with_halves_up_and_the_windows_follow_it() {
    let sizes = |spec: FrameSpec, rate| {
        let s = spec.sizes(rate).unwrap();
        (s.hop, s.analysis, s.synthesis)
    };
    assert_eq!(sizes(SYMMETRIC, 48_000), (480, 960, 960));
    assert_eq!(sizes(ASYMMETRIC, 48_000), (240, 960, 480));
    assert_eq!(sizes(SYMMETRIC, 22_050), (221, 442, 442)); // 220.5
    assert_eq!(sizes(ASYMMETRIC, 44_100), (221, 884, 442)); // 220.5
    assert_eq!(sizes(ASYMMETRIC, 11_025), (55, 220, 110)); // 55.125
    assert_eq!(sizes(SYMMETRIC, 8_000), (80, 160, 160));
    assert_eq!(sizes(ASYMMETRIC, 192_000), (960, 3840, 1920));
}

#[test]
fn frames_that_cannot_line_up_are_refused() {
    let spec = |window_ms, hop_ms, synthesis_ms| FrameSpec {
        window_ms,
        hop_ms,
        synthesis_ms,
    };
    assert!(matches!(
        SYMMETRIC.sizes(7_999),
        Err(FrameError::Rate(7_999))
    ));
    assert!(matches!(
        SYMMETRIC.sizes(192_001),
        Err(FrameError::Rate(192_001))
    ));
    assert!(matches!(
        spec(20.0, 6.0, 12.0).check(),
        Err(FrameError::NotWholeHops { .. })
    ));
    assert!(matches!(
        spec(18.0, 6.0, 10.0).check(),
        Err(FrameError::NotWholeHops { .. })
    ));
    assert!(matches!(
        spec(20.0, 10.0, 10.0).check(),
        Err(FrameError::NoOverlap { .. })
    ));
    assert!(matches!(
        spec(20.0, 10.0, 30.0).check(),
        Err(FrameError::SynthesisLonger { .. })
    ));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        assert!(matches!(
            spec(bad, 10.0, 20.0).check(),
            Err(FrameError::Duration { .. })
        ));
        assert!(matches!(
            spec(20.0, bad, 20.0).check(),
            Err(FrameError::Duration { .. })
        ));
        assert!(matches!(
            spec(20.0, 10.0, bad).check(),
            Err(FrameError::Duration { .. })
        ));
    }
    let short = spec(0.02, 0.01, 0.02);
    assert!(short.sizes(192_000).is_ok());
    assert!(matches!(
        short.sizes(8_000),
        Err(FrameError::Duration { what: "hop", .. })
    ));
}

#[test]
fn an_untouched_spectrum_gives_the_input_back_at_every_rate() {
    for spec in specs() {
        for rate in RATES {
            let sizes = spec.sizes(rate).unwrap();
            let input = noise(u64::from(rate), sizes.hop * 60);
            let output = through(sizes, &input);
            let error = error_db(&output[sizes.latency()..], &input);
            assert!(error < -110.0, "{spec:?} at {rate} Hz: {error:.1} dB");
        }
    }
}

#[test]
fn an_impulse_comes_out_exactly_one_latency_later() {
    for spec in specs() {
        for rate in RATES {
            let sizes = spec.sizes(rate).unwrap();
            let at = 20 * sizes.hop + sizes.hop / 3;
            let mut input = vec![0.0; 40 * sizes.hop];
            input[at] = 1.0;
            let output = through(sizes, &input);
            for (n, y) in output.iter().enumerate() {
                let expected = if n == at + sizes.latency() { 1.0 } else { 0.0 };
                assert!(
                    (y - expected).abs() < 1e-5,
                    "{spec:?} at {rate} Hz, sample {n}: {y}"
                );
            }
        }
    }
}

#[test]
fn a_full_scale_sine_on_a_bin_reads_one_half_at_every_rate() {
    for spec in specs() {
        for rate in RATES {
            let sizes = spec.sizes(rate).unwrap();
            let bin = sizes.analysis / 5;
            let mut analyser = Analyser::new(sizes);
            let mut spectrum = vec![0.0; 2 * sizes.bins()];
            let step = std::f64::consts::TAU * bin as f64 / sizes.analysis as f64;
            let sine: Vec<f32> = (0..10 * sizes.analysis)
                .map(|n| (step * n as f64).sin() as f32)
                .collect();
            for hop in sine.chunks_exact(sizes.hop) {
                analyser.push(hop, &mut spectrum).unwrap();
            }
            let read = spectrum[bin].hypot(spectrum[sizes.bins() + bin]);
            assert!((read - 0.5).abs() < 1e-3, "{spec:?} at {rate} Hz: {read}");
        }
    }
}

#[test]
fn the_tail_is_what_a_last_empty_frame_would_give() {
    for spec in specs() {
        let sizes = spec.sizes(44_100).unwrap();
        let (mut analyser, mut synthesiser) = (Analyser::new(sizes), Synthesiser::new(sizes));
        let mut spectrum = vec![0.0; 2 * sizes.bins()];
        let mut hop = vec![0.0; sizes.hop];
        for x in noise(1, 20 * sizes.hop).chunks_exact(sizes.hop) {
            analyser.push(x, &mut spectrum).unwrap();
            synthesiser.push(&spectrum, &mut hop).unwrap();
        }
        let tail = synthesiser.tail().to_vec();
        assert_eq!(tail.len(), sizes.latency());
        let mut rest = Vec::new();
        while rest.len() < tail.len() {
            synthesiser
                .push(&vec![0.0; 2 * sizes.bins()], &mut hop)
                .unwrap();
            rest.extend_from_slice(&hop);
        }
        assert_eq!(rest, tail);
        assert!(synthesiser.tail().iter().all(|&x| x == 0.0));
    }
}

#[test]
fn a_slice_of_the_wrong_length_is_refused_by_name() {
    let sizes = SYMMETRIC.sizes(48_000).unwrap();
    let mut spectrum = vec![0.0; 2 * sizes.bins()];
    let refused = Analyser::new(sizes)
        .push(&[0.0; 479], &mut spectrum)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the hop has 479 values where 480 are needed"
    );
    let refused = Synthesiser::new(sizes)
        .push(&spectrum[1..], &mut [0.0; 480])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the spectrum has 961 values where 962 are needed"
    );
}
