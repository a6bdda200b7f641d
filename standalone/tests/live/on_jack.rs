//! `limpid live` between the two sides of a JACK server.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::compare::{match_db, place};
use crate::jack::{Jack, RATE};
use crate::program::{Running, number_after};
use crate::support::{assert_done, fixture, limpid, output};

pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/mixture.wav")
}

pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models/limpid.onnx")
}

/// Samples from -1 to 1.
pub fn read(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    let spec = reader.spec();
    match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map_while(Result::ok).collect(),
        hound::SampleFormat::Int => {
            let scale = (1u32 << (spec.bits_per_sample - 1)) as f32;
            let samples = reader.samples::<i32>().map_while(Result::ok);
            samples.map(|x| x as f32 / scale).collect()
        }
    }
}

/// What `limpid enhance` makes of a recording.
pub fn enhanced(folder: &TempDir, noisy: &Path) -> Vec<f32> {
    enhanced_by(&shipped(), folder, noisy)
}

fn enhanced_by(model: &Path, folder: &TempDir, noisy: &Path) -> Vec<f32> {
    let target = folder.path().join("reference.wav");
    let mut command = limpid(folder);
    command.args(["enhance", "--force"]).arg(noisy).arg("-o");
    command.arg(&target).arg("--model").arg(model);
    assert_done(&output(&mut command));
    read(&target)
}

/// One microphone port, played on.
pub fn live(folder: &TempDir, jack: &Jack, model: &Path) -> Command {
    let mut command = limpid(folder);
    jack.aim(&mut command);
    command.args([
        "live",
        "--host",
        "jack",
        "--output",
        "default",
        "--channels",
        "1",
    ]);
    command.arg("--model").arg(model);
    command
}

#[test]
fn what_is_played_is_what_the_file_command_makes_of_the_recording() {
    assert_match(&shipped(), "match", 10.0);
}

/// The textbook's network looks at samples, at a rate of its own: two resamplers stand round it.
#[test]
fn a_model_of_samples_plays_what_the_file_command_makes_and_is_as_late_as_told() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models");
    assert_match(&models.join("textbook-narrow.onnx"), "textbook", 1.0);
}

/// What is played matches, and the latency told and that measured are at most so many ms apart. A machine
/// that leaves the server no time makes gaps, and the safety may rise in the middle of the sound: then it is
/// played again.
#[track_caller]
fn assert_match(model: &Path, name: &str, most: f64) {
    let good = |(recorded, played, apart): &(f64, f64, f64)| {
        *recorded > 40.0 && *played > 40.0 && *apart < most
    };
    let mut tries = Vec::new();
    while tries.len() < 3 && !tries.iter().any(good) {
        tries.push(matched(model, name));
    }
    let what = "recorded and played in dB, told from measured in ms";
    assert!(tries.iter().any(good), "{what}: {tries:?}");
}

/// Plays the demonstration through a model: how much alike are what is made of it and what should be, and
/// what is played (dB), and how far the latency told is from that measured (ms).
fn matched(model: &Path, name: &str) -> (f64, f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start(name, 480);
    let mut command = live(&folder, &jack, model);
    command.args(["--record", "noisy.wav,voice.wav", "--safety", "20"]);
    let mut running = Running::start(&mut command);
    // At a moment when everything is slow, so is the model, which is refused.
    if running.wait_for(0, " ").contains("too slow") {
        return (0.0, 0.0, f64::INFINITY);
    }
    running.wait_for(0, "to JACK output");
    running.wait_for(0, "ms (input");
    let sound = read(&demo());
    let heard = jack.exchange(running.pid(), &sound);
    let line = running.wait_for(running.said().len(), "ms (input");
    running.interrupt();

    let noisy = read(&folder.path().join("noisy.wav"));
    let begins = place(&sound, &noisy, noisy.len());
    // The program heard what was played: no bit was lost on the way in.
    let lost = sound.iter().zip(&noisy[begins..]).filter(|(a, b)| a != b);
    if lost.count() > sound.len() / 20 {
        return (0.0, 0.0, f64::INFINITY);
    }
    // It made of it what the file command makes. Both begin with the same frame, as a network's
    // answer depends a little on where frames begin.
    let reference = enhanced_by(model, &folder, &folder.path().join("noisy.wav"));
    let voice = read(&folder.path().join("voice.wav"));
    let recorded = match_db(&reference, &voice, 0);
    // And that is what it played, through the bridge between the two clocks.
    let wanted = &reference[begins..begins + sound.len()];
    let later = place(wanted, &heard, RATE as usize);
    let played = match_db(wanted, &heard, later);
    let measured = later as f64 * 1000.0 / f64::from(RATE);
    let told = number_after(&line, "enhancer") + number_after(&line, "bridge");
    println!(
        "{name}: recorded and played {played:.1} dB alike, {measured:.2} ms later, told {told}"
    );
    (recorded, played, (told - measured).abs())
}

/// Frames from a click that is played to the same click heard.
fn clicked(jack: &Jack, running: &Running) -> usize {
    let at = RATE as usize / 2;
    let mut sound = vec![0.0; RATE as usize];
    sound[at..at + 24].fill(0.5);
    let heard = jack.exchange(running.pid(), &sound);
    place(
        &sound[at - 100..at + 200],
        &heard[at - 100..],
        RATE as usize,
    )
}

#[test]
fn the_latency_that_is_told_is_the_latency_that_is() {
    let cases = [
        ("identity_k1", 128u32),
        ("identity_k1", 480),
        ("identity_k1", 1024),
        // At a rate of its own, between two resamplers.
        ("waveform_identity", 480),
    ];
    for (model, period) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let jack = Jack::start("latency", period);
        let mut command = live(&folder, &jack, &fixture(model));
        command.args(["--preset", "voice-call", "--background", "0"]);
        let mut running = Running::start(&mut command);
        running.wait_for(0, "to JACK output");
        running.wait_for(0, "ms (input");
        let clicked = clicked(&jack, &running) as f64 * 1000.0 / f64::from(RATE);
        let line = running.wait_for(running.said().len(), "ms (input");
        // Both sides of the probe lie in the same cycle of the server, so what the devices take on
        // their side of the callbacks is not in it.
        let told = number_after(&line, "enhancer") + number_after(&line, "bridge");
        let most = f64::from(period) * 1000.0 / f64::from(RATE);
        println!("{model}, period {period}: told {told:.2} ms, measured {clicked:.2} ms");
        assert!((told - clicked).abs() <= most, "{line}, but {clicked} ms");
        running.interrupt();
    }
}

#[test]
fn a_server_that_is_killed_and_started_again_is_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut jack = Jack::start("restart", 480);
    let mut command = live(&folder, &jack, &fixture("identity_k1"));
    let mut running = Running::start(&mut command);
    running.wait_for(0, "to JACK output");
    running.wait_for(0, "ms (input");
    for _ in 0..2 {
        let before = running.said().len();
        jack.kill();
        running.wait_for(before, "Limpid waits for it");
        jack.restart();
        running.wait_for(before, "JACK input is in use again");
        running.wait_for(before, "JACK output is in use again");
    }
    let mut sound = vec![0.0f32; RATE as usize];
    sound[1000..40_000].iter_mut().zip(0..).for_each(|(y, n)| {
        *y = (n as f32 * 0.05).sin() * 0.3;
    });
    let heard = jack.exchange(running.pid(), &sound);
    let loudest = heard.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    assert!(loudest > 0.1, "{loudest}");
    running.interrupt();
}

#[test]
fn another_buffer_than_the_server_s_is_refused_with_the_one_that_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("buffer", 256);
    let mut command = live(&folder, &jack, &fixture("identity_k1"));
    let output = output(command.args(["--buffer", "128"]));
    let said = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told = "takes buffers of 256 frames alone, not 128; ask for 256 (--buffer 256)";
    assert!(said.contains(told), "{said}");
}

#[test]
#[ignore = "it takes minutes"]
fn fifty_whole_starts_leave_no_client_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("fifty", 480);
    let ports = || {
        let mut command = Command::new("jack_lsp");
        jack.aim(&mut command);
        let output = output(&mut command);
        crate::support::stdout(&output).lines().count()
    };
    let first = ports();
    for _ in 0..50 {
        let mut running = Running::start(&mut live(&folder, &jack, &fixture("identity_k1")));
        running.wait_for(0, "ms (input");
        assert!(ports() > first);
        running.interrupt();
        assert_eq!(ports(), first);
    }
}
