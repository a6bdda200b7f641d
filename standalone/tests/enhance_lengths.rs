//! Nothing of a sound is cut off or made up, whatever its kind of file tells of its length.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use support::{Noise, Wav, assert_refused, enhance, ffmpeg, numbers, through};
use tempfile::TempDir;

const RATE: usize = 44_100;

/// `in.wav`: mono at 44.1 kHz; pieces of so many seconds, of noise of that peak or of silence, and at the very end
/// a tenth of a second of loud noise.
fn folder_with(pieces: &[(usize, f64)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::new(1, 1, RATE as u32, 16);
    let mut noise = Noise::new(7);
    let mut piece = |frames: usize, peak: f64| {
        for sample in noise.samples(frames, peak) {
            wav.data.extend(sample.to_le_bytes());
        }
    };
    for (seconds, peak) in pieces {
        piece(seconds * RATE, *peak);
    }
    piece(RATE / 10, 0.7);
    wav.write(&folder, "in.wav");
    folder
}

/// As long as ffmpeg says, and with the loud end.
#[track_caller]
fn assert_whole(folder: &TempDir, name: &str) {
    ffmpeg(folder, &["-i", name, "-c:a", "pcm_s16le", "wanted.wav"]);
    let wanted = numbers(&folder.path().join("wanted.wav")).len();
    let came = through(folder, name);
    assert!(
        came.len().abs_diff(wanted) <= 1152,
        "{name}: {} samples for {wanted}",
        came.len()
    );
    let end = &came[came.len() - RATE / 10..];
    let level = (end.iter().map(|s| s * s).sum::<f64>() / end.len() as f64).sqrt();
    assert!(level > 0.1, "{name}: the end is {level}");
}

#[test]
fn mp3_without_a_header_is_read_to_its_end() {
    let loud_later = [(12, 0.0), (8, 0.5)];
    let loud_first = [(8, 0.5), (12, 0.0)];
    for (pieces, coding) in [
        (&[(20, 0.3)][..], &["-b:a", "64k"][..]),
        (&loud_later, &["-q:a", "4"]),
        (&loud_first, &["-q:a", "4"]),
    ] {
        let folder = folder_with(pieces);
        let begin = ["-i", "in.wav", "-c:a", "libmp3lame", "-write_xing", "0"];
        ffmpeg(&folder, &[&begin[..], coding, &["a.mp3"]].concat());
        assert_whole(&folder, "a.mp3");
    }
}

/// A tag with a cover, say: bytes among which some look like the head of a frame.
#[test]
fn what_stands_behind_an_mp3_is_no_sound() {
    let folder = folder_with(&[(3, 0.3)]);
    let begin = ["-i", "in.wav", "-c:a", "libmp3lame", "-write_xing", "0"];
    ffmpeg(&folder, &[&begin[..], &["-b:a", "64k", "a.mp3"]].concat());
    let bare = through(&folder, "a.mp3");
    let mut bytes = fs::read(folder.path().join("a.mp3")).expect("a file");
    let mut noise = Noise::new(3);
    let mut tag: Vec<u8> = (0..1_000_000)
        .map(|_| (noise.next() * 128.0) as i8 as u8)
        .collect();
    for at in (0..tag.len()).step_by(997) {
        tag[at] = 0xFF;
    }
    let mut head = b"APETAGEX".to_vec();
    head.extend(2000u32.to_le_bytes());
    head.extend((tag.len() as u32 + 32).to_le_bytes());
    head.extend([0; 16]);
    bytes.extend([&head, &tag[..], &head].concat());
    fs::write(folder.path().join("b.mp3"), bytes).expect("a file");
    assert!(through(&folder, "b.mp3") == bare);
}

#[test]
fn two_mp3_files_joined_are_read_to_the_end_of_the_second() {
    let folder = folder_with(&[(2, 0.3)]);
    ffmpeg(&folder, &["-i", "in.wav", "-c:a", "libmp3lame", "a.mp3"]);
    let once = fs::read(folder.path().join("a.mp3")).expect("a file");
    fs::write(folder.path().join("b.mp3"), [&once[..], &once].concat()).expect("a file");
    let (one, two) = (
        through(&folder, "a.mp3").len(),
        through(&folder, "b.mp3").len(),
    );
    assert!(two > 2 * one && two < 2 * one + 4 * 1152, "{one} and {two}");
}

#[test]
fn two_mp3_files_of_different_rates_joined_are_no_sound() {
    let folder = folder_with(&[(2, 0.3)]);
    let mut joined = Vec::new();
    for rate in ["44100", "48000"] {
        let coding = ["-i", "in.wav", "-ar", rate, "-c:a", "libmp3lame", "a.mp3"];
        ffmpeg(&folder, &coding);
        joined.extend(fs::read(folder.path().join("a.mp3")).expect("a file"));
    }
    fs::write(folder.path().join("b.mp3"), joined).expect("a file");
    let refused = enhance(&folder, "identity_k1", &["b.mp3", "-o", "out.wav"]);
    assert_refused(&refused, &["b.mp3", "rate or channels change"]);
    assert!(!folder.path().join("out.wav").exists());
}

#[test]
fn aac_of_three_minutes_is_read_to_its_end_bare_and_in_a_file() {
    // A guess by packets here and there begins with small ones.
    let folder = folder_with(&[(4, 0.0), (100, 0.3), (76, 0.2)]);
    for name in ["a.aac", "a.m4b"] {
        ffmpeg(
            &folder,
            &["-i", "in.wav", "-c:a", "aac", "-b:a", "64k", name],
        );
        assert_whole(&folder, name);
    }
}

/// Older files of iTunes tell in a tag what encoder and decoder have put ahead and behind.
#[test]
fn what_itunes_says_of_the_length_is_taken_at_its_word() {
    let folder = folder_with(&[(2, 0.3)]);
    let coded = ["-i", "in.wav", "-c:a", "aac", "-use_editlist", "0"];
    let tag = "iTunSMPB= 00000000 00000400 00000178 0000000000010000 00000000";
    let tagged = ["-movflags", "use_metadata_tags", "-metadata", tag, "a.mp4"];
    ffmpeg(&folder, &[&coded[..], &tagged].concat());
    // As iTunes writes it, in a box of its own with a name: `----`, mean, name, data.
    let whole = fs::read(folder.path().join("a.mp4")).expect("a file");
    let with = itunes(&whole, &tag[9..]);
    fs::write(folder.path().join("b.m4a"), with).expect("a file");
    assert_eq!(through(&folder, "b.m4a").len(), 0x10000);
}

fn sized(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = content.len() as u32 + 8;
    [&length.to_be_bytes()[..], name, content].concat()
}

/// The file with this tag in place of all others; its index lies behind the sound, so nothing moves.
fn itunes(whole: &[u8], text: &str) -> Vec<u8> {
    let at = whole
        .windows(4)
        .rposition(|w| w == b"moov")
        .expect("an index")
        - 4;
    let size = u32::from_be_bytes([whole[at], whole[at + 1], whole[at + 2], whole[at + 3]]);
    let movie = &whole[at + 8..at + size as usize];
    let full = |name, content: &[u8]| sized(name, &[&[0; 4], content].concat());
    let data = sized(
        b"data",
        &[&[0, 0, 0, 1, 0, 0, 0, 0], text.as_bytes()].concat(),
    );
    let item = [
        full(b"mean", b"com.apple.iTunes"),
        full(b"name", b"iTunSMPB"),
        data,
    ];
    let list = sized(b"ilst", &sized(b"----", &item.concat()));
    let handler = full(b"hdlr", &[&[0; 4], &b"mdirappl"[..], &[0; 9]].concat());
    let user = sized(b"udta", &full(b"meta", &[handler, list].concat()));
    let mut kept = Vec::new();
    let mut rest = movie;
    while rest.len() >= 8 {
        let size = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        if ![b"udta", b"meta"].iter().any(|name| rest[4..8] == name[..]) {
            kept.extend(&rest[..size]);
        }
        rest = &rest[size..];
    }
    kept.extend(user);
    [
        &whole[..at],
        &sized(b"moov", &kept),
        &whole[at + size as usize..],
    ]
    .concat()
}

/// Its lower half would come out at half the rate, without a word.
#[test]
fn he_aac_that_does_not_say_so_is_refused() {
    let folder = folder_with(&[(2, 0.3)]);
    ffmpeg(
        &folder,
        &["-i", "in.wav", "-c:a", "aac", "-b:a", "48k", "a.aac"],
    );
    let plain = fs::read(folder.path().join("a.aac")).expect("a file");
    let mut with = Vec::new();
    let mut rest = plain.as_slice();
    while rest.len() > 7 {
        let length = (usize::from(rest[3] & 3) << 11)
            | usize::from(rest[4]) << 3
            | usize::from(rest[5] >> 5);
        let payload = with_band_replication(&rest[7..length]);
        let mut head = rest[..7].to_vec();
        let size = payload.len() + 7;
        head[3] = head[3] & !3 | (size >> 11) as u8;
        head[4] = (size >> 3) as u8;
        head[5] = head[5] & 0x1F | (size << 5) as u8;
        with.extend([head, payload].concat());
        rest = &rest[length..];
    }
    fs::write(folder.path().join("he.aac"), with).expect("a file");
    let refused = enhance(&folder, "identity_k1", &["he.aac", "-o", "out.wav"]);
    assert_refused(&refused, &["he.aac", "HE-AAC", "convert it"]);
    assert!(!folder.path().join("out.wav").exists());
}

/// A packet with a fill element of that kind ahead of the one that ends it.
fn with_band_replication(packet: &[u8]) -> Vec<u8> {
    let mut bits: Vec<u8> = packet
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
        .collect();
    let end = bits.iter().rposition(|bit| *bit == 1).expect("an end") - 2;
    bits.truncate(end);
    // Fill, four bytes, replication, 28 bits of it, end.
    bits.extend([1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1]);
    bits.extend([0, 1, 1, 0, 1, 0, 0].repeat(4));
    bits.extend([1, 1, 1]);
    bits.resize(bits.len().next_multiple_of(8), 0);
    bits.chunks(8)
        .map(|byte| byte.iter().fold(0, |n, bit| n << 1 | bit))
        .collect()
}
