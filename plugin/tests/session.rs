//! Instances, parameters, states and models, in a host of each format.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::Path;

use host::{
    Bundle, Change, Host, NOTHING_CHANGED, OPEN, Play, at_start, blocks, error_db, fixture,
    in_both_hosts, noise, speech,
};
use limpid_engine::controls::Parameter;

in_both_hosts!(
    the_parameters_are_the_engine_s,
    levels_read_and_are_read_in_db,
    a_state_brings_everything_back,
    garbage_is_refused_and_changes_nothing,
    an_older_state_is_read_and_saved_as_today_s,
    a_model_that_is_gone_is_replaced_by_the_shipped_one,
    a_hundred_models_follow_each_other_without_a_gap,
    a_model_of_another_latency_waits_for_the_next_activation,
    another_rate_block_and_mode_are_taken_at_the_next_activation,
    eight_instances_play_side_by_side,
    the_library_is_loaded_and_let_go_a_hundred_times,
);

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

fn the_parameters_are_the_engine_s<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let names: Vec<&str> = Parameter::ALL.iter().map(|p| p.name()).collect();
    assert_eq!(host.parameters(), names);
    let json = host.json();
    for parameter in Parameter::ALL {
        assert!(json["params"][parameter.id()].is_object(), "{parameter:?}");
    }
}

fn levels_read_and_are_read_in_db<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    assert_eq!(host.text("Voice", OPEN), "0 dB");
    assert_eq!(host.text("Background", 0.0), "silent");
    assert_eq!(host.parse("Background", "silent"), Some(0.0));
    let value = host.parse("Voice", "-18 dB").expect("a level");
    assert_eq!(host.text("Voice", value), "-18 dB");
    assert_eq!(host.parse("Voice", "loud"), None);
}

fn a_state_brings_everything_back<H: Host>() {
    let mut before = H::shared(Play::offline(48_000, 512));
    let changes = [
        at_start("Voice", 0.5),
        at_start("Background", 0.25),
        at_start("Solo", 2.0),
        at_start("Stereo link", 0.0),
        at_start("Bypass", 1.0),
    ];
    before.run(&[vec![0.0; 512], vec![0.0; 512]], &changes, blocks(512));
    let saved = before.save();
    let mut after = H::shared(Play::offline(48_000, 512));
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

fn garbage_is_refused_and_changes_nothing<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    host.run(
        &[vec![0.0; 512], vec![0.0; 512]],
        &[at_start("Voice", 0.5)],
        blocks(512),
    );
    let before = host.json();
    let saved = host.save();
    let cut = &saved[..saved.len() / 2];
    let garbage: [&[u8]; 5] = [b"", b"\0\0", b"garbage, and long enough", &[0xff; 64], cut];
    for bytes in garbage {
        assert!(!host.restore(bytes), "{bytes:?}");
        assert_eq!(host.json(), before);
    }
    assert!(!host.restore_json(r#"{"params": 3}"#));
    assert_eq!(host.json(), before);
}

fn an_older_state_is_read_and_saved_as_today_s<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
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

fn a_model_that_is_gone_is_replaced_by_the_shipped_one<H: Host>() {
    let input = vec![speech(48_000); 2];
    let mut host = H::shared(Play::offline(48_000, 512));
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

/// Models that let everything through: whatever plays, the output is the input. Two wait at most, so the
/// hundredth is taken only when those before have played.
fn a_hundred_models_follow_each_other_without_a_gap<H: Host>() {
    let models = [fixture("identity_k1"), fixture("identity_k3")];
    for play in [Play::offline(48_000, 480), Play::real_time(48_000, 480)] {
        let mut host = H::shared(play);
        let latency = host.latency();
        assert!(host.restore_json(&wanting(&models[1])));
        until_taken(&mut host, |host| {
            host.run(&vec![vec![0.0; 4_800]; 2], &NOTHING_CHANGED, blocks(480));
        });
        let (mut signal, mut output) = (Vec::new(), Vec::new());
        for round in 0..100 {
            assert!(host.restore_json(&wanting(&models[round % 2])));
            until_taken(&mut host, |host| {
                let part = noise(signal.len() as u64, 4_800);
                let played = host.run(&[part.clone(), part.clone()], &[], blocks(480));
                signal.extend(part);
                output.extend_from_slice(&played[0]);
            });
        }
        // What was played before is heard first.
        let error = error_db(&output[latency..], &signal);
        assert!(error < -100.0, "{play:?}: {error} dB");
        assert_eq!(host.latency(), latency);
    }
}

/// Plays until the model that is wanted has been taken: its hash is known then.
fn until_taken<H: Host>(host: &mut H, mut play: impl FnMut(&mut H)) {
    for _ in 0..2_000 {
        play(host);
        let json = host.json();
        let model = json["fields"]["model"].as_str().expect("a text");
        let model: serde_json::Value = serde_json::from_str(model).expect("JSON");
        if model["sha256"]
            .as_str()
            .is_some_and(|hash| !hash.is_empty())
        {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the model was never taken");
}

fn another_rate_block_and_mode_are_taken_at_the_next_activation<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let input = vec![speech(48_000); 2];
    let first = host.run(&input, &[], blocks(512));
    for play in [
        Play::offline(44_100, 64),
        Play::real_time(48_000, 1024),
        Play::offline(96_000, 4096),
    ] {
        host.reactivate(play);
        let output = host.run(&vec![noise(1, 20_000); 2], &[], blocks(play.longest));
        assert!(output[0].iter().all(|x| x.is_finite()));
    }
    host.reactivate(Play::offline(48_000, 512));
    assert!(host.run(&input, &[], blocks(512)) == first);
}

fn a_model_of_another_latency_waits_for_the_next_activation<H: Host>() {
    let play = Play::offline(48_000, 512);
    let mut host = H::shared(play);
    let latency = host.latency();
    assert!(host.restore_json(&wanting(&fixture("waveform_identity"))));
    let signal = vec![noise(5, 48_000); 2];
    let mut asked = 0;
    // It is loaded meanwhile; the first model plays on. What a plugin asks for may come late.
    for _ in 0..100 {
        host.restarts();
        host.run(&signal, &NOTHING_CHANGED, blocks(512));
        assert_eq!(host.latency(), latency);
        std::thread::sleep(std::time::Duration::from_millis(100));
        asked = host.restarts();
        if asked > 0 {
            break;
        }
    }
    assert!(asked > 0, "no activation was asked for");
    host.reactivate(play);
    let other = host.latency();
    assert_ne!(other, latency);
    let output = host.run(&signal, &NOTHING_CHANGED, blocks(512));
    let error = error_db(&output[0][other..], &signal[0]);
    assert!(error < -60.0, "{error} dB");
}

/// Block by block in turn, as a host plays its tracks; each hears its own input alone.
fn eight_instances_play_side_by_side<H: Host>() {
    let library = H::load(&Bundle::shared(H::FORMAT).plugin);
    let play = Play::offline(48_000, 128);
    let inputs: Vec<Vec<f32>> = (0..8)
        .map(|i| speech((i + 2) * 12_000).split_off((i + 1) * 12_000))
        .collect();
    let alone = |input: &Vec<f32>| {
        let mut host = H::new(&library, play);
        host.run(&[input.clone(), input.clone()], &[], blocks(128))
    };
    let expected: Vec<_> = inputs.iter().map(alone).collect();
    let mut hosts: Vec<H> = (0..8).map(|_| H::new(&library, play)).collect();
    let mut together = vec![vec![Vec::new(); 2]; 8];
    for at in (0..12_000).step_by(128) {
        for ((host, input), output) in hosts.iter_mut().zip(&inputs).zip(&mut together) {
            let part = input[at..12_000.min(at + 128)].to_vec();
            let played = host.run(&[part.clone(), part], &[], blocks(128));
            for (all, part) in output.iter_mut().zip(played) {
                all.extend(part);
            }
        }
    }
    assert!(together == expected);
}

fn the_library_is_loaded_and_let_go_a_hundred_times<H: Host>() {
    let input = vec![noise(1, 4_096); 2];
    let mut first = None;
    for _ in 0..100 {
        let library = H::load(&Bundle::shared(H::FORMAT).plugin);
        let mut host = H::new(&library, Play::offline(48_000, 512));
        let output = host.run(&input, &NOTHING_CHANGED, blocks(512));
        drop(host);
        drop(library);
        assert!(*first.get_or_insert_with(|| output.clone()) == output);
    }
}
