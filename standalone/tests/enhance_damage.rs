//! A place of a lossy file that is damaged becomes silence, is counted, and moves nothing behind it.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Noise, Wav, assert_done, enhance, ffmpeg, numbers, ogg_checksum, stdout, through};
use tempfile::TempDir;

/// Two seconds of noise at 48 kHz in `in.wav`.
fn folder_with_noise() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Wav::voice(&Noise::new(5).samples(96_000, 0.3)).write(&folder, "in.wav");
    folder
}

/// Enhances both; the damaged packets of the second, which is as long and in its last third the same.
#[track_caller]
fn damaged(folder: &TempDir, whole: &str, broken: &str) -> u64 {
    let wanted = through(folder, whole);
    let unchanged = ["--voice", "0", "--background", "0", "--json"];
    let arguments = [&[broken, "-f", "-o", "out.wav"], &unchanged[..]].concat();
    let done = enhance(folder, "recurrent", &arguments);
    assert_done(&done);
    let came = numbers(&folder.path().join("out.wav"));
    assert_eq!(came.len(), wanted.len(), "{broken}");
    let last = wanted.len() * 2 / 3..;
    let worst = came[last.clone()]
        .iter()
        .zip(&wanted[last])
        .map(|(came, wanted)| (came - wanted).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-6, "{broken}: {worst}");
    let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
    told["damaged_packets"].as_u64().expect("a number")
}

/// Where frames of MP3 begin, the one of the header first.
fn frames(mp3: &[u8]) -> Vec<usize> {
    let id3 = mp3.windows(3).position(|w| w == b"ID3").map_or(0, |_| {
        let size = mp3[6..10]
            .iter()
            .fold(0, |n, byte| n << 7 | usize::from(*byte));
        10 + size
    });
    let mut found = Vec::new();
    let mut at = id3;
    while at + 4 < mp3.len() {
        assert!(
            mp3[at] == 0xFF && mp3[at + 1] & 0xFE == 0xFA,
            "a frame at {at}"
        );
        found.push(at);
        let kbits = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160][usize::from(mp3[at + 2] >> 4)];
        at += 144_000 * kbits / 48_000 + usize::from(mp3[at + 2] >> 1 & 1);
    }
    found
}

#[test]
fn frames_of_mp3_that_are_overwritten_keep_their_places() {
    for header in ["1", "0"] {
        let folder = folder_with_noise();
        let coding = [
            "-c:a",
            "libmp3lame",
            "-b:a",
            "96k",
            "-write_xing",
            header,
            "-reservoir",
            "0",
        ];
        ffmpeg(
            &folder,
            &[&["-i", "in.wav"], &coding[..], &["a.mp3"]].concat(),
        );
        let whole = fs::read(folder.path().join("a.mp3")).expect("a file");
        let at = frames(&whole);
        for count in [1, 3, 7] {
            let mut broken = whole.clone();
            broken[at[20]..at[20 + count]].fill(0);
            fs::write(folder.path().join("b.mp3"), broken).expect("a file");
            assert_eq!(
                damaged(&folder, "a.mp3", "b.mp3"),
                count as u64,
                "header: {header}"
            );
        }
        // The frame's own length becomes another one.
        let mut broken = whole.clone();
        broken[at[20] + 2] = broken[at[20] + 2] & 0x0F | 0xA0;
        fs::write(folder.path().join("b.mp3"), broken).expect("a file");
        assert_eq!(damaged(&folder, "a.mp3", "b.mp3"), 1, "header: {header}");
    }
}

#[test]
fn packets_of_opus_that_are_overwritten_keep_their_places() {
    let folder = folder_with_noise();
    // Long packets: a page holds few.
    let coding = ["-c:a", "libopus", "-b:a", "64k", "-page_duration", "20000"];
    ffmpeg(
        &folder,
        &[&["-i", "in.wav"], &coding[..], &["a.opus"]].concat(),
    );
    let mut broken = fs::read(folder.path().join("a.opus")).expect("a file");
    let pages: Vec<usize> = (0..broken.len() - 4)
        .filter(|at| &broken[*at..*at + 4] == b"OggS")
        .collect();
    let at = pages[30];
    let content = at + 27 + usize::from(broken[at + 26]);
    // One frame in a packet of code 3, with more padding than there are bytes (RFC 6716, 3.2.5).
    broken[content] |= 3;
    broken[content + 1] = 0x41;
    broken[content + 2..content + 12].fill(0xFF);
    let sum = ogg_checksum(&broken[at..pages[31]]);
    broken[at + 22..at + 26].copy_from_slice(&sum.to_le_bytes());
    fs::write(folder.path().join("b.opus"), broken).expect("a file");
    assert_eq!(damaged(&folder, "a.opus", "b.opus"), 1);
}

/// A page whose checksum is wrong is left out as a whole.
#[test]
fn pages_of_ogg_that_are_damaged_keep_their_places() {
    for (name, coding) in [("a.ogg", "libvorbis"), ("a.opus", "libopus")] {
        let folder = folder_with_noise();
        let coding = ["-c:a", coding, "-b:a", "64k", "-page_duration", "100000"];
        ffmpeg(&folder, &[&["-i", "in.wav"], &coding[..], &[name]].concat());
        let mut broken = fs::read(folder.path().join(name)).expect("a file");
        let pages: Vec<usize> = (0..broken.len() - 4)
            .filter(|at| &broken[*at..*at + 4] == b"OggS")
            .collect();
        broken[pages[8] + 200] ^= 0x55;
        fs::write(folder.path().join(format!("b{name}")), broken).expect("a file");
        assert_eq!(damaged(&folder, name, &format!("b{name}")), 1, "{name}");
    }
}

/// The clock of an MP4 file need not be the sound's rate: here it ticks twice as fast.
#[test]
fn packets_of_aac_that_are_overwritten_keep_their_places_whatever_the_clock() {
    let folder = folder_with_noise();
    // Without noise that is made up anew, of which the next would be another one.
    let coding = [
        "-i", "in.wav", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0",
    ];
    ffmpeg(&folder, &[&coding[..], &["a.m4a"]].concat());
    let mut whole = fs::read(folder.path().join("a.m4a")).expect("a file");
    let four = |bytes: &[u8], at: usize| {
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    let find = |name: &[u8; 4]| whole.windows(4).position(|w| w == name).expect("a box");
    // Ticks a second; the length in them; where the edit begins; how long packets last.
    let mut ticks = vec![find(b"mdhd") + 16, find(b"mdhd") + 20, find(b"elst") + 16];
    let times = find(b"stts");
    ticks.extend((0..four(&whole, times + 8) as usize).map(|n| times + 16 + 8 * n));
    for at in ticks {
        let twice = 2 * four(&whole, at);
        whole[at..at + 4].copy_from_slice(&twice.to_be_bytes());
    }
    fs::write(folder.path().join("a.m4a"), &whole).expect("a file");
    assert_eq!(through(&folder, "a.m4a").len(), 96_000);
    let data = whole.windows(4).position(|w| w == b"mdat").expect("sound") + 4;
    let sizes = whole.windows(4).position(|w| w == b"stsz").expect("sizes") + 16;
    let size = |n: usize| four(&whole, sizes + 4 * n) as usize;
    let at = data + (0..30).map(size).sum::<usize>();
    let mut broken = whole.clone();
    broken[at..at + size(30)].fill(0xAA);
    fs::write(folder.path().join("b.m4a"), broken).expect("a file");
    assert_eq!(damaged(&folder, "a.m4a", "b.m4a"), 1);
}
