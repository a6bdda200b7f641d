//! Whatever becomes of a file of any kind, the program ends in time with a sound or with a sentence.
//!
//! More of it: `PROPTEST_CASES=2000 cargo test -p limpid --test properties_codings`. What is found goes into
//! `trouble`.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;
use support::{Noise, Wav, assert_ends, ffmpeg};

/// A small file of each kind, with tags and what else there may be.
fn seeds() -> &'static [(String, Vec<u8>)] {
    static SEEDS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        Wav::voice(&Noise::new(1).samples(7_000, 0.1)).write(&folder, "in.wav");
        let chapters =
            ";FFMETADATA1\ntitle=A\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=50\ntitle=B\n";
        fs::write(folder.path().join("tags.txt"), chapters).expect("a file");
        let kinds: [(&str, &[&str]); 10] = [
            ("a.flac", &["-c:a", "flac"]),
            ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "32k"]),
            (
                "b.mp3",
                &["-c:a", "libmp3lame", "-write_xing", "0", "-b:a", "32k"],
            ),
            ("a.ogg", &["-c:a", "libvorbis"]),
            ("a.opus", &["-c:a", "libopus", "-b:a", "16k"]),
            ("a.m4a", &["-c:a", "aac", "-b:a", "24k"]),
            ("b.m4a", &["-c:a", "alac", "-movflags", "+faststart"]),
            ("a.aac", &["-c:a", "aac", "-b:a", "24k"]),
            ("a.aiff", &["-c:a", "pcm_s16be"]),
            ("a.wav", &["-rf64", "always"]),
        ];
        kinds
            .iter()
            .map(|(name, coding)| {
                let begin = ["-i", "in.wav", "-i", "tags.txt", "-map_metadata", "1"];
                ffmpeg(
                    &folder,
                    &[&begin[..], &["-map", "0:a"], coding, &[name]].concat(),
                );
                let mut bytes = fs::read(folder.path().join(name)).expect("a file");
                if *name == "a.wav" {
                    bytes[..4].copy_from_slice(b"BW64");
                }
                ((*name).to_owned(), bytes)
            })
            .collect()
    })
}

/// What happens to a file.
#[derive(Debug, Clone)]
enum Blow {
    /// A byte becomes another one.
    Byte(u8),
    /// Four bytes become ones: a size that is too large by far.
    Ones,
    /// Something is put between.
    Insert(Vec<u8>),
    /// Something is left out.
    Remove(usize),
    /// It ends there.
    Cut,
}

fn any_blow() -> impl Strategy<Value = (f64, Blow)> {
    let blow = prop_oneof![
        6 => any::<u8>().prop_map(Blow::Byte),
        1 => Just(Blow::Ones),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Blow::Insert),
        1 => (1..40usize).prop_map(Blow::Remove),
        1 => Just(Blow::Cut),
    ];
    // Half of them near the beginning, where the structure is.
    let place = prop_oneof![0.0..0.08f64, 0.0..1.0f64];
    (place, blow)
}

fn beaten(mut bytes: Vec<u8>, blows: &[(f64, Blow)]) -> Vec<u8> {
    for (place, blow) in blows {
        let at = (*place * bytes.len() as f64) as usize;
        let to_end = bytes.len() - at;
        match blow {
            Blow::Byte(byte) => bytes[at] = *byte,
            Blow::Ones => bytes[at..at + to_end.min(4)].fill(0xFF),
            Blow::Insert(more) => drop(bytes.splice(at..at, more.iter().copied())),
            Blow::Remove(count) => drop(bytes.drain(at..at + to_end.min(*count))),
            Blow::Cut => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

/// As many as the variable says, few otherwise: each one is a start of the program.
fn cases() -> u32 {
    let told = std::env::var("PROPTEST_CASES").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_of_any_kind_ends_well(
        kind in 0..10usize,
        blows in prop::collection::vec(any_blow(), 1..6),
    ) {
        let (name, bytes) = &seeds()[kind];
        assert_ends(&beaten(bytes.clone(), &blows), name);
    }
}

#[test]
fn the_files_that_are_damaged_are_sound_before() {
    for (name, bytes) in seeds() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), bytes).expect("a file");
        let done = support::enhance(&folder, "identity_k1", &[name.as_str(), "-o", "out.wav"]);
        support::assert_done(&done);
    }
}
