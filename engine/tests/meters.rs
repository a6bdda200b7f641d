//! What a window is told of the sound.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure here is the failure of the test"
)]

use limpid_engine::meters::{BANDS, HIGHEST_HZ, LOWEST_HZ, SILENCE_DB, View, meters};

const HOP: usize = 480;

fn sine(hz: f32, gain: f32, rate: f32, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| gain * (std::f32::consts::TAU * hz * n as f32 / rate).sin())
        .collect()
}

/// Half a second of `voice` in `dry`, hop by hop; the view afterwards.
fn watched(rate: u32, voice: &[f32], dry: &[f32]) -> View {
    let (mut tap, view) = meters(rate, 1);
    view.watch(true);
    for (v, x) in voice.chunks_exact(HOP).zip(dry.chunks_exact(HOP)) {
        tap.hop(v, x);
    }
    view
}

fn loudest(bands: &[f32; BANDS]) -> (usize, f32) {
    let (band, level) = bands
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .expect("bands");
    (band, *level)
}

#[test]
fn a_sine_shows_in_its_band_at_its_level_at_every_rate() {
    for rate in [16_000u32, 44_100, 48_000, 96_000, 192_000] {
        let x = sine(1000.0, 0.1, rate as f32, rate as usize / 2);
        let mut view = watched(rate, &x, &x);
        let column = std::iter::from_fn(|| view.column())
            .last()
            .expect("columns");
        let (band, level) = loudest(&column.voice);
        let expected = (1000.0f32 / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln() * BANDS as f32;
        assert!((band as f32 + 0.5 - expected).abs() < 2.0, "{rate}: {band}");
        assert!((level + 20.0).abs() < 2.0, "{rate}: {level}");
        assert_eq!(loudest(&column.background).1, SILENCE_DB);
    }
}

#[test]
fn voice_and_background_are_shown_apart() {
    let rate = 48_000;
    let voice = sine(300.0, 0.25, 48_000.0, rate as usize / 2);
    let noise = sine(4000.0, 0.5, 48_000.0, rate as usize / 2);
    let dry: Vec<f32> = voice.iter().zip(&noise).map(|(v, n)| v + n).collect();
    let mut view = watched(rate, &voice, &dry);
    let peaks = view.peaks();
    assert!((peaks.voice - 0.25).abs() < 0.01 && (peaks.background - 0.5).abs() < 0.01);
    let column = std::iter::from_fn(|| view.column())
        .last()
        .expect("columns");
    assert!(loudest(&column.voice).0 < loudest(&column.background).0);
}

#[test]
fn a_peak_is_told_once() {
    let x = vec![0.5; HOP];
    let view = watched(48_000, &x, &x);
    assert_eq!(view.peaks().voice, 0.5);
    assert_eq!(view.peaks().voice, 0.0);
}

#[test]
fn nothing_is_computed_while_nobody_watches() {
    let (mut tap, mut view) = meters(48_000, 2);
    let x = vec![0.5; 2 * HOP];
    for _ in 0..20 {
        tap.hop(&x, &x);
    }
    assert!(view.column().is_none());
    assert_eq!(view.peaks().voice, 0.0);
}

#[test]
fn a_window_that_stops_drawing_holds_nothing_up() {
    let (mut tap, mut view) = meters(48_000, 1);
    view.watch(true);
    let x = vec![0.5; HOP];
    for _ in 0..1000 {
        tap.hop(&x, &x);
    }
    let kept = std::iter::from_fn(|| view.column()).count();
    assert!((50..1000).contains(&kept), "{kept}");
}

#[test]
fn a_sound_leaves_the_picture_when_its_window_is_over_and_not_before() {
    let mut voice = sine(1000.0, 0.5, 48_000.0, 48_000);
    voice.resize(96_000, 0.0);
    let mut view = watched(48_000, &voice, &voice);
    let columns: Vec<f32> = std::iter::from_fn(|| view.column())
        .map(|column| loudest(&column.voice).1)
        .collect();
    // 10 ms each, of which the newest that there is room for are kept; a window is 43 ms.
    let last = columns.iter().rposition(|db| *db > SILENCE_DB);
    let after = columns.len() - 1 - last.unwrap_or(0);
    println!("{} columns, {after} of them silent", columns.len());
    assert!(
        columns[..columns.len() - after]
            .iter()
            .all(|db| *db > -100.0)
    );
    assert!(after > 0);
}

#[test]
fn columns_come_at_their_pace_through_silence_and_the_sound_after_it_is_seen() {
    // Hops that are no multiple of a column's 480 samples.
    const ODD: usize = 256;
    let (mut tap, mut view) = meters(48_000, 1);
    view.watch(true);
    let mut count = 0;
    for _ in 0..375 {
        tap.hop(&[0.0; ODD], &[0.0; ODD]);
        count += std::iter::from_fn(|| view.column()).count();
    }
    assert_eq!(count, 375 * ODD / 480);
    let x = sine(1000.0, 0.5, 48_000.0, 4800);
    tap.hop(&x, &x);
    let columns = std::iter::from_fn(|| view.column());
    let levels: Vec<f32> = columns.map(|c| loudest(&c.voice).1).collect();
    assert_eq!(levels.len(), 10);
    assert!(levels[9] > -10.0, "{levels:?}");
}
