//! The program, run as a user runs it, and WAV files made by hand.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "every test file is a program of its own")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Stdio;
use std::process::{Command, Output};
#[cfg(unix)]
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program. Its library comes from `cargo xtask setup`, and it runs in an empty folder, so that
/// nothing is found there by chance.
pub fn limpid(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_limpid"));
    command.current_dir(folder.path());
    command
}

/// `limpid enhance` with one of the engine's small models, which answer at once.
pub fn enhance<I: AsRef<OsStr>>(folder: &TempDir, model: &str, arguments: &[I]) -> Output {
    let mut command = limpid(folder);
    command.arg("enhance").arg("--model").arg(fixture(model));
    output(command.args(arguments))
}

/// Runs to the end.
pub fn output(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// The program on a file of these bytes: it ends in time, with a sound or with one sentence, and leaves nothing
/// else.
#[cfg(unix)]
#[track_caller]
pub fn assert_ends(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), bytes).expect("a file");
    // Seconds of computing, so that a busy machine is no failure; who waits for ever is found by the clock.
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -t 10; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_limpid"),
    ]);
    shell
        .args(["enhance", name, "-o", "out.wav", "--model"])
        .arg(fixture("identity_k1"));
    shell
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = shell.spawn().expect("the program starts");
    let begun = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > Duration::from_secs(120) {
            child.kill().expect("an end");
            panic!("{name} takes for ever");
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    let output = child.wait_with_output().expect("an end");
    let said = stderr(&output);
    match output.status.code() {
        Some(0) => assert_eq!(names(&folder), [name, "out.wav"], "{said}"),
        Some(1) => {
            let lines = said.trim_end().lines().count();
            assert!(said.starts_with("limpid: ") && lines == 1, "{said}");
            assert_eq!(names(&folder), [name]);
        }
        other => panic!("{other:?}: {said}"),
    }
}

/// Runs ffmpeg in the folder.
#[track_caller]
pub fn ffmpeg(folder: &TempDir, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command
        .current_dir(folder.path())
        .args(["-v", "error", "-y"]);
    assert_done(&output(command.args(arguments)));
}

/// Through the program with nothing changed; the 24-bit samples of the output as numbers, interleaved.
#[track_caller]
pub fn through(folder: &TempDir, name: &str) -> Vec<f64> {
    let unchanged = ["--voice", "0", "--background", "0"];
    let arguments = [&[name, "-f", "-o", "out.wav"], &unchanged[..]].concat();
    assert_done(&enhance(folder, "recurrent", &arguments));
    numbers(&folder.path().join("out.wav"))
}

/// The samples of a WAV file as numbers of -1 to 1, interleaved.
pub fn numbers(path: &Path) -> Vec<f64> {
    let bytes = fs::read(path).expect("a file");
    if bytes.get(20..22) == Some(&[3, 0]) && bytes[34] == 64 {
        // Which the other reader does not know.
        let at = bytes
            .windows(4)
            .position(|w| w == b"data")
            .expect("samples")
            + 8;
        let eight = |b: &[u8]| f64::from_le_bytes(b.try_into().expect("eight bytes"));
        return bytes[at..].chunks_exact(8).map(eight).collect();
    }
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    let full = f64::from(1u32 << (reader.spec().bits_per_sample - 1));
    match reader.spec().sample_format {
        hound::SampleFormat::Int => {
            let samples = reader.samples::<i32>();
            samples
                .map(|s| f64::from(s.expect("a sample")) / full)
                .collect()
        }
        hound::SampleFormat::Float => {
            let samples = reader.samples::<f32>();
            samples.map(|s| f64::from(s.expect("a sample"))).collect()
        }
    }
}

/// A model of the engine's tests.
pub fn fixture(name: &str) -> PathBuf {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine");
    engine.join("tests/fixtures").join(format!("{name}.onnx"))
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
}

/// Exit code 1 and one sentence on stderr that says all of `words`.
#[track_caller]
pub fn assert_refused(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(said.starts_with("limpid: "), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

/// Names of everything in the folder, hidden files too.
pub fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("the folder is readable");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// A WAV file in the making.
#[derive(Debug, Clone)]
pub struct Wav {
    pub tag: u16,
    pub channels: u16,
    pub rate: u32,
    pub bits: u16,
    pub extensible: bool,
    /// Chunks ahead of the samples, and behind them.
    pub before: Vec<(&'static [u8; 4], Vec<u8>)>,
    pub after: Vec<(&'static [u8; 4], Vec<u8>)>,
    pub data: Vec<u8>,
}

impl Wav {
    pub fn new(tag: u16, channels: u16, rate: u32, bits: u16) -> Self {
        Self {
            tag,
            channels,
            rate,
            bits,
            extensible: false,
            before: Vec::new(),
            after: Vec::new(),
            data: Vec::new(),
        }
    }

    /// 16-bit mono at 48 kHz.
    pub fn voice(samples: &[i16]) -> Self {
        let mut wav = Self::new(1, 1, 48_000, 16);
        wav.data = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        wav
    }

    /// Fills in `frames` frames of noise that reaches both ends of the scale.
    pub fn with_noise(mut self, frames: usize) -> Self {
        let count = frames * usize::from(self.channels);
        let mut noise = Noise::new(u64::from(self.rate) + u64::from(self.bits));
        for index in 0..count {
            let value = match index {
                0 => 1.0,
                1 => -1.0,
                _ => noise.next(),
            };
            self.push(value);
        }
        self
    }

    fn push(&mut self, value: f64) {
        let integer = (value * 2_147_483_647.0) as i32;
        match (self.tag, self.bits) {
            (3, 32) => self.data.extend((value as f32).to_le_bytes()),
            (3, _) => self.data.extend(f64::from(value as f32).to_le_bytes()),
            (_, 8) => self.data.push(((integer >> 24) + 128) as u8),
            (_, bits) => {
                let bytes = integer.to_le_bytes();
                self.data.extend(&bytes[4 - usize::from(bits / 8)..]);
            }
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut body = b"WAVE".to_vec();
        chunk(&mut body, b"fmt ", &self.format());
        for (name, content) in &self.before {
            chunk(&mut body, name, content);
        }
        chunk(&mut body, b"data", &self.data);
        for (name, content) in &self.after {
            chunk(&mut body, name, content);
        }
        let mut file = b"RIFF".to_vec();
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(body);
        file
    }

    /// The content of the `fmt ` chunk.
    pub fn format(&self) -> Vec<u8> {
        let frame = self.channels * (self.bits / 8);
        let tag = if self.extensible { 0xFFFE } else { self.tag };
        let mut format = Vec::new();
        format.extend(tag.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate * u32::from(frame)).to_le_bytes());
        format.extend(frame.to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        if self.extensible {
            // Front left, front right, back left, back right: not the first four bits.
            format.extend(22u16.to_le_bytes());
            format.extend(self.bits.to_le_bytes());
            format.extend(0x33u32.to_le_bytes());
            format.extend(self.tag.to_le_bytes());
            format.extend([0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]);
        }
        format
    }

    pub fn write(&self, folder: &TempDir, name: &str) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, self.bytes()).expect("the folder is writable");
        path
    }
}

/// A chunk with its padding.
pub fn chunk(to: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    to.extend(name);
    to.extend((content.len() as u32).to_le_bytes());
    to.extend(content);
    if content.len() % 2 == 1 {
        to.push(0);
    }
}

/// White noise of -1 to 1, the same each time.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn samples(&mut self, count: usize, peak: f64) -> Vec<i16> {
        (0..count)
            .map(|_| (self.next() * peak * 32767.0) as i16)
            .collect()
    }
}

/// The checksum of a page of Ogg (RFC 3533), its own place taken as zero.
pub fn ogg_checksum(page: &[u8]) -> u32 {
    let bytes = page.iter().enumerate();
    let bytes = bytes.map(|(at, byte)| if (22..26).contains(&at) { 0 } else { *byte });
    bytes.fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum: u32, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
        })
    })
}

/// 16-bit samples as another reader sees them.
pub fn read_i16(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    let samples: Result<Vec<i16>, _> = reader.samples::<i16>().collect();
    samples.expect("16-bit samples")
}
