//! `limpid devices` on real sound servers, as a table and as JSON.

use std::process::Command;

use serde_json::Value;

use crate::jack::Jack;
use crate::on_alsa;
use crate::pulse::Pulse;
use crate::support::{assert_done, limpid, output, stdout};

/// Runs it as both; the table's rows and the document's devices of a host.
fn both(aim: impl Fn(&mut Command), host: &str, side: &str) -> (String, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let mut command = limpid(&folder);
        aim(&mut command);
        let output = output(command.arg("devices").args(words));
        assert_done(&output);
        stdout(&output)
    };
    let json: Value = serde_json::from_str(&run(&["--json"])).expect("JSON");
    let hosts = json["hosts"].as_array().expect("hosts");
    let found = hosts.iter().find(|h| h["name"] == host).expect(host);
    let devices = found[side].as_array().expect("devices").clone();
    (run(&[]), devices)
}

#[track_caller]
fn device<'a>(devices: &'a [Value], id: &str) -> &'a Value {
    let found = devices.iter().find(|device| device["id"] == id);
    found.unwrap_or_else(|| panic!("{id} is not in {devices:?}"))
}

#[test]
fn pulseaudio_s_are_listed_with_the_default_marked_and_monitors_left_out() {
    let pulse = Pulse::start();
    pulse.pactl(&[
        "load-module",
        "module-remap-source",
        "master=mic_feed.monitor",
        "source_name=headset",
        "source_properties=device.description=Headset",
    ]);
    let aim = |command: &mut Command| pulse.aim(command);
    let (table, inputs) = both(aim, "pulseaudio", "inputs");
    let mic = device(&inputs, "pulseaudio:mic");
    assert_eq!(mic["name"], "Mic");
    assert_eq!(mic["default"], true);
    assert_eq!(mic["rate"], 48_000);
    assert_eq!(mic["channels"], 1);
    let rates = [&mic["rates"][0], &mic["rates"][1]].map(|r| r.as_u64().expect("a rate"));
    assert!(rates[0] <= 48_000 && rates[1] >= 48_000, "{rates:?}");
    assert!(mic["buffers"].is_array(), "{mic}");
    assert_eq!(device(&inputs, "pulseaudio:headset")["default"], false);
    assert_eq!(inputs.len(), 2, "{inputs:?}");
    let row = table.lines().find(|l| l.contains("pulseaudio:mic "));
    let row = row.expect("a row");
    assert!(row.trim_start().starts_with("* pulseaudio:mic"), "{row}");
    let wanted = format!("48000 Hz ({} to {})  1 ch  buffer", rates[0], rates[1]);
    assert!(row.contains(&wanted), "{row}");
    let row = table.lines().find(|l| l.contains("pulseaudio:headset"));
    assert!(!row.expect("a row").contains('*'), "{table}");
    assert!(!table.contains("monitor"), "{table}");

    let (_, outputs) = both(aim, "pulseaudio", "outputs");
    assert_eq!(device(&outputs, "pulseaudio:out")["default"], true);
    assert_eq!(device(&outputs, "pulseaudio:mic_feed")["default"], false);
}

#[test]
fn jack_s_are_listed_with_the_server_s_rate_and_buffer() {
    let jack = Jack::start("devices", 256);
    for side in ["input", "output"] {
        let (table, devices) = both(|c| jack.aim(c), "jack", &format!("{side}s"));
        let found = device(&devices, &format!("jack:{side}"));
        assert_eq!(found["name"], format!("JACK {side}"));
        assert_eq!(found["default"], true);
        assert_eq!(found["rate"], 48_000);
        assert_eq!(found["buffers"], serde_json::json!([256, 256]));
        let row = table.lines().find(|l| l.contains(&format!("jack:{side}")));
        let row = row.expect("a row");
        assert!(row.contains("* jack:"), "{row}");
        assert!(
            row.contains("48000 Hz") && row.contains("buffer 256"),
            "{row}"
        );
    }
}

#[test]
fn alsa_s_way_to_a_server_is_listed() {
    let pulse = Pulse::start();
    let aim = |command: &mut Command| {
        pulse.aim(command);
        on_alsa::aim(command, &pulse);
    };
    for side in ["inputs", "outputs"] {
        let (table, devices) = both(aim, "alsa", side);
        assert_eq!(device(&devices, "alsa:default")["default"], true);
        assert!(table.contains("* alsa:default"), "{table}");
    }
}
