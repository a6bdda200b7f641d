//! What other programs write, read here: the reference encoders through ffmpeg.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Noise, Wav, assert_done, assert_refused, enhance, output, stdout};
use tempfile::TempDir;

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

/// `in.wav`: 16 bit, so many channels, a band of noise with a beginning that cannot be mistaken.
fn folder_with(channels: u16, rate: u32) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, channels, rate, 16);
    let mut noise = Noise::new(u64::from(rate));
    let mut low = vec![0.0; usize::from(channels)];
    for frame in 0..rate {
        let loud = if frame % (rate / 5) < rate / 10 {
            0.9
        } else {
            0.1
        };
        for low in &mut low {
            *low += 0.15 * (noise.next() - *low);
            let sample = (*low * loud * 32_767.0) as i16;
            wav.data.extend(sample.to_le_bytes());
        }
    }
    wav.write(&folder, "in.wav");
    folder
}

fn ffmpeg(folder: &TempDir, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command
        .current_dir(folder.path())
        .args(["-v", "error", "-y"]);
    assert_done(&output(command.args(arguments)));
}

/// Through the program with nothing changed; the samples of the output, interleaved.
fn through(folder: &TempDir, name: &str) -> (hound::WavSpec, Vec<f64>) {
    let arguments = [&[name, "-f", "-o", "out.wav"], &UNCHANGED[..]].concat();
    assert_done(&enhance(folder, "recurrent", &arguments));
    read(&folder.path().join("out.wav"))
}

fn read(path: &Path) -> (hound::WavSpec, Vec<f64>) {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    let spec = reader.spec();
    let full = f64::from(1u32 << (spec.bits_per_sample - 1));
    let samples = match spec.sample_format {
        hound::SampleFormat::Int => reader
            .samples::<i32>()
            .map(|s| f64::from(s.expect("a sample")) / full)
            .collect(),
        hound::SampleFormat::Float => reader
            .samples::<f32>()
            .map(|s| f64::from(s.expect("a sample")))
            .collect(),
    };
    (spec, samples)
}

#[test]
fn lossless_codings_come_back_bit_for_bit() {
    for (name, coding, bits) in [
        ("a.flac", &["-c:a", "flac"][..], 16),
        ("b.flac", &["-c:a", "flac", "-sample_fmt", "s32"], 24),
        ("a.aiff", &["-c:a", "pcm_s16be"], 16),
        ("b.aiff", &["-c:a", "pcm_s24be"], 24),
        ("c.aiff", &["-c:a", "pcm_f32be"], 32),
        ("a.m4a", &["-c:a", "alac"], 16),
    ] {
        for (channels, rate) in [(1, 48_000), (2, 44_100), (6, 48_000)] {
            let folder = folder_with(channels, rate);
            ffmpeg(&folder, &[&["-i", "in.wav"], coding, &[name]].concat());
            let (spec, samples) = through(&folder, name);
            let (_, wanted) = read(&folder.path().join("in.wav"));
            let form = (spec.channels, spec.sample_rate, spec.bits_per_sample);
            assert_eq!(form, (channels, rate, bits), "{name}");
            assert!(samples == wanted, "{name}, {channels} channels");
        }
    }
}

#[test]
fn lossy_codings_line_up_with_what_was_encoded() {
    for (name, coding, rate) in [
        ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "192k"][..], 44_100),
        ("a.m4a", &["-c:a", "aac", "-b:a", "192k"], 48_000),
        ("a.ogg", &["-c:a", "libvorbis", "-q:a", "8"], 48_000),
        ("a.opus", &["-c:a", "libopus", "-b:a", "160k"], 48_000),
    ] {
        for channels in [1, 2] {
            let folder = folder_with(channels, rate);
            ffmpeg(&folder, &[&["-i", "in.wav"], coding, &[name]].concat());
            let (spec, samples) = through(&folder, name);
            assert_eq!(
                (spec.channels, spec.sample_rate),
                (channels, rate),
                "{name}"
            );
            assert_eq!(spec.bits_per_sample, 24, "{name}");
            let (_, wanted) = read(&folder.path().join("in.wav"));
            let frames = |samples: &[f64]| samples.len() / usize::from(channels);
            assert_eq!(frames(&samples), frames(&wanted), "{name}");
            let energy: f64 = wanted.iter().map(|w| w * w).sum();
            let step = usize::from(channels);
            let off = |came: &[f64], went: &[f64]| -> f64 {
                came.iter().zip(went).map(|(c, w)| (c - w).powi(2)).sum()
            };
            let ratio = off(&samples, &wanted) / energy;
            assert!(ratio < 0.15, "{name}, {channels} channels: {ratio}");
            for other in [
                off(&samples[step..], &wanted),
                off(&samples, &wanted[step..]),
            ] {
                assert!(
                    ratio < 0.9 * other / energy,
                    "{name}: a sample beside fits as well"
                );
            }
        }
    }
}

#[test]
fn the_decoder_of_opus_agrees_with_the_reference() {
    let folder = folder_with(2, 48_000);
    for rate in ["16k", "32k", "96k"] {
        ffmpeg(
            &folder,
            &["-i", "in.wav", "-c:a", "libopus", "-b:a", rate, "a.opus"],
        );
        ffmpeg(
            &folder,
            &[
                "-c:a",
                "libopus",
                "-i",
                "a.opus",
                "-c:a",
                "pcm_f32le",
                "ref.wav",
            ],
        );
        let (_, samples) = through(&folder, "a.opus");
        let (_, wanted) = read(&folder.path().join("ref.wav"));
        let energy: f64 = wanted.iter().map(|w| w * w).sum();
        let off: f64 = samples
            .iter()
            .zip(&wanted)
            .map(|(s, w)| (s - w).powi(2))
            .sum();
        assert!(off / energy < 1e-4, "{rate}: {}", off / energy);
    }
}

#[test]
fn what_only_begins_like_sound_is_refused() {
    let folder = folder_with(1, 48_000);
    fs::write(folder.path().join("a.flac"), b"fLaC\0\0\0\x22cut").expect("a file");
    assert_refused(&enhance(&folder, "identity_k1", &["a.flac"]), &["a.flac"]);
    fs::write(folder.path().join("a.mp3"), vec![0; 5_000]).expect("a file");
    assert_refused(&enhance(&folder, "identity_k1", &["a.mp3"]), &["a.mp3"]);
}

#[test]
fn flac_that_ends_early_is_refused() {
    let folder = folder_with(1, 48_000);
    ffmpeg(&folder, &["-i", "in.wav", "a.flac"]);
    let whole = fs::read(folder.path().join("a.flac")).expect("a file");
    fs::write(folder.path().join("a.flac"), &whole[..whole.len() / 2]).expect("a file");
    let refused = enhance(&folder, "identity_k1", &["a.flac", "-o", "out.wav"]);
    assert_refused(&refused, &["a.flac", "ends early", "48000"]);
    assert!(!folder.path().join("out.wav").exists());
}

#[test]
fn flac_is_written_and_read_by_others() {
    for (bits, samples) in [("16", "s16"), ("24", "s32")] {
        let folder = folder_with(2, 48_000);
        let arguments = ["in.wav", "-o", "out.flac", "--bits", bits];
        assert_done(&enhance(
            &folder,
            "recurrent",
            &[&arguments[..], &UNCHANGED].concat(),
        ));
        ffmpeg(
            &folder,
            &["-i", "out.flac", "-c:a", "pcm_s16le", "back.wav"],
        );
        let probe = output(Command::new("ffprobe").current_dir(folder.path()).args([
            "-v",
            "error",
            "-show_entries",
            "stream=sample_fmt",
            "-of",
            "csv=p=0",
            "out.flac",
        ]));
        assert_eq!(stdout(&probe).trim(), samples);
        let [(_, came), (_, went)] =
            ["back.wav", "in.wav"].map(|name| read(&folder.path().join(name)));
        assert!(came == went, "{bits}");
    }
}

#[test]
fn flac_stays_flac_and_others_become_wav() {
    let folder = folder_with(1, 48_000);
    for name in ["a.flac", "b.mp3", "c.ogg"] {
        ffmpeg(&folder, &["-i", "in.wav", name]);
    }
    let arguments = ["a.flac", "b.mp3", "c.ogg", "--out-dir", "out"];
    assert_done(&enhance(&folder, "identity_k1", &arguments));
    assert_done(&enhance(&folder, "identity_k1", &["a.flac"]));
    assert_done(&enhance(&folder, "identity_k1", &["b.mp3", "--to", "flac"]));
    for name in ["out/a.flac", "a-voice.flac", "b-voice.flac"] {
        let bytes = fs::read(folder.path().join(name)).expect("a file");
        assert!(bytes.starts_with(b"fLaC"), "{name}");
    }
    for name in ["out/b.wav", "out/c.wav"] {
        let bytes = fs::read(folder.path().join(name)).expect("a file");
        assert!(bytes.starts_with(b"RIFF"), "{name}");
    }
    let refused = enhance(&folder, "identity_k1", &["a.flac", "-o", "x.mp3"]);
    assert_refused(&refused, &["x.mp3", "WAV and FLAC"]);
}

#[test]
fn flac_says_what_it_cannot_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::new(1, 9, 48_000, 16)
        .with_noise(1_000)
        .write(&folder, "nine.wav");
    Wav::new(3, 1, 48_000, 32)
        .with_noise(1_000)
        .write(&folder, "float.wav");
    let refused = enhance(&folder, "identity_k1", &["nine.wav", "-o", "x.flac"]);
    assert_refused(&refused, &["9 channels"]);
    let refused = enhance(
        &folder,
        "identity_k1",
        &["float.wav", "-o", "x.flac", "--bits", "32f"],
    );
    assert_refused(&refused, &["floats"]);
    let done = enhance(&folder, "identity_k1", &["float.wav", "-o", "x.flac"]);
    assert_done(&done);
    assert!(stdout(&done).contains("24 bit"), "{}", stdout(&done));
}

#[test]
fn titles_go_from_one_kind_of_file_to_the_other() {
    let folder = folder_with(1, 48_000);
    let tags = [
        "-metadata",
        "title=A talk",
        "-metadata",
        "artist=Some, body",
    ];
    let shown = |name: &str| {
        stdout(&output(
            Command::new("ffprobe").current_dir(folder.path()).args([
                "-v",
                "error",
                "-show_entries",
                "format_tags:stream_tags",
                "-of",
                "default=nw=1",
                name,
            ]),
        ))
        .to_lowercase()
    };
    for name in ["a.flac", "a.mp3", "a.m4a", "a.ogg", "tagged.wav"] {
        ffmpeg(&folder, &[&["-i", "in.wav"], &tags[..], &[name]].concat());
        for out in ["out.wav", "out.flac"] {
            assert_done(&enhance(&folder, "identity_k1", &[name, "-f", "-o", out]));
            let said = shown(out);
            assert!(said.contains("title=a talk"), "{name} to {out}: {said}");
            assert!(
                said.contains("artist=some, body"),
                "{name} to {out}: {said}"
            );
        }
    }
}

#[test]
fn a_cover_goes_along_into_flac_and_is_named_where_it_cannot() {
    let folder = folder_with(2, 44_100);
    let color = "color=c=red:s=16x16";
    ffmpeg(
        &folder,
        &["-f", "lavfi", "-i", color, "-frames:v", "1", "cover.png"],
    );
    let cover = fs::read(folder.path().join("cover.png")).expect("a picture");
    for name in ["a.mp3", "a.flac"] {
        let with = [
            "-i",
            "in.wav",
            "-i",
            "cover.png",
            "-map",
            "0:a",
            "-map",
            "1:v",
        ];
        let as_is = ["-c:v", "copy", "-disposition:v", "attached_pic", name];
        ffmpeg(&folder, &[&with[..], &as_is].concat());
        // The second time through a pipe, which cannot be gone back in.
        let piped = folder.path().join("out2.flac");
        let whole = ["-f", "-o", "out.flac"];
        assert_done(&enhance(
            &folder,
            "identity_k1",
            &[&[name], &whole[..]].concat(),
        ));
        let mut command = support::limpid(&folder);
        let model = support::fixture("identity_k1");
        command.args(["enhance", "-", "-f", "-o"]).arg(&piped);
        command.arg("--model").arg(model);
        command.stdin(fs::File::open(folder.path().join(name)).expect("a file"));
        assert_done(&output(&mut command));
        for out in ["out.flac", "out2.flac"] {
            let mut metaflac = Command::new("metaflac");
            let export = ["--export-picture-to=back.png", out];
            assert_done(&output(metaflac.current_dir(folder.path()).args(export)));
            let back = fs::read(folder.path().join("back.png")).expect("a picture");
            assert!(back == cover, "{name} to {out}");
        }
        let done = enhance(&folder, "identity_k1", &[name, "-f", "-o", "out.wav"]);
        let said = stdout(&done);
        assert_eq!(said.matches("picture").count(), 1, "{said}");
    }
}

#[test]
fn chunks_of_a_wav_file_survive_flac() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 2, 48_000, 24).with_noise(5_001);
    wav.before = vec![(b"bext", vec![7; 603])];
    wav.after = vec![(b"cue ", vec![1; 28])];
    wav.write(&folder, "in.wav");
    for (from, to) in [
        ("in.wav", "a.flac"),
        ("a.flac", "b.flac"),
        ("b.flac", "back.wav"),
    ] {
        let arguments = [&[from, "-o", to], &UNCHANGED[..]].concat();
        let done = enhance(&folder, "recurrent", &arguments);
        assert_done(&done);
        assert!(!stdout(&done).contains("not kept"), "{}", stdout(&done));
    }
    assert!(fs::read(folder.path().join("back.wav")).expect("a file") == wav.bytes());
    let mut flac = Command::new("flac");
    let decode = [
        "-s",
        "-d",
        "--keep-foreign-metadata",
        "a.flac",
        "-o",
        "flac.wav",
    ];
    assert_done(&output(flac.current_dir(folder.path()).args(decode)));
    let decoded = fs::read(folder.path().join("flac.wav")).expect("a file");
    for part in [
        &b"bext\x5B\x02\0\0\x07\x07"[..],
        b"cue \x1C\0\0\0\x01",
        &wav.data,
    ] {
        assert!(decoded.windows(part.len()).any(|window| window == part));
    }
    assert_done(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "-o", "out.raw"],
    ));
    let said = stdout(&enhance(
        &folder,
        "identity_k1",
        &["in.wav", "-f", "-o", "out.raw"],
    ));
    assert!(said.contains("not kept: bext, cue"), "{said}");
}
