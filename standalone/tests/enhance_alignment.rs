//! The output lines up with the input to the sample and has its length.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use support::{Noise, Wav, assert_done, enhance, read_i16, stdout};

/// A model that gives its input back: what is heard as the voice is the input, if nothing is shifted.
#[track_caller]
fn assert_lines_up(model: &str, rate: u32, samples: &[i16]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::voice(samples);
    wav.rate = rate;
    wav.write(&folder, "in.wav");
    assert_done(&enhance(&folder, model, &["in.wav"]));
    let came = read_i16(&folder.path().join("in-voice.wav"));
    assert_eq!(came.len(), samples.len());
    for (at, (came, went)) in came.iter().zip(samples).enumerate() {
        let apart = i32::from(*came) - i32::from(*went);
        assert!(
            apart.abs() <= 1,
            "sample {at} of {} at {rate} Hz: {came} for {went}",
            samples.len()
        );
    }
}

#[test]
fn a_spectral_model_is_not_heard_late_at_any_rate() {
    for rate in [8_000, 11_025, 44_100, 48_000, 192_000] {
        assert_lines_up(
            "identity_k1",
            rate,
            &Noise::new(1).samples(rate as usize / 3, 0.9),
        );
    }
}

#[test]
fn a_waveform_model_is_not_heard_late_at_its_own_rate() {
    assert_lines_up(
        "waveform_identity",
        48_000,
        &Noise::new(2).samples(20_011, 0.9),
    );
}

#[test]
fn files_shorter_than_a_frame_come_out_whole() {
    for length in [1, 2, 479, 480, 481, 961] {
        assert_lines_up("identity_k1", 48_000, &Noise::new(3).samples(length, 0.9));
    }
}

#[test]
fn the_last_sample_is_kept() {
    let mut samples = vec![0; 10_000];
    samples[9_999] = 20_000;
    assert_lines_up("identity_k1", 48_000, &samples);
}

#[test]
fn the_summary_tells_the_latency_that_was_taken_out() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 48_000]).write(&folder, "in.wav");
    let output = enhance(&folder, "identity_k1", &["in.wav"]);
    assert_done(&output);
    let said = stdout(&output);
    for word in [
        "in-voice.wav",
        "1.00 s",
        "48000 Hz",
        "480 samples (10.0 ms)",
        "real-time factor",
    ] {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}
