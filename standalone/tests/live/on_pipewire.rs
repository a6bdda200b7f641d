//! `limpid live` on PipeWire, through its PulseAudio server.

use std::time::Duration;

use crate::on_pulse::{identity, is_heard, live, sound, sources};
use crate::program::Running;
use crate::pulse::Pulse;

#[test]
fn what_the_microphone_hears_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(pulse) = Pulse::on_pipewire() else {
        return;
    };
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
    let Some(pulse) = Pulse::on_pipewire() else {
        return;
    };
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
