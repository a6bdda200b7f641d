//! What comes out of the plugin, in a host of each format: the real library and the real model.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::time::{Duration, Instant};

use host::{
    ALL_SILENT, Bundle, Change, Clap, Host, NOTHING_CHANGED, OPEN, Play, blocks, enhanced,
    error_db, impulse, in_both_hosts, noise, random_blocks, speech,
};
use limpid_engine::controls::Controls;

in_both_hosts!(
    an_impulse_comes_out_exactly_at_the_reported_latency,
    with_both_faders_at_0_db_the_output_is_the_input_only_later,
    a_render_is_the_engine_s_bit_for_bit_however_it_is_cut,
    bursts_of_ten_blocks_miss_nothing,
    an_automated_render_is_the_same_bits_however_it_is_cut,
    bypass_is_the_input_as_late_as_ever,
    bypass_and_faders_move_without_a_click,
    a_mono_track_may_go_to_both_sides,
    a_host_that_waits_for_the_tail_cuts_no_word_end,
    the_tail_is_told_before_the_first_block_and_after_a_reset,
    after_a_reset_nothing_of_before_is_heard,
    a_loop_and_a_jump_of_the_transport_lose_nothing,
    a_render_after_play_is_the_render_before_it,
    a_number_that_is_none_never_comes_out,
);

fn an_impulse_comes_out_exactly_at_the_reported_latency<H: Host>() {
    for rate in [8_000, 44_100, 48_000, 96_000, 192_000] {
        for block in [1, 17, 64, 512, 4096] {
            let mut host = H::shared(Play::offline(rate, block));
            let latency = host.latency();
            let at = 3 * latency / 2;
            let input = vec![impulse(at, at + 2 * latency + 4096); 2];
            let output = host.run(&input, &NOTHING_CHANGED, random_blocks(7, block));
            let loudest = (0..input[0].len())
                .max_by(|a, b| output[0][*a].abs().total_cmp(&output[0][*b].abs()))
                .expect("samples");
            assert_eq!(loudest, at + latency, "{rate} Hz, blocks of {block}");
            assert!((output[0][loudest] - 1.0).abs() < 1e-4);
            println!("{rate} Hz, blocks of up to {block}: {latency} samples");
        }
    }
}

fn with_both_faders_at_0_db_the_output_is_the_input_only_later<H: Host>() {
    for (play, seed) in [
        (Play::offline(44_100, 512), 1),
        (Play::offline(48_000, 333), 2),
        (Play::offline(96_000, 4096).mono(), 3),
    ] {
        let mut host = H::shared(play);
        let latency = host.latency();
        let input = vec![noise(seed, play.rate as usize); play.channels.0];
        let output = host.run(&input, &NOTHING_CHANGED, random_blocks(seed, play.longest));
        let error = error_db(&output[0][latency..], &input[0]);
        assert!(error < -100.0, "{play:?}: {error} dB");
    }
}

/// A host that plays ten blocks at once and then rests as long is waited for as far as its lead allows.
/// What was missed would not be what a render gives. A machine that stalls may miss once, not always.
fn bursts_of_ten_blocks_miss_nothing<H: Host>() {
    bursts_miss_nothing(|| H::shared(Play::real_time(48_000, 512)));
}

/// The word that VST3 has for such hosts.
#[cfg(target_os = "linux")]
#[test]
fn a_vst3_host_that_prefetches_in_bursts_misses_nothing() {
    bursts_miss_nothing(|| {
        let mut host = host::Vst3::shared(Play::real_time(48_000, 512));
        host.prefetch();
        host
    });
}

fn bursts_miss_nothing<H: Host>(host: impl Fn() -> H) {
    let (rate, block) = (48_000, 512);
    let input = vec![speech(rate as usize); 2];
    let expected = H::shared(Play::offline(rate, block)).run(&input, &[], blocks(block));
    let played = || {
        let mut host = host();
        let mut output = Vec::new();
        for burst in input[0].chunks(10 * block) {
            let begun = Instant::now();
            let burst = vec![burst.to_vec(); 2];
            output.extend(host.run(&burst, &[], blocks(block)).swap_remove(0));
            let time = Duration::from_secs_f64(burst[0].len() as f64 / f64::from(rate));
            std::thread::sleep(time.saturating_sub(begun.elapsed()));
        }
        output
    };
    assert!(
        (0..20).any(|_| played() == expected[0]),
        "each try has missed something"
    );
}

/// The plugin is told of it and not activated anew: a host that runs ahead of the clock is waited for as
/// in bursts, and after it plays on.
#[test]
fn a_clap_host_that_renders_without_a_new_activation_misses_nothing() {
    let (rate, block) = (48_000, 512);
    let input = vec![speech(rate as usize); 2];
    let expected = Clap::shared(Play::offline(rate, block)).run(&input, &[], blocks(block));
    let rendered = || {
        let mut host = Clap::shared(Play::real_time(rate, block));
        host.switch_mode(true);
        let output = host.run(&input, &[], blocks(block));
        host.switch_mode(false);
        host.run(&input, &[], blocks(block));
        output
    };
    assert!(
        (0..20).any(|_| rendered() == expected),
        "each try has missed something"
    );
}

fn an_automated_render_is_the_same_bits_however_it_is_cut<H: Host>() {
    let rate = 48_000;
    let input = vec![speech(2 * rate as usize); 2];
    let automation: Vec<Change> = (0..60)
        .flat_map(|i| {
            let value = f64::from(i % 10) / 10.0;
            let at = 1000 + 1531 * i as usize;
            [("Voice", value), ("Background", 1.0 - value)].map(|(parameter, value)| Change {
                at,
                parameter,
                value,
            })
        })
        .collect();
    let render = |seed: u64| {
        let mut host = H::shared(Play::offline(rate, 512));
        host.run(&input, &automation, random_blocks(seed, 512))
    };
    let first = render(1);
    assert!(first == render(1) && first == render(2));
    assert!(first[0].iter().any(|x| x.abs() > 0.01));
}

fn a_mono_track_may_go_to_both_sides<H: Host>() {
    let play = Play {
        channels: (1, 2),
        ..Play::offline(48_000, 512)
    };
    let input = vec![speech(48_000)];
    let output = H::shared(play).run(&input, &[], blocks(512));
    let alone = H::shared(Play::offline(48_000, 512).mono()).run(&input, &[], blocks(512));
    assert!(output[0] == output[1] && output[0] == alone[0]);
}

fn a_host_that_waits_for_the_tail_cuts_no_word_end<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let latency = host.latency();
    let word = vec![noise(2, 9_600); 2];
    let mut heard = host
        .run(&word, &NOTHING_CHANGED, blocks(512))
        .swap_remove(0);
    let tail = host.tail();
    assert!(tail >= latency, "{tail} {latency}");
    heard.extend(
        host.run(&[vec![0.0; tail], vec![0.0; tail]], &[], blocks(512))
            .swap_remove(0),
    );
    let error = error_db(&heard[latency..latency + 9_600], &word[0]);
    assert!(error < -100.0, "{error} dB");
}

/// A host that renders a file asks how much longer than its input it has to play before it plays.
fn the_tail_is_told_before_the_first_block_and_after_a_reset<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let enough = |host: &mut H| {
        let (tail, latency) = (host.tail(), host.latency());
        assert!(latency > 0 && tail >= latency, "{tail} {latency}");
    };
    enough(&mut host);
    host.run(&vec![noise(1, 4_096); 2], &[], blocks(512));
    enough(&mut host);
    host.reset();
    enough(&mut host);
    host.reactivate(Play::real_time(96_000, 64));
    enough(&mut host);
}

fn after_a_reset_nothing_of_before_is_heard<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let input = vec![speech(48_000); 2];
    let first = host.run(&input, &[], blocks(512));
    host.reset();
    assert!(host.run(&input, &[], blocks(512)) == first);
}

fn a_number_that_is_none_never_comes_out<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let mut bad = noise(1, 48_000);
    for (i, x) in bad.iter_mut().enumerate().skip(10_000).take(300) {
        *x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][i % 3];
    }
    let output = host.run(&[bad.clone(), bad], &[], random_blocks(1, 512));
    assert!(output.iter().flatten().all(|x| x.is_finite()));
}

/// Every block length at every usual rate, in mono and stereo.
fn a_render_is_the_engine_s_bit_for_bit_however_it_is_cut<H: Host>() {
    let model = Bundle::shared(H::FORMAT).model();
    for rate in [44_100, 48_000, 96_000] {
        let one = speech(rate as usize / 2);
        let other: Vec<f32> = one.iter().rev().copied().collect();
        for input in [vec![one.clone()], vec![one, other]] {
            let channels = input.len();
            let expected = enhanced(&model, &input, rate, &Controls::default());
            let check = |longest: usize, blocks: &mut dyn FnMut() -> usize| {
                let mut host = H::shared(Play {
                    channels: (channels, channels),
                    ..Play::offline(rate, longest)
                });
                let latency = host.latency();
                let output = host.run(&input, &[], blocks);
                for (got, expected) in output.iter().zip(&expected) {
                    let got = &got[latency..];
                    let blocks = format!("{rate} Hz, {channels} channels, up to {longest}");
                    assert!(got == &expected[..got.len()], "{blocks}");
                }
            };
            for length in [1, 17, 64, 512, 4096] {
                check(length, &mut blocks(length));
            }
            check(512, &mut random_blocks(1, 512));
            check(4096, &mut random_blocks(2, 4096));
        }
    }
}

fn bypass_is_the_input_as_late_as_ever<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    assert_eq!(host.bypass().as_deref(), Some("Bypass"));
    let latency = host.latency();
    let input = vec![speech(48_000), noise(3, 48_000)];
    let bypass = [Change {
        at: 10_000,
        parameter: "Bypass",
        value: 1.0,
    }];
    let output = host.run(&input, &bypass, blocks(512));
    assert_eq!(host.latency(), latency);
    // The fade lasts 10 ms.
    let from = 10_000 + 480 + 512;
    for (output, input) in output.iter().zip(&input) {
        assert_eq!(output[from..], input[from - latency..input.len() - latency]);
    }
}

/// From silence to full and back at once, on a tone: the steps between samples are the tone's own and
/// those of the ramp.
fn bypass_and_faders_move_without_a_click<H: Host>() {
    let tone: Vec<f32> = (0..48_000).map(|i| (i as f32 * 0.01).sin()).collect();
    let input = vec![tone; 2];
    let change = |at, parameter, value| Change {
        at,
        parameter,
        value,
    };
    for moved in [
        vec![change(20_000, "Bypass", 1.0), change(30_000, "Bypass", 0.0)],
        vec![
            change(20_000, "Voice", OPEN),
            change(20_000, "Background", OPEN),
            change(30_000, "Voice", 0.0),
            change(30_000, "Background", 0.0),
        ],
    ] {
        let changes = [ALL_SILENT.to_vec(), moved].concat();
        let mut host = H::shared(Play::offline(48_000, 512));
        let output = host.run(&input, &changes, blocks(512)).swap_remove(0);
        let step = |pair: &[f32]| (pair[1] - pair[0]).abs();
        let steepest = output.windows(2).map(step).fold(0.0, f32::max);
        // A tone rises by 0.01 a sample at most, and a ramp of 10 ms by 1/480 of the level.
        assert!(steepest < 0.01 + 1.0 / 480.0 + 1e-3, "{steepest}");
        let loudest = output
            .iter()
            .fold(0.0, |loudest: f32, x| loudest.max(x.abs()));
        assert!(loudest > 0.9, "{loudest}");
        assert!(output[40_000..].iter().all(|x| x.abs() < 1e-4));
    }
}

/// Neither calls for a reset: what was under way comes out.
fn a_loop_and_a_jump_of_the_transport_lose_nothing<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let latency = host.latency();
    let signal = noise(4, 24_000);
    let looped: Vec<f32> = signal.iter().cycle().take(96_000).copied().collect();
    let mut output = Vec::new();
    for (part, position) in looped.chunks(24_000).zip([0, 0, 1_000_000, -48_000]) {
        host.seek(position);
        let part = vec![part.to_vec(); 2];
        let played = host.run(&part, &NOTHING_CHANGED, blocks(512));
        output.extend(played.into_iter().next().expect("a channel"));
    }
    let error = error_db(&output[latency..], &looped);
    assert!(error < -100.0, "{error} dB");
}

/// And a render after that one: playing in real time leaves nothing behind.
fn a_render_after_play_is_the_render_before_it<H: Host>() {
    let render = Play::offline(48_000, 512);
    let mut host = H::shared(render);
    let input = vec![speech(24_000); 2];
    let first = host.run(&input, &[], blocks(512));
    host.reactivate(Play::real_time(48_000, 512));
    host.run(&input, &[], random_blocks(5, 512));
    for _ in 0..2 {
        host.reactivate(render);
        assert!(host.run(&input, &[], blocks(512)) == first);
    }
}
