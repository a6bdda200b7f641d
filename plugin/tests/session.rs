//! Instances, parameters, states and models, in a host of each format.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::Path;

use host::{
    Bundle, Change, Host, NOTHING_CHANGED, OPEN, Play, at_start, blocks, enhanced, error_db,
    fixture, in_both_hosts, noise, speech,
};
use limpid_engine::controls::{Controls, Parameter};

in_both_hosts!(
    the_parameters_are_the_engine_s,
    the_numbers_of_the_parameters_are_for_ever,
    levels_read_and_are_read_in_db,
    every_text_is_read_back_as_the_value_that_it_is_for,
    a_state_brings_everything_back,
    garbage_is_refused_and_changes_nothing,
    an_older_state_is_read_and_saved_as_today_s,
    a_newer_state_is_read_as_far_as_it_is_known,
    one_bad_field_does_not_spoil_the_others,
    a_model_that_is_gone_is_replaced_by_the_shipped_one,
    a_hundred_models_follow_each_other_without_a_gap,
    a_model_of_another_latency_waits_for_the_next_activation,
    a_host_that_does_what_it_is_asked_for_settles_at_once,
    another_rate_block_and_mode_are_taken_at_the_next_activation,
    eight_instances_play_side_by_side,
    eight_instances_play_on_eight_threads,
    a_block_without_samples_only_moves_parameters,
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

/// A host saves automation by these numbers.
fn the_numbers_of_the_parameters_are_for_ever<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let names = host.parameters();
    let numbers: Vec<(String, (u32, bool))> = names.into_iter().zip(host.numbers()).collect();
    let expected = [
        ("Voice", 112_386_354),
        ("Background", 815_289_646),
        ("Solo", 3_536_095),
        ("Stereo link", 3_321_850),
        ("Bypass", 773_352_680),
    ];
    let expected = expected.map(|(name, id)| (name.to_owned(), (id, true)));
    assert_eq!(numbers, expected);
}

fn every_text_is_read_back_as_the_value_that_it_is_for<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let faders = (0..=40).map(|i| f64::from(i) / 40.0);
    let faders = faders.flat_map(|value| [("Voice", value), ("Background", value)]);
    let steps = [("Solo", 0.0), ("Solo", 1.0), ("Solo", 2.0)];
    let switches = [0.0, 1.0].map(|on| [("Stereo link", on), ("Bypass", on)]);
    for (name, value) in faders.chain(steps).chain(switches.into_iter().flatten()) {
        let text = host.text(name, value);
        let read = host.parse(name, &text);
        let read = read.unwrap_or_else(|| panic!("{name}: {text:?} is not read"));
        // A text names a tenth of a dB.
        assert_eq!(host.text(name, read), text, "{name}");
        // Between silence and the lowest level, -60 dB, a fader stands for that level.
        let meant = if value > 0.0 { value.max(0.05) } else { value };
        assert!(
            (read - meant).abs() < 0.005,
            "{name}: {text:?} is {read}, not {meant}"
        );
    }
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

fn a_newer_state_is_read_as_far_as_it_is_known<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let new = r#"{"version":"9.0.0","params":{"voice":{"f32":0.65},"width":{"f32":1.0},
                  "solo":{"string":"both"}},
                  "fields":{"format":"7","model":"{\"name\":\"limpid\",\"heads\":4}",
                            "rooms":"[1,2]"}}"#;
    assert!(host.restore_json(new));
    let value = host.value("Voice");
    assert_eq!(host.text("Voice", value), "-6 dB");
    assert_eq!(host.value("Solo"), 0.0);
    let json = host.json();
    assert_eq!(json["fields"]["format"], "1");
    assert!(json["params"]["width"].is_null() && json["fields"]["rooms"].is_null());
}

fn one_bad_field_does_not_spoil_the_others<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let before = host.json();
    let bad = r#"{"version":"0.1.0","params":{"voice":{"f32":0.65}},
                  "fields":{"format":"1","model":"{\"name\":7}","window":"no JSON"}}"#;
    assert!(host.restore_json(bad));
    let value = host.value("Voice");
    assert_eq!(host.text("Voice", value), "-6 dB");
    assert_eq!(host.json()["fields"], before["fields"]);
    let input = vec![speech(24_000); 2];
    assert!(
        host.run(&input, &[], blocks(512))[0]
            .iter()
            .any(|y| y.abs() > 0.001)
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

/// Each time as an instance of its own would begin, and what the engine gives at that rate.
fn another_rate_block_and_mode_are_taken_at_the_next_activation<H: Host>() {
    let mut host = H::shared(Play::offline(48_000, 512));
    let model = Bundle::shared(H::FORMAT).model();
    for play in [
        Play::offline(48_000, 512),
        Play::offline(44_100, 64),
        Play::real_time(48_000, 1024),
        Play::offline(96_000, 4096),
        Play::offline(8_000, 17),
        Play::offline(192_000, 512),
        Play::offline(48_000, 512),
    ] {
        host.reactivate(play);
        let latency = host.latency();
        assert_eq!(latency, H::shared(play).latency(), "{play:?}");
        let input = vec![speech(play.rate as usize / 2); 2];
        let output = host.run(&input, &[], blocks(play.longest));
        // Played without its pace, some of it is missed.
        if play.offline {
            let expected = enhanced(&model, &input, play.rate, &Controls::default());
            for (got, expected) in output.iter().zip(&expected) {
                let got = &got[latency..];
                assert!(got == &expected[..got.len()], "{play:?}");
            }
        }
    }
}

/// Both formats ask once more when the latency has changed, and then no more.
fn a_host_that_does_what_it_is_asked_for_settles_at_once<H: Host>() {
    let play = Play::offline(48_000, 512);
    let mut host = H::shared(play);
    let before = host.latency();
    let signal = vec![noise(6, 4_800); 2];
    let obeyed = |host: &mut H, least: usize| {
        let (mut times, mut calm) = (0, 0);
        for _ in 0..2_000 {
            host.run(&signal, &NOTHING_CHANGED, blocks(512));
            std::thread::sleep(std::time::Duration::from_millis(10));
            calm += 1;
            if host.restarts() > 0 {
                host.reactivate(play);
                (times, calm) = (times + 1, 0);
            }
            if times >= least && calm > 50 {
                break;
            }
        }
        times
    };
    // What the first activation leaves to ask for.
    assert!(obeyed(&mut host, 0) <= 1);
    assert!(host.restore_json(&wanting(&fixture("waveform_identity"))));
    let times = obeyed(&mut host, 1);
    assert!((1..=2).contains(&times), "{times} activations");
    let latency = host.latency();
    assert_ne!(latency, before);
    let signal = vec![noise(7, 48_000); 2];
    let output = host.run(&signal, &NOTHING_CHANGED, blocks(512));
    // What was on its way from before comes first.
    let from = 2 * latency;
    let error = error_db(&output[0][from..], &signal[0][from - latency..]);
    assert!(error < -60.0, "{error} dB");
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

/// At the same time, over the sessions of one model.
fn eight_instances_play_on_eight_threads<H: Host>() {
    let play = Play::offline(48_000, 128);
    let rendered = |input: &[f32]| {
        let library = H::load(&Bundle::shared(H::FORMAT).plugin);
        let mut host = H::new(&library, play);
        host.run(&[input.to_vec(), input.to_vec()], &[], blocks(128))
    };
    let inputs: Vec<Vec<f32>> = (0..8)
        .map(|i| speech((i + 2) * 12_000).split_off((i + 1) * 12_000))
        .collect();
    let expected: Vec<_> = inputs.iter().map(|input| rendered(input)).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = inputs
            .iter()
            .map(|input| scope.spawn(|| rendered(input)))
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended.map(|output| output.expect("a thread")).collect()
    });
    assert!(together == expected);
}

/// Hosts send one to have parameters moved while nothing plays.
fn a_block_without_samples_only_moves_parameters<H: Host>() {
    let input = vec![speech(24_000); 2];
    let moved = [at_start("Voice", 0.5), at_start("Background", 0.6)];
    let expected = H::shared(Play::offline(48_000, 512)).run(&input, &moved, blocks(512));
    let mut host = H::shared(Play::offline(48_000, 512));
    let nothing = host.block(vec![Vec::new(); 2], &moved);
    assert!(nothing.iter().all(Vec::is_empty));
    assert!(host.run(&input, &[], blocks(512)) == expected);
}
