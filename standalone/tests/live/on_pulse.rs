//! `limpid live` on a PulseAudio server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::compare::{match_db, match_db_between_gaps, place};
use crate::on_jack::{demo, enhanced, read, shipped};
use crate::program::{Running, Terminal, number_after, until};
use crate::pulse::Pulse;
use crate::support::{assert_done, fixture, limpid, output};

pub fn live(folder: &TempDir, pulse: &Pulse, model: &Path, words: &[&str]) -> Command {
    let mut command = limpid(folder);
    pulse.aim(&mut command);
    command.arg("live").arg("--model").arg(model).args(words);
    command
}

/// The demonstration as if it had been recorded at 48 kHz, so that no server resamples it.
pub fn sound(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("sound.wav");
    write(&path, &read(&demo()));
    path
}

/// One channel at 48 kHz.
pub fn write(path: &Path, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    for sample in samples {
        writer
            .write_sample((sample * 32768.0) as i16)
            .expect("a sample");
    }
    writer.finalize().expect("a file");
}

pub fn identity() -> PathBuf {
    fixture("identity_k1")
}

pub fn is_heard(samples: &[f32]) -> bool {
    samples.iter().any(|x| x.abs() > 0.01)
}

#[test]
fn what_is_played_is_what_the_file_command_makes_of_the_recording() {
    assert_match(Pulse::start);
}

#[track_caller]
pub fn assert_match(start: fn() -> Pulse) {
    // A machine that leaves the server no time puts gaps into most of the sound: then it is played again.
    let good = |&(heard, played): &(f64, f64)| heard > 40.0 && played > 40.0;
    let mut tries = Vec::new();
    while tries.len() < 3 && !tries.iter().any(good) {
        tries.push(heard_and_played(&start(), &["--output", "out"], |_| {}));
    }
    assert!(tries.iter().any(good), "heard and played, dB: {tries:?}");
}

/// How much alike are the sound and what is recorded of it, and what should be played and what is (dB).
pub fn heard_and_played(
    pulse: &Pulse,
    words: &[&str],
    aim: impl FnOnce(&mut Command),
) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = live(&folder, pulse, &shipped(), words);
    aim(&mut command);
    command.args(["--record", "noisy.wav,voice.wav", "--safety", "20"]);
    let mut running = Running::start(&mut command);
    running.wait_for(0, "to ");
    running.wait_for(0, "ms (input");
    let heard = pulse.record("out.monitor");
    pulse.play(&sound(&folder));
    // Until the last of it has come through every buffer: ALSA's hold the most.
    std::thread::sleep(Duration::from_millis(1500));
    let heard = heard.finish();
    running.interrupt();

    let sound = read(&sound(&folder));
    let noisy = read(&folder.path().join("noisy.wav"));
    let begins = place(&sound, &noisy, noisy.len());
    let taken = match_db_between_gaps(&sound, &noisy);
    let reference = enhanced(&folder, &folder.path().join("noisy.wav"));
    let voice = read(&folder.path().join("voice.wav"));
    let alike = match_db(&reference, &voice, 0);
    assert!(alike > 40.0, "recorded: {alike} dB");
    let ends = reference.len().min(begins + sound.len());
    // A server without time may lose much of the sound: then it is a try that failed.
    if ends - begins < sound.len() * 9 / 10 {
        return (taken, 0.0);
    }
    let played = match_db_between_gaps(&reference[begins..ends], &heard);
    println!("recorded and played {played:.1} dB alike");
    (taken, played)
}

#[test]
fn a_server_that_is_killed_and_started_again_is_found_again() {
    assert_found_again(Pulse::start());
}

#[track_caller]
pub fn assert_found_again(mut pulse: Pulse) {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["--input", "pulseaudio:mic", "--output", "pulseaudio:out"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "to Out");
    let before = running.said().len();
    pulse.kill();
    running.wait_for(before, "Limpid waits for it");
    pulse.restart();
    running.wait_for(before, "Mic is in use again");
    running.wait_for(before, "Out is in use again");
    let heard = pulse.record("out.monitor");
    pulse.play(&sound(&folder));
    assert!(is_heard(&heard.finish()));
    running.interrupt();
}

#[test]
fn a_microphone_that_is_removed_is_waited_for_and_no_other_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--input", "pulseaudio:mic"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "from Mic");
    let before = running.said().len();
    pulse.pactl(&["unload-module", "module-remap-source"]);
    running.wait_for(before, "Mic is gone");
    pulse.pactl(&[
        "load-module",
        "module-remap-source",
        "master=mic_feed.monitor",
        "source_name=mic",
        "source_properties=device.description=Mic",
    ]);
    running.wait_for(before, "Mic is in use again");
    running.interrupt();
}

#[test]
fn the_system_s_microphone_is_followed_when_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &[]));
    running.wait_for(0, "from Mic");
    pulse.pactl(&[
        "load-module",
        "module-remap-source",
        "master=mic_feed.monitor",
        "source_name=headset",
        "source_properties=device.description=Headset",
    ]);
    pulse.pactl(&["set-default-source", "headset"]);
    running.wait_for(0, "the system's input is Headset now, not Mic");
    running.wait_for(0, "from Headset");
    let said = running.said().join("\n");
    assert!(!said.contains("warning"), "{said}");
    running.interrupt();
}

#[test]
fn a_device_that_was_named_is_taken_the_next_time_until_another_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    pulse.pactl(&["set-default-source", "out.monitor"]);
    let said = |words: &[&str]| {
        let mut running = Running::start(&mut live(&folder, &pulse, &identity(), words));
        running.end();
        running.said().join("\n")
    };
    let first = said(&["--input", "mic", "--output", "out", "--for", "1"]);
    assert!(!first.contains("chosen before"), "{first}");
    let second = said(&["--output", "--for", "3"]);
    assert!(
        second.contains("the microphone is Mic, as chosen before"),
        "{second}"
    );
    assert!(
        second.contains("the output is Out, as named before"),
        "{second}"
    );
    assert!(
        second.contains("from Mic") && second.contains("to Out"),
        "{second}"
    );
    assert!(!second.contains("to nothing"), "{second}");
    // Without --output nothing is played, whatever was named before.
    let third = said(&["--for", "3"]);
    assert!(third.contains("to nothing"), "{third}");

    pulse.pactl(&["unload-module", "module-remap-source"]);
    let gone = said(&["--for", "1"]);
    let reason = "limpid: the input device Mic, which was chosen before, is not there";
    assert!(gone.contains(reason) && gone.contains("--wait"), "{gone}");
    let back = said(&["--input", "default", "--for", "1"]);
    assert!(!back.contains("Mic,"), "{back}");
    let last = said(&["--for", "1"]);
    assert!(!last.contains("chosen before"), "{last}");
}

#[test]
fn without_an_output_it_meters_and_plays_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &[]));
    running.wait_for(0, "to nothing");
    let players = || {
        pulse
            .pactl(&["list", "short", "sink-inputs"])
            .lines()
            .count()
    };
    // The test's own silence.
    assert_eq!(players(), 1);
    pulse.play(&sound(&folder));
    let lines = running.said();
    let last = running.wait_for(lines.len(), "background");
    assert_eq!(players(), 1);
    assert!(last.contains("latency"), "{last}");
    running.interrupt();
    let end = running.said().pop().expect("a summary");
    assert!(end.starts_with("ended after"), "{end}");
    assert!(number_after(&end, "ended after") > 0.0);
}

#[test]
fn a_killed_process_leaves_playable_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--record", "noisy.wav,voice.wav", "--background", "0"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "ms (input");
    pulse.play(&sound(&folder));
    running.signal("KILL");
    running.end();
    let noisy = read(&folder.path().join("noisy.wav"));
    let voice = read(&folder.path().join("voice.wav"));
    assert!(noisy.len() > 48_000 && voice.len() > 48_000);
    let apart = noisy.iter().zip(&voice).map(|(a, b)| (a - b).abs());
    assert!(is_heard(&noisy) && apart.fold(0.0, f32::max) < 1e-4);
}

pub fn sources(pulse: &Pulse) -> String {
    pulse.pactl(&["list", "short", "sources"])
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let command = live(&folder, &pulse, &identity(), &["--virtual-mic"]);
    let mut terminal = Terminal::start(&command, &folder, |command| pulse.aim(command));
    until("the microphone", || {
        sources(&pulse).contains("limpid_microphone\t")
    });
    std::thread::sleep(Duration::from_millis(500));
    terminal.close();
    until("its end", || terminal.has_ended());
    assert!(!sources(&pulse).contains("limpid"));
}

#[test]
fn the_virtual_microphone_can_be_recorded_and_is_removed_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--virtual-mic", "--input", "pulseaudio:mic"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "waiting for a program that records");
    assert!(sources(&pulse).contains("limpid_microphone\t"));
    let named = pulse.pactl(&["list", "sources"]);
    assert!(named.contains("Description: Limpid microphone"), "{named}");
    // Nothing listens to the real microphone yet.
    let listening = || pulse.pactl(&["list", "short", "source-outputs"]);
    let own = |list: String| list.lines().filter(|l| l.contains("float32le")).count();
    assert_eq!(own(listening()), 0, "{}", listening());

    let heard = pulse.record("limpid_microphone");
    running.wait_for(0, "somebody listens");
    running.wait_for(0, "to Inside of the Limpid microphone");
    pulse.play(&sound(&folder));
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_heard(&heard.finish()));
    running.wait_for(0, "nobody listens");
    running.interrupt();
    assert!(!sources(&pulse).contains("limpid"));
    let sinks = pulse.pactl(&["list", "short", "sinks"]);
    assert!(!sinks.contains("limpid"), "{sinks}");
}

#[test]
fn what_a_crash_left_is_cleaned_up_and_a_second_microphone_is_refused() {
    assert_cleaned_up(&Pulse::start());
}

#[track_caller]
pub fn assert_cleaned_up(pulse: &Pulse) {
    let folder = tempfile::tempdir().expect("a folder");
    let start = || Running::start(&mut live(&folder, pulse, &identity(), &["--virtual-mic"]));
    let mut first = start();
    first.wait_for(0, "waiting for a program that records");
    let mut second = start();
    assert!(!second.end().success());
    let said = second.said().join("\n");
    assert!(
        said.contains("has made the Limpid microphone already"),
        "{said}"
    );
    first.signal("KILL");
    first.end();
    assert!(sources(pulse).contains("limpid_microphone\t"));

    let mut third = start();
    third.wait_for(0, "waiting for a program that records");
    let list = sources(pulse);
    assert_eq!(list.matches("limpid_microphone\t").count(), 1, "{list}");
    third.signal("KILL");
    third.end();
    let mut command = limpid(&folder);
    pulse.aim(&mut command);
    assert_done(&output(command.args(["live", "--cleanup"])));
    assert!(!sources(pulse).contains("limpid"));
}

#[test]
fn a_virtual_microphone_that_nobody_records_comes_back_with_its_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut pulse = Pulse::start();
    // As at a login that is faster than the sound server.
    pulse.kill();
    let words = ["--virtual-mic", "--input", "pulseaudio:mic", "--wait"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "waiting: the sound server refuses");
    for _ in 0..2 {
        pulse.restart();
        until("the microphone", || {
            sources(&pulse).contains("limpid_microphone\t")
        });
        let before = running.said().len();
        let heard = pulse.record("limpid_microphone");
        running.wait_for(before, "somebody listens");
        running.wait_for(before, "to Inside");
        drop(heard);
        running.wait_for(before, "nobody listens");
        pulse.kill();
    }
    running.interrupt();
}

#[test]
fn fifty_listeners_come_and_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--virtual-mic", "--input", "pulseaudio:mic"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "waiting for a program that records");
    let files = || {
        let open = std::fs::read_dir(format!("/proc/{}/fd", running.pid()));
        open.map_or(0, Iterator::count)
    };
    let mut after_first = 0;
    for round in 0..50 {
        let before = running.said().len();
        let heard = pulse.record("limpid_microphone");
        running.wait_for(before, "to Inside");
        drop(heard);
        running.wait_for(before, "nobody listens");
        if round == 0 {
            after_first = files();
        }
    }
    let listening = pulse.pactl(&["list", "short", "source-outputs"]);
    assert!(!listening.contains("float32le"), "{listening}");
    // Asking the server takes some for a moment.
    until("no more open files than at first", || {
        files() <= after_first + 2
    });
    running.interrupt();
}

#[test]
fn the_virtual_speaker_plays_on_what_is_played_to_it() {
    assert_played_on(&Pulse::start());
}

#[track_caller]
pub fn assert_played_on(pulse: &Pulse) {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["--virtual-speaker", "--output", "pulseaudio:out"];
    let mut running = Running::start(&mut live(&folder, pulse, &identity(), &words));
    running.wait_for(0, "to Out");
    let heard = pulse.record("out.monitor");
    let played = pulse
        .command("paplay")
        .arg("--device=limpid_speaker")
        .arg(sound(&folder))
        .status();
    assert!(played.expect("paplay").success());
    until("the end of the sound", || {
        let players = pulse.pactl(&["list", "short", "sink-inputs"]);
        players.lines().count() <= 2
    });
    assert!(is_heard(&heard.finish()));
    running.interrupt();
    assert!(!sources(pulse).contains("limpid"));
}

#[test]
fn an_output_that_is_removed_is_waited_for_and_no_other_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let load = || {
        let words = "load-module module-null-sink sink_name=cans rate=48000 channels=1 \
                     sink_properties=device.description=Cans";
        pulse.pactl(&words.split_whitespace().collect::<Vec<_>>())
    };
    let number = load();
    let words = ["--input", "pulseaudio:mic", "--output", "pulseaudio:cans"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "to Cans");
    let before = running.said().len();
    pulse.pactl(&["unload-module", number.trim()]);
    running.wait_for(before, "Cans");
    running.wait_for(before, "Limpid waits for it");
    load();
    running.wait_for(before, "Cans is in use again");
    let heard = pulse.record("cans.monitor");
    pulse.play(&sound(&folder));
    assert!(is_heard(&heard.finish()));
    running.interrupt();
    let said = running.said().join("\n");
    assert!(!said.contains("to Out"), "{said}");
}

#[test]
fn the_system_s_output_is_followed_when_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = ["--output", "default"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "to Out");
    let words = "load-module module-null-sink sink_name=cans rate=48000 channels=1 \
                 sink_properties=device.description=Cans";
    pulse.pactl(&words.split_whitespace().collect::<Vec<_>>());
    pulse.pactl(&["set-default-sink", "cans"]);
    running.wait_for(0, "the system's output is Cans now, not Out");
    running.wait_for(0, "to Cans");
    running.interrupt();
}

#[test]
fn an_output_of_another_rate_plays_what_the_microphone_hears() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::start();
    let words = "load-module module-null-sink sink_name=cd rate=44100 channels=1 \
                 sink_properties=device.description=Cd";
    pulse.pactl(&words.split_whitespace().collect::<Vec<_>>());
    let words = [
        "--output",
        "pulseaudio:cd",
        "--background",
        "0",
        "--safety",
        "20",
    ];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    let line = running.wait_for(0, "to Cd");
    assert!(line.contains("44100 Hz"), "{line}");
    running.wait_for(0, "ms (input");
    let heard = pulse.record("cd.monitor");
    let file = sound(&folder);
    pulse.play(&file);
    std::thread::sleep(Duration::from_millis(500));
    // The server's resampler back to 48 kHz is a simple one.
    let alike = match_db_between_gaps(&read(&file), &heard.finish());
    println!("played at 44.1 kHz {alike:.1} dB alike");
    assert!(alike > 25.0, "{alike} dB");
    running.interrupt();
}
