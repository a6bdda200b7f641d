//! A file beyond 4 GiB, read and written for real. It takes 9 GB of disk for a while and some minutes, so it
//! runs only when asked for: `cargo test --release -p limpid --test enhance_large -- --ignored`.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Noise, assert_done, fixture, limpid, output, stdout};
use tempfile::TempDir;

const RATE: u32 = 192_000;
const CHANNELS: u16 = 8;
/// 64-bit floats: the most bytes for the least work.
const FRAME: u64 = 64;
/// A little beyond what 32 bits can count.
const FRAMES: u64 = (1 << 32) / FRAME + 96_000;
const DATA: u64 = FRAMES * FRAME;
/// RF64, ds64, an extensible format, data.
const HEAD: u64 = 12 + 36 + 48 + 8;
/// Bytes at the end that are no silence.
const TAIL: usize = 1_000 * FRAME as usize;

/// `in.wav`: silence that the disk does not hold, and a sound behind the 4 GiB. Returns that sound.
fn large(folder: &TempDir) -> Vec<u8> {
    let mut head = b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0".to_vec();
    for size in [HEAD - 8 + DATA, DATA, FRAMES] {
        head.extend(size.to_le_bytes());
    }
    head.extend(0u32.to_le_bytes());
    head.extend(b"fmt \x28\0\0\0\xFE\xFF");
    head.extend(CHANNELS.to_le_bytes());
    head.extend(RATE.to_le_bytes());
    head.extend((RATE * FRAME as u32).to_le_bytes());
    head.extend((FRAME as u16).to_le_bytes());
    head.extend(b"\x40\0\x16\0\x40\0\x3F\x06\0\0\x03\0");
    head.extend([0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]);
    head.extend(b"data\xFF\xFF\xFF\xFF");
    assert_eq!(head.len() as u64, HEAD);
    let mut noise = Noise::new(1);
    let tail: Vec<u8> = std::iter::repeat_with(|| f64::from(noise.next() as f32).to_le_bytes())
        .take(TAIL / 8)
        .flatten()
        .collect();
    let mut file = File::create(folder.path().join("in.wav")).expect("a file");
    file.write_all(&head).expect("a head");
    let end = HEAD + DATA - TAIL as u64;
    file.write_all_at(&tail, end).expect("a sparse file");
    tail
}

/// Checks the file's own sizes, its last samples, and what ffmpeg says of it.
fn assert_whole(path: &Path, tail: &[u8]) {
    let mut file = File::open(path).expect("an output");
    let length = file.metadata().expect("a size").len();
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head).expect("a head");
    assert_eq!(length, HEAD + DATA);
    assert_eq!(&head[..16], b"RF64\xFF\xFF\xFF\xFFWAVEds64");
    let sizes: Vec<u64> = head[20..44]
        .chunks_exact(8)
        .map(|b| b.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
        .collect();
    assert_eq!(sizes, [length - 8, DATA, FRAMES]);
    let mut end = vec![0; tail.len() + 8];
    file.seek(SeekFrom::End(-(end.len() as i64)))
        .expect("an end");
    file.read_exact(&mut end).expect("an end");
    assert!(
        end[..8] == [0; 8] && end[8..] == *tail,
        "the end is another one"
    );
    let entries = "stream=codec_name,sample_rate,channels,duration_ts";
    let probe = output(
        Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", entries])
            .args(["-of".as_ref(), "csv=p=0".as_ref(), path.as_os_str()]),
    );
    let said = stdout(&probe);
    assert_eq!(said.trim(), format!("pcm_f64le,{RATE},{CHANNELS},{FRAMES}"));
}

#[test]
#[ignore = "takes 9 GB of disk and minutes"]
fn a_file_beyond_4_gib_is_read_and_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let tail = large(&folder);
    let run = |arguments: &[&str]| {
        let mut program = limpid(&folder);
        program
            .arg("enhance")
            .args(arguments)
            .arg("--model")
            .arg(fixture("identity_k1"));
        program.args(["--quiet", "--voice", "0", "--background", "0"]);
        program
    };
    assert_done(&output(&mut run(&["in.wav", "-o", "out.wav"])));
    assert_whole(&folder.path().join("out.wav"), &tail);
    fs::remove_file(folder.path().join("out.wav")).expect("the file");

    // Out of a pipe, which does not say how much there is: the head is made long at the end.
    let mut input = File::open(folder.path().join("in.wav")).expect("the input");
    input.seek(SeekFrom::Start(HEAD)).expect("its samples");
    let raw = format!("f64le:{RATE}:{CHANNELS}");
    let mut piped = run(&["--raw", &raw, "-", "-o", "piped.wav"]);
    let mut child = piped.stdin(Stdio::piped()).spawn().expect("a start");
    let mut pipe = child.stdin.take().expect("a pipe");
    std::io::copy(&mut input, &mut pipe).expect("it is read to its end");
    drop(pipe);
    assert!(child.wait().expect("an end").success());
    let path = folder.path().join("piped.wav");
    let mut head = [0; 4];
    File::open(&path)
        .expect("an output")
        .read_exact(&mut head)
        .expect("a head");
    assert_eq!(&head, b"RF64");
    let mut again = run(&["piped.wav", "-o", "out.wav"]);
    assert_done(&output(&mut again));
    let length = |name: &str| folder.path().join(name).metadata().expect("a file").len();
    assert_eq!(length("out.wav"), length("piped.wav"));
    let probe = output(
        Command::new("ffprobe")
            .current_dir(folder.path())
            .args(["-v", "error"])
            .args([
                "-show_entries",
                "stream=duration_ts",
                "-of",
                "csv=p=0",
                "piped.wav",
            ]),
    );
    assert_eq!(stdout(&probe).trim(), FRAMES.to_string());
}
