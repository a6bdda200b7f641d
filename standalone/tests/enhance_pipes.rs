//! Between other programs: standard input and output, samples without a header, a reader that goes.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use support::{
    Noise, Wav, assert_done, assert_refused, enhance, fixture, limpid, names, read_i16, stderr,
};
use tempfile::TempDir;

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

/// Runs the program with `bytes` on its standard input.
fn fed(folder: &TempDir, arguments: &[&str], bytes: &[u8]) -> Output {
    let mut command = limpid(folder);
    command
        .arg("enhance")
        .arg("--model")
        .arg(fixture("recurrent"));
    command.args(arguments).args(UNCHANGED);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a start");
    let mut input = child.stdin.take().expect("a pipe");
    let bytes = bytes.to_vec();
    // What the program has refused it does not read to its end.
    let feeder = std::thread::spawn(move || drop(input.write_all(&bytes)));
    let output = child.wait_with_output().expect("an end");
    feeder.join().expect("fed");
    output
}

/// Runs a line of the shell; `$limpid` is the program with a small model that changes nothing.
fn shell(folder: &TempDir, line: &str) -> Output {
    let model = fixture("recurrent");
    let enhance = format!(
        "limpid() {{ '{}' enhance --model '{}' --voice 0 --background 0 \"$@\"; }}; set -e -o pipefail; {line}",
        env!("CARGO_BIN_EXE_limpid"),
        model.display()
    );
    let mut bash = Command::new("bash");
    support::output(bash.current_dir(folder.path()).args(["-c", &enhance]))
}

#[test]
fn a_wav_file_comes_out_of_the_pipe_as_it_went_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 44_100, 24).with_noise(30_001);
    wav.before = vec![(b"bext", vec![7; 603])];
    let output = fed(&folder, &["-"], &wav.bytes());
    assert_done(&output);
    assert!(output.stdout == wav.bytes());
    assert!(
        stderr(&output).contains("standard output"),
        "{}",
        stderr(&output)
    );
    assert!(names(&folder).is_empty());
}

#[test]
fn chunks_behind_the_samples_are_kept_in_a_file_and_named_for_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 1, 48_000, 24).with_noise(5_001);
    wav.after = vec![(b"cue ", vec![1; 28])];
    assert_done(&fed(&folder, &["-", "-o", "out.wav"], &wav.bytes()));
    assert!(fs::read(folder.path().join("out.wav")).expect("a file") == wav.bytes());
    let piped = fed(&folder, &["-"], &wav.bytes());
    assert_done(&piped);
    assert!(
        stderr(&piped).contains("not kept: cue"),
        "{}",
        stderr(&piped)
    );
}

#[test]
fn a_stream_of_unknown_length_stays_one_in_a_pipe_and_gets_its_length_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(3, 1, 48_000, 32).with_noise(10_000);
    for size in [u32::MAX, 0x7FFF_F000, 0] {
        let mut stream = wav.bytes();
        stream[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        stream[40..44].copy_from_slice(&size.to_le_bytes());
        let piped = fed(&folder, &["-"], &stream);
        assert_done(&piped);
        let mut endless = stream.clone();
        endless[40..44].fill(0xFF);
        assert!(piped.stdout == endless, "{size:#x}");
        assert_done(&fed(&folder, &["-", "-f", "-o", "out.wav"], &stream));
        let mut reader = hound::WavReader::open(folder.path().join("out.wav")).expect("a WAV file");
        assert_eq!(reader.duration(), 10_000);
        let samples: Result<Vec<f32>, _> = reader.samples().collect();
        let bytes = samples
            .expect("floats")
            .into_iter()
            .flat_map(f32::to_le_bytes);
        assert!(bytes.eq(wav.data.iter().copied()));
    }
}

#[test]
fn samples_without_a_header_come_out_as_they_went_in() {
    let folder = tempfile::tempdir().expect("a folder");
    for raw in [
        "u8", "s8", "s16le", "s16be", "s24le", "s24be", "f32le", "f32be",
    ] {
        let mut noise = Noise::new(8);
        let bytes: Vec<u8> = (0..24_000)
            .flat_map(|_| {
                let value = noise.next();
                let integer = (value * 2_147_483_647.0) as i32;
                match raw {
                    "u8" | "s8" => vec![(integer >> 24) as u8],
                    "s16le" => integer.to_le_bytes()[2..].to_vec(),
                    "s16be" => integer.to_be_bytes()[..2].to_vec(),
                    "s24le" => integer.to_le_bytes()[1..].to_vec(),
                    "s24be" => integer.to_be_bytes()[..3].to_vec(),
                    "f32le" => (value as f32).to_le_bytes().to_vec(),
                    _ => (value as f32).to_be_bytes().to_vec(),
                }
            })
            .collect();
        let form = format!("{raw}:48000:2");
        let output = fed(&folder, &["--raw", &form, "-"], &bytes);
        assert_done(&output);
        assert!(output.stdout == bytes, "{raw}");
    }
}

#[test]
fn samples_without_a_header_become_a_file_by_its_ending() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = Noise::new(2).samples(9_000, 0.5);
    let wav = Wav::voice(&samples);
    fs::write(folder.path().join("in.pcm"), &wav.data).expect("a file");
    for name in ["in.pcm", "-"] {
        let arguments = ["--raw", "s16le:48000:1", name, "-f", "-o", "out.wav"];
        assert_done(&fed(&folder, &arguments, &wav.data));
        assert_eq!(read_i16(&folder.path().join("out.wav")), samples);
    }
    let odd = fed(
        &folder,
        &["--raw", "s16le:48000:1", "-"],
        &wav.data[..9_001],
    );
    assert_refused(&odd, &["standard input", "9001 bytes", "no whole number"]);
    for wrong in ["s16le", "s17le:48000:1", "s16le:0:1", "s16le:48000:none"] {
        assert_eq!(
            fed(&folder, &["--raw", wrong, "-"], &[]).status.code(),
            Some(2),
            "{wrong}"
        );
    }
}

#[test]
fn a_pipe_that_gives_nothing_or_breaks_off_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = Wav::new(1, 1, 48_000, 16).with_noise(48_000).bytes();
    assert_refused(
        &fed(&folder, &["-", "-o", "o.wav"], b""),
        &["standard input", "empty"],
    );
    assert_refused(
        &fed(&folder, &["-", "-o", "o.wav"], &wav[..30]),
        &["standard input"],
    );
    let cut = fed(&folder, &["-", "-o", "o.wav"], &wav[..50_000]);
    assert_refused(&cut, &["standard input", "ends early", "96000 bytes"]);
    assert!(names(&folder).is_empty());
    let whole = fed(&folder, &["-", "--to", "flac", "--bits", "32f"], &wav);
    assert_refused(&whole, &["cannot write standard output", "FLAC"]);
}

#[test]
fn standard_input_is_alone_and_standard_output_takes_sound_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 4_800]).write(&folder, "in.wav");
    for (arguments, word) in [
        (&["-", "in.wav"][..], "standard input"),
        (&["-", "--out-dir", "out"], "standard input"),
        (&["in.wav", "-o", "-", "--json"], "--json"),
        (
            &["in.wav", "--voice-out", "-", "--background-out", "-"],
            "standard output",
        ),
    ] {
        let output = enhance(&folder, "identity_k1", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(word), "{}", stderr(&output));
    }
    assert_eq!(names(&folder), ["in.wav"]);
}

#[test]
fn a_reader_that_goes_ends_it_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(4).samples(960_000, 0.5)).write(&folder, "in.wav");
    let mut command = limpid(&folder);
    command
        .arg("enhance")
        .arg("--model")
        .arg(fixture("identity_k1"));
    command
        .args(["in.wav", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a start");
    let mut out = child.stdout.take().expect("a pipe");
    let mut some = [0; 1000];
    out.read_exact(&mut some).expect("a beginning");
    drop(out);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(stderr(&output), "");
}

#[test]
fn an_interruption_is_noticed_while_nothing_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = limpid(&folder);
    command
        .arg("enhance")
        .arg("--model")
        .arg(fixture("identity_k1"));
    command
        .args(["-", "-o", "out.wav"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a start");
    let mut input = child.stdin.take().expect("a pipe");
    let wav = Wav::voice(&[0; 48_000]).bytes();
    input.write_all(&wav[..20_000]).expect("a beginning");
    while names(&folder).is_empty() && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = format!("kill -TERM {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .expect("sh")
            .success()
    );
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(names(&folder).is_empty());
    drop(input);
}

#[test]
fn a_pipe_without_a_name_wants_one_for_its_output() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&[0; 4_800]).write(&folder, "in.wav");
    let nameless = shell(&folder, "limpid <(cat in.wav)");
    assert_eq!(nameless.status.code(), Some(2), "{}", stderr(&nameless));
    assert!(
        stderr(&nameless).contains("name one with -o"),
        "{}",
        stderr(&nameless)
    );
    for named in ["-o out.wav", "--voice-out voice.wav", "-o - > out2.wav"] {
        assert_done(&shell(&folder, &format!("limpid <(cat in.wav) {named}")));
    }
    assert_eq!(
        names(&folder),
        ["in.wav", "out.wav", "out2.wav", "voice.wav"]
    );
}

/// Encoders put it there unless told otherwise, and a pipe cannot be gone back in.
#[test]
fn an_index_behind_the_sound_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(1).samples(48_000, 0.3)).write(&folder, "in.wav");
    support::ffmpeg(&folder, &["-i", "in.wav", "-c:a", "aac", "a.m4a"]);
    support::ffmpeg(
        &folder,
        &[
            "-i",
            "a.m4a",
            "-c",
            "copy",
            "-movflags",
            "+faststart",
            "b.m4a",
        ],
    );
    let bytes = |name| fs::read(folder.path().join(name)).expect("a file");
    let refused = fed(&folder, &["-", "-o", "out.wav"], &bytes("a.m4a"));
    assert_refused(
        &refused,
        &[
            "standard input",
            "index lies behind the sound",
            "+faststart",
        ],
    );
    assert_done(&fed(&folder, &["-", "-o", "out.wav"], &bytes("b.m4a")));
}

#[test]
fn a_file_called_like_a_pipe_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("-"), "mine").expect("a file");
    let wav = Wav::voice(&Noise::new(1).samples(9_600, 0.5)).bytes();
    let output = fed(&folder, &["-", "--resume"], &wav);
    assert_done(&output);
    assert!(output.stdout == wav);
}

#[test]
fn it_works_between_sox_and_ffmpeg() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = Noise::new(5).samples(100_000, 0.5);
    let mut wav = Wav::voice(&samples);
    wav.channels = 2;
    wav.write(&folder, "in.wav");
    for line in [
        "sox in.wav -t wav - | limpid - | ffmpeg -v error -i - -y out.wav",
        "ffmpeg -v error -i in.wav -f wav - | limpid - | sox -t wav - out.wav",
        "sox in.wav -t raw - | limpid --raw s16le:48000:2 - | ffmpeg -v error -f s16le -ar 48000 -ac 2 -i - -y out.wav",
        "ffmpeg -v error -i in.wav -c:a flac -f flac - | limpid - -f -o out.wav",
        "limpid <(sox in.wav -t wav -) -f -o out.wav",
    ] {
        let output = shell(&folder, line);
        assert_done(&output);
        let came = read_i16(&folder.path().join("out.wav"));
        assert!(
            came == samples,
            "{line}: {} samples of {}",
            came.len(),
            samples.len()
        );
    }
}

#[test]
fn flac_goes_through_a_pipe_with_its_length_where_that_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 44_100, 24).with_noise(70_001);
    wav.before = vec![(b"bext", vec![7; 603])];
    wav.write(&folder, "in.wav");
    let check = "limpid in.wav --quiet --to flac -o - > a.flac
        sox in.wav -t raw - | limpid --raw s24le:44100:2 --quiet --to flac - > b.flac
        for name in a b; do flac -s -t $name.flac; ffmpeg -v error -i $name.flac -f s24le $name.raw; done
        metaflac --show-total-samples a.flac b.flac";
    let done = shell(&folder, check);
    assert_done(&done);
    assert_eq!(support::stdout(&done), "a.flac:70001\nb.flac:0\n");
    for name in ["a.raw", "b.raw"] {
        assert!(
            fs::read(folder.path().join(name)).expect("samples") == wav.data,
            "{name}"
        );
    }
    let refused = shell(
        &folder,
        "limpid in.wav --to flac -o - | head -c 100 > head.flac",
    );
    assert_eq!(refused.status.code(), Some(141), "{}", stderr(&refused));
    assert_eq!(stderr(&refused), "");
}
