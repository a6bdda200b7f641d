//! The plugin in a CLAP host, with the real library and real models.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::Path;
use std::time::{Duration, Instant};

use host::{
    Bundle, Change, Host, Play, blocks, enhanced, fixture, impulse, load, noise, random_blocks,
    speech,
};
use limpid_engine::controls::{Controls, Parameter};

/// Both faders at 0 dB: the output is the input, later. 0 dB lies at three quarters of the fader.
const OPEN: f64 = 0.75;

const fn at_start(parameter: &'static str, value: f64) -> Change {
    Change {
        at: 0,
        parameter,
        value,
    }
}

const NOTHING_CHANGED: [Change; 2] = [at_start("Voice", OPEN), at_start("Background", OPEN)];

fn host(play: Play) -> Host {
    Host::new(&load(&Bundle::shared().plugin), play)
}

/// RMS of `a - b` over RMS of `b` in dB.
fn error_db(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let error: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(a - b))).sum();
    let signal: f64 = b.iter().map(|&b| square(f64::from(b))).sum();
    10.0 * (error / signal).log10()
}

/// A state that asks for the model in a file.
fn wanting(model: &Path) -> String {
    let wanted = serde_json::json!({ "name": "own", "path": model }).to_string();
    serde_json::json!({
        "version": "0.1.0",
        "params": {},
        "fields": { "format": "1", "model": wanted },
    })
    .to_string()
}

#[test]
fn the_parameters_are_the_engine_s() {
    let mut host = host(Play::offline(48_000, 512));
    let names: Vec<&str> = Parameter::ALL.iter().map(|p| p.name()).collect();
    assert_eq!(host.parameters(), names);
    let json = host.json();
    for parameter in Parameter::ALL {
        assert!(json["params"][parameter.id()].is_object(), "{parameter:?}");
    }
}

#[test]
fn levels_read_and_are_read_in_db() {
    let mut host = host(Play::offline(48_000, 512));
    assert_eq!(host.text("Voice", OPEN), "0 dB");
    assert_eq!(host.text("Background", 0.0), "silent");
    assert_eq!(host.parse("Background", "silent"), Some(0.0));
    let value = host.parse("Voice", "-18 dB").expect("a level");
    assert_eq!(host.text("Voice", value), "-18 dB");
    assert_eq!(host.parse("Voice", "loud"), None);
}

#[test]
fn an_impulse_comes_out_exactly_at_the_reported_latency() {
    for rate in [8_000, 44_100, 48_000, 96_000, 192_000] {
        for block in [1, 17, 64, 512, 4096] {
            let mut host = host(Play::offline(rate, block));
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

#[test]
fn with_both_faders_at_0_db_the_output_is_the_input_only_later() {
    for (play, seed) in [
        (Play::offline(44_100, 512), 1),
        (Play::offline(48_000, 333), 2),
        (Play::offline(96_000, 4096).mono(), 3),
    ] {
        let mut host = host(play);
        let latency = host.latency();
        let input = vec![noise(seed, play.rate as usize); play.channels.0];
        let output = host.run(&input, &NOTHING_CHANGED, random_blocks(seed, play.longest));
        let error = error_db(&output[0][latency..], &input[0]);
        assert!(error < -100.0, "{play:?}: {error} dB");
    }
}

#[test]
fn a_render_is_the_engine_s_bit_for_bit_however_it_is_cut() {
    let rate = 48_000;
    let one = speech(3 * rate as usize);
    let other: Vec<f32> = one.iter().rev().copied().collect();
    let input = [one, other];
    let model = Bundle::shared().model();
    let expected = enhanced(&model, &input, rate, &Controls::default());
    for (longest, seed) in [(512, 1), (512, 2), (17, 3), (4096, 4)] {
        let mut host = host(Play::offline(rate, longest));
        let latency = host.latency();
        let output = host.run(&input, &[], random_blocks(seed, longest));
        for (got, expected) in output.iter().zip(&expected) {
            let got = &got[latency..];
            assert!(got == &expected[..got.len()], "blocks of up to {longest}");
        }
    }
}

/// A host that plays ten blocks at once and then rests as long is waited for as far as its lead allows.
/// What was missed would not be what a render gives. A machine that stalls may miss once, not always.
#[test]
fn bursts_of_ten_blocks_miss_nothing() {
    let (rate, block) = (48_000, 512);
    let input = vec![speech(2 * rate as usize); 2];
    let expected = host(Play::offline(rate, block)).run(&input, &[], blocks(block));
    let played = || {
        let play = Play {
            offline: false,
            ..Play::offline(rate, block)
        };
        let mut host = host(play);
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
        (0..5).any(|_| played() == expected[0]),
        "each try has missed something"
    );
}

#[test]
fn an_automated_render_is_the_same_bits_however_it_is_cut() {
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
        let mut host = host(Play::offline(rate, 512));
        host.run(&input, &automation, random_blocks(seed, 512))
    };
    let first = render(1);
    assert!(first == render(1) && first == render(2));
    assert!(first[0].iter().any(|x| x.abs() > 0.01));
}

#[test]
fn bypass_is_the_input_as_late_as_ever() {
    let mut host = host(Play::offline(48_000, 512));
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

#[test]
fn a_mono_track_may_go_to_both_sides() {
    let play = Play {
        channels: (1, 2),
        ..Play::offline(48_000, 512)
    };
    let input = vec![speech(48_000)];
    let output = host(play).run(&input, &[], blocks(512));
    let alone = host(Play::offline(48_000, 512).mono()).run(&input, &[], blocks(512));
    assert!(output[0] == output[1] && output[0] == alone[0]);
}

#[test]
fn a_state_brings_everything_back() {
    let mut before = host(Play::offline(48_000, 512));
    let changes = [
        at_start("Voice", 0.5),
        at_start("Background", 0.25),
        at_start("Solo", 2.0),
        at_start("Stereo link", 0.0),
        at_start("Bypass", 1.0),
    ];
    before.run(&[vec![0.0; 512], vec![0.0; 512]], &changes, blocks(512));
    let saved = before.save();
    let mut after = host(Play::offline(48_000, 512));
    assert!(after.restore(&saved));
    for Change {
        parameter, value, ..
    } in changes
    {
        let got = after.value(parameter);
        assert!((got - value).abs() < 1e-6, "{parameter}: {got}");
    }
    assert_eq!(after.json(), before.json());
    let model: String =
        serde_json::from_value(after.json()["fields"]["model"].clone()).expect("a text");
    assert!(model.contains("sha256"), "{model}");
}

#[test]
fn garbage_is_refused_and_changes_nothing() {
    let mut host = host(Play::offline(48_000, 512));
    host.run(
        &[vec![0.0; 512], vec![0.0; 512]],
        &[at_start("Voice", 0.5)],
        blocks(512),
    );
    let before = host.json();
    let garbage: [&[u8]; 5] = [b"", b"\0\0", b"garbage, and long enough", &[0xff; 64], &{
        let mut cut = host.save();
        cut.truncate(cut.len() / 2);
        cut
    }];
    for bytes in garbage {
        assert!(!host.restore(bytes), "{bytes:?}");
        assert_eq!(host.json(), before);
    }
    assert!(!host.restore_json(r#"{"params": 3}"#));
    assert_eq!(host.json(), before);
}

#[test]
fn an_older_state_is_read_and_saved_as_today_s() {
    let mut host = host(Play::offline(48_000, 512));
    let old = r#"{"version":"0.0.1","params":{"voice":{"f32":0.65},"gone":{"f32":1.0}},
                  "fields":{"model":"\"limpid\""}}"#;
    assert!(host.restore_json(old));
    let value = host.value("Voice");
    assert_eq!(host.text("Voice", value), "-6 dB");
    let json = host.json();
    assert_eq!(json["fields"]["format"], "1");
    assert!(
        json["fields"]["model"]
            .as_str()
            .expect("a text")
            .contains("\"name\":\"limpid\"")
    );
}

#[test]
fn a_model_that_is_gone_is_replaced_by_the_shipped_one() {
    let input = vec![speech(48_000); 2];
    let mut host = host(Play::offline(48_000, 512));
    let usual = host.run(&input, &[], blocks(512));
    host.deactivate();
    assert!(host.restore_json(&wanting(Path::new("/nowhere/own.onnx"))));
    host.activate();
    assert!(host.run(&input, &[], blocks(512)) == usual);
    // The session keeps what it wants, for the machine that has it.
    assert!(
        host.json()["fields"]["model"]
            .as_str()
            .expect("a text")
            .contains("/nowhere/own.onnx")
    );
}

#[test]
fn a_hundred_models_follow_each_other_without_a_gap() {
    let mut host = host(Play {
        offline: true,
        ..Play::offline(48_000, 480)
    });
    let latency = host.latency();
    let models = [fixture("identity_k1"), fixture("identity_k3")];
    // Models that let everything through: whatever plays, the output is the input.
    assert!(host.restore_json(&wanting(&models[1])));
    let chunk = 24_000;
    let signal = noise(9, 100 * chunk);
    let mut output = Vec::new();
    for round in 0..100 {
        assert!(host.restore_json(&wanting(&models[round % 2])));
        let part = signal[round * chunk..(round + 1) * chunk].to_vec();
        output.extend(
            host.run(&[part.clone(), part], &NOTHING_CHANGED, blocks(480))
                .swap_remove(0),
        );
    }
    let error = error_db(&output[latency..], &signal);
    assert!(error < -100.0, "{error} dB");
    assert_eq!(host.latency(), latency);
}

#[test]
fn a_model_of_another_latency_waits_for_the_next_activation() {
    let play = Play::offline(48_000, 512);
    let mut host = host(play);
    let latency = host.latency();
    host.restarts();
    assert!(host.restore_json(&wanting(&fixture("waveform_identity"))));
    let signal = vec![noise(5, 48_000); 2];
    let mut asked = 0;
    // It is loaded meanwhile; the first model plays on.
    for _ in 0..50 {
        let output = host.run(&signal, &NOTHING_CHANGED, blocks(512));
        asked += host.restarts();
        assert_eq!(host.latency(), latency);
        drop(output);
        if asked > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(asked > 0, "no restart was asked for");
    host.reactivate(play);
    let other = host.latency();
    assert_ne!(other, latency);
    let output = host.run(&signal, &NOTHING_CHANGED, blocks(512));
    let error = error_db(&output[0][other..], &signal[0]);
    assert!(error < -60.0, "{error} dB");
}

#[test]
fn a_host_that_waits_for_the_tail_cuts_no_word_end() {
    let mut host = host(Play::offline(48_000, 512));
    let latency = host.latency();
    let word = vec![noise(2, 9_600); 2];
    let mut heard = host
        .run(&word, &NOTHING_CHANGED, blocks(512))
        .swap_remove(0);
    let tail = host.tail() as usize;
    assert!(tail >= latency, "{tail} {latency}");
    heard.extend(
        host.run(&[vec![0.0; tail], vec![0.0; tail]], &[], blocks(512))
            .swap_remove(0),
    );
    let error = error_db(&heard[latency..latency + 9_600], &word[0]);
    assert!(error < -100.0, "{error} dB");
}

#[test]
fn after_a_reset_nothing_of_before_is_heard() {
    let mut host = host(Play::offline(48_000, 512));
    let input = vec![speech(48_000); 2];
    let first = host.run(&input, &[], blocks(512));
    host.reset();
    assert!(host.run(&input, &[], blocks(512)) == first);
}

#[test]
fn another_rate_block_and_mode_are_taken_at_the_next_activation() {
    let mut host = host(Play::offline(48_000, 512));
    let input = vec![speech(48_000); 2];
    let first = host.run(&input, &[], blocks(512));
    for play in [
        Play::offline(44_100, 64),
        Play {
            offline: false,
            ..Play::offline(48_000, 1024)
        },
        Play::offline(96_000, 4096),
    ] {
        host.reactivate(play);
        let output = host.run(&vec![noise(1, 20_000); 2], &[], blocks(play.longest));
        assert!(output[0].iter().all(|x| x.is_finite()));
    }
    host.reactivate(Play::offline(48_000, 512));
    assert!(host.run(&input, &[], blocks(512)) == first);
}

#[test]
fn a_loop_loses_nothing() {
    // A transport that jumps back calls no reset: what was under way comes out.
    let mut host = host(Play::offline(48_000, 512));
    let latency = host.latency();
    let signal = noise(4, 24_000);
    let looped: Vec<f32> = signal.iter().cycle().take(96_000).copied().collect();
    let mut output = Vec::new();
    for part in looped.chunks(24_000) {
        output.extend(
            host.run(
                &[part.to_vec(), part.to_vec()],
                &NOTHING_CHANGED,
                blocks(512),
            )
            .swap_remove(0),
        );
    }
    let error = error_db(&output[latency..], &looped);
    assert!(error < -100.0, "{error} dB");
}

#[test]
fn eight_instances_play_side_by_side() {
    let entry = load(&Bundle::shared().plugin);
    let input = vec![speech(24_000); 2];
    let mut hosts: Vec<Host> = (0..8)
        .map(|_| Host::new(&entry, Play::offline(48_000, 128)))
        .collect();
    let outputs: Vec<_> = hosts
        .iter_mut()
        .map(|host| host.run(&input, &[], blocks(128)))
        .collect();
    assert!(outputs.iter().all(|output| *output == outputs[0]));
}

#[test]
fn a_hundred_instances_come_and_go() {
    let path = &Bundle::shared().plugin;
    let input = vec![noise(1, 2_048); 2];
    for _ in 0..100 {
        let entry = load(path);
        let mut host = Host::new(&entry, Play::offline(48_000, 512));
        host.run(&input, &[], blocks(512));
    }
}

#[test]
fn a_number_that_is_none_never_comes_out() {
    let mut host = host(Play::offline(48_000, 512));
    let mut bad = noise(1, 48_000);
    for (i, x) in bad.iter_mut().enumerate().skip(10_000).take(300) {
        *x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][i % 3];
    }
    let output = host.run(&[bad.clone(), bad], &[], random_blocks(1, 512));
    assert!(output.iter().flatten().all(|x| x.is_finite()));
}
