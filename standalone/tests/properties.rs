//! Whatever a file holds, the program ends with a sound or with a sentence, and never with a panic.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use proptest::prelude::*;
use support::{Wav, enhance, stderr};

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

fn any_wav() -> impl Strategy<Value = Wav> {
    let form = prop_oneof![
        Just((1, 8)),
        Just((1, 16)),
        Just((1, 24)),
        Just((3, 32)),
        Just((3, 64))
    ];
    let rate = prop_oneof![
        Just(8_000),
        Just(11_025),
        Just(44_100),
        Just(48_000),
        Just(96_000)
    ];
    let chunks = || {
        prop::collection::vec(
            (chunk_name(), prop::collection::vec(any::<u8>(), 0..40)),
            0..3,
        )
    };
    (
        form,
        rate,
        1..7u16,
        1..1_500usize,
        any::<bool>(),
        chunks(),
        chunks(),
    )
        .prop_map(
            |((tag, bits), rate, channels, frames, extensible, before, after)| {
                let mut wav = Wav::new(tag, channels, rate, bits).with_noise(frames);
                (wav.extensible, wav.before, wav.after) = (extensible, before, after);
                wav
            },
        )
}

fn chunk_name() -> impl Strategy<Value = &'static [u8; 4]> {
    prop_oneof![
        Just(b"bext"),
        Just(b"cue "),
        Just(b"LIST"),
        Just(b"JUNK"),
        Just(b"iXML")
    ]
}

/// Bytes of the chunk of this name, going from one chunk to the next.
fn chunk_size(file: &[u8], name: &[u8; 4]) -> Option<u32> {
    let mut rest = file.get(12..)?;
    while let [a, b, c, d, s0, s1, s2, s3, tail @ ..] = rest {
        let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
        if [*a, *b, *c, *d] == *name {
            return Some(size);
        }
        rest = tail.get(size.next_multiple_of(2) as usize..)?;
    }
    None
}

/// Ends with a sound or with one sentence.
fn assert_ends(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), bytes).expect("a file");
    let output = enhance(&folder, "identity_k1", &[name, "-o", "out.wav"]);
    let said = stderr(&output);
    match output.status.code() {
        Some(0) => assert!(folder.path().join("out.wav").is_file()),
        Some(1) => {
            assert!(
                said.starts_with("limpid: ") && said.trim_end().lines().count() == 1,
                "{said}"
            );
            assert_eq!(support::names(&folder), [name]);
        }
        other => panic!("{other:?}: {said}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Through WAV, and through FLAC where that holds them, the same bytes come back.
    #[test]
    fn any_wav_file_comes_back(wav in any_wav()) {
        let folder = tempfile::tempdir().expect("a folder");
        wav.write(&folder, "in.wav");
        let mut steps = vec![("in.wav", "out.wav")];
        if wav.tag == 1 {
            steps = vec![("in.wav", "mid.flac"), ("mid.flac", "out.wav")];
        }
        for (from, to) in &steps {
            let output = enhance(&folder, "identity_k1", &[&UNCHANGED[..], &[from, "-o", to]].concat());
            prop_assert!(output.status.success(), "{}", stderr(&output));
        }
        let written = fs::read(folder.path().join("out.wav")).expect("an output");
        if steps.len() == 1 {
            prop_assert!(written == wav.bytes());
        } else {
            // The head may be another one of the same meaning.
            let found = written.windows(wav.data.len()).any(|part| part == wav.data);
            prop_assert!(found);
        }
    }

    /// With chunks that count samples, of whatever content.
    #[test]
    fn any_wav_file_takes_another_rate_and_one_channel(
        wav in any_wav(),
        rate in prop_oneof![Just(8_000u32), Just(44_100), Just(48_000), Just(96_000)],
        to_flac in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        wav.write(&folder, "in.wav");
        let asked = rate.to_string();
        let first = if to_flac { "mid.flac" } else { "out.wav" };
        let form = ["in.wav", "-o", first, "--rate", &asked, "--channels", "1", "--bits", "16"];
        let output = enhance(&folder, "identity_k1", &form);
        prop_assert!(output.status.success(), "{}", stderr(&output));
        if to_flac {
            let output = enhance(&folder, "identity_k1", &["mid.flac", "-o", "out.wav"]);
            prop_assert!(output.status.success(), "{}", stderr(&output));
        }
        let frames = wav.data.len() / usize::from(wav.channels * wav.bits / 8);
        let wanted = (frames as f64 * f64::from(rate) / f64::from(wav.rate)).round() as u32;
        let written = fs::read(folder.path().join("out.wav")).expect("an output");
        prop_assert_eq!(chunk_size(&written, b"data"), Some(wanted * 2));
    }

    /// Bytes changed and ends cut off.
    #[test]
    fn a_damaged_wav_file_ends_well(
        wav in any_wav(),
        changes in prop::collection::vec((0..200usize, any::<u8>()), 0..6),
        kept in 0.0..1.0f64,
    ) {
        let mut bytes = wav.bytes();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate((bytes.len() as f64 * kept.max(0.2)) as usize);
        assert_ends(&bytes, "in.wav");
    }
}

/// What once broke the program, or might: each file of the folder.
#[test]
fn files_that_were_trouble_once_end_well() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trouble");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".md") {
            continue;
        }
        assert_ends(&fs::read(&path).expect("a file"), &name);
    }
}
