//! The audio thread under the real-time sanitizer, which ends the process when code that must not wait
//! allocates, frees, locks or reads a file. (Waiting without any of these is seen by the plugin's tests.) `cargo xtask test` runs this where a nightly compiler
//! has the sanitizer.
#![cfg(rtsan)]

mod common;
mod realtime_support;

use std::process::Command;
use std::time::Duration;

use limpid_engine::controls::Controls;
use limpid_engine::realtime::{Clock, Mode};
use realtime_support::{controls, enhancer, stream, stream_by, voice};

/// Names the offence that a process is to commit.
const OFFENCE: &str = "LIMPID_TEST_OFFENCE";

/// The port looks at its clock in each block: the place for a test to misbehave in.
struct Offender(String);

impl Clock for Offender {
    fn now(&self) -> Duration {
        match self.0.as_str() {
            "allocate" => drop(std::hint::black_box(vec![0.0_f32; 512])),
            "read" => drop(std::fs::read("/proc/self/stat")),
            _ => {}
        }
        Duration::ZERO
    }
}

#[test]
fn playing_bypassing_and_starting_anew_pass() {
    let through = enhancer(2, || common::spectral_gain(1, 0.5));
    let mut stream = stream(through, 128);
    let bypassed = Controls {
        bypass: true,
        ..voice()
    };
    for controls in [voice(), controls(-3.0, -12.0), bypassed, voice()] {
        for _ in 0..200 {
            let (mut left, mut right) = (common::noise(1, 128), common::noise(2, 128));
            let block = &mut [left.as_mut_slice(), &mut right];
            stream.port.process(block, &controls, Mode::RealTime);
        }
        stream.port.reset();
    }
}

#[test]
#[ignore = "run by the other, in a process of its own"]
fn offend() {
    let Ok(offence) = std::env::var(OFFENCE) else {
        return;
    };
    let through = enhancer(2, || common::spectral_gain(1, 0.5));
    let mut stream = stream_by(through, 128, Offender(offence));
    let (mut left, mut right) = ([0.0; 128], [0.0; 128]);
    let block = &mut [left.as_mut_slice(), &mut right];
    stream.port.process(block, &voice(), Mode::RealTime);
}

#[test]
fn what_may_wait_is_caught() {
    for (offence, passes) in [("nothing", true), ("allocate", false), ("read", false)] {
        let test = std::env::current_exe().expect("the test's own path");
        let output = Command::new(test)
            .args(["--exact", "offend", "--ignored"])
            .env(OFFENCE, offence)
            .output()
            .expect("the test again");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), passes, "{offence}: {said}");
        assert_eq!(said.contains("RealtimeSanitizer"), !passes, "{said}");
    }
}
