//! `limpid live` on PipeWire, through its PulseAudio server.

use std::time::Duration;

use crate::on_pulse::{self, identity, is_heard, live, sound, sources};
use crate::program::Running;
use crate::pulse::Pulse;

#[test]
fn what_the_microphone_hears_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::on_pipewire();
    let words = ["--output", "out"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "from Mic");
    running.wait_for(0, "to Out");
    let heard = pulse.record("out.monitor");
    pulse.play(&sound(&folder));
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_heard(&heard.finish()));
    running.interrupt();
}

#[test]
fn the_virtual_microphone_runs_while_it_is_recorded_and_is_removed_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let pulse = Pulse::on_pipewire();
    let words = ["--virtual-mic", "--input", "mic"];
    let mut running = Running::start(&mut live(&folder, &pulse, &identity(), &words));
    running.wait_for(0, "waiting for a program that records");
    assert!(sources(&pulse).contains("limpid_microphone\t"));
    let heard = pulse.record("limpid_microphone");
    running.wait_for(0, "somebody listens");
    running.wait_for(0, "to Inside of the Limpid microphone");
    pulse.play(&sound(&folder));
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_heard(&heard.finish()));
    running.wait_for(0, "nobody listens");
    running.interrupt();
    assert!(!sources(&pulse).contains("limpid"));
}

#[test]
fn what_is_played_is_what_the_file_command_makes_of_the_recording() {
    on_pulse::assert_match(Pulse::on_pipewire);
}

#[test]
fn a_server_that_is_killed_and_started_again_is_found_again() {
    on_pulse::assert_found_again(Pulse::on_pipewire());
}

#[test]
fn what_a_crash_left_is_cleaned_up_and_a_second_microphone_is_refused() {
    on_pulse::assert_cleaned_up(&Pulse::on_pipewire());
}

#[test]
fn the_virtual_speaker_plays_on_what_is_played_to_it() {
    on_pulse::assert_played_on(&Pulse::on_pipewire());
}
