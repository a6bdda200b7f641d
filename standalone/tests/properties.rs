//! Whatever a file holds, the program ends with a sound or with a sentence, and never with a panic.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;

use proptest::prelude::*;
use support::{Wav, assert_ends, chunk, enhance, stderr};

const UNCHANGED: [&str; 4] = ["--voice", "0", "--background", "0"];

fn any_wav() -> impl Strategy<Value = Wav> {
    let form = prop_oneof![
        Just((1, 8)),
        Just((1, 16)),
        Just((1, 24)),
        Just((1, 32)),
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
                if (tag, bits) == (1, 32) {
                    // Of which the upper 24 bits are kept.
                    wav.data.iter_mut().step_by(4).for_each(|low| *low = 0);
                }
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

/// What stands round the chunks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Envelope {
    Riff,
    /// The form for sizes beyond 4 GiB, and its successor.
    Long(&'static [u8; 4]),
    /// From a program that could not come back to fill in the length.
    Endless,
}

fn any_envelope() -> impl Strategy<Value = Envelope> {
    prop_oneof![
        3 => Just(Envelope::Riff),
        1 => Just(Envelope::Long(b"RF64")),
        1 => Just(Envelope::Long(b"BW64")),
        1 => Just(Envelope::Endless),
    ]
}

/// The file in its envelope, and what comes back when nothing is changed.
fn enveloped(wav: &Wav, envelope: Envelope) -> (Vec<u8>, Vec<u8>) {
    let plain = wav.bytes();
    let data = |bytes: &[u8]| {
        bytes
            .windows(4)
            .position(|w| w == b"data")
            .expect("samples")
            + 4
    };
    match envelope {
        Envelope::Riff => (plain.clone(), plain),
        Envelope::Long(form) => {
            let frame = u64::from(wav.channels * (wav.bits / 8));
            let length = wav.data.len() as u64;
            let sizes = [plain.len() as u64 - 8 + 36, length, length / frame];
            let sizes = sizes.map(u64::to_le_bytes).concat();
            let mut long = [&form[..], &[0xFF; 4], b"WAVE"].concat();
            chunk(&mut long, b"ds64", &[&sizes[..], &[0; 4]].concat());
            let rest = long.len();
            long.extend(&plain[12..]);
            let at = rest + data(&long[rest..]);
            long[at..at + 4].fill(0xFF);
            (long.clone(), long)
        }
        Envelope::Endless => {
            // What follows would be samples.
            let mut bare = wav.clone();
            bare.after.clear();
            let plain = bare.bytes();
            let mut endless = plain.clone();
            let at = data(&endless);
            endless[4..8].fill(0xFF);
            endless[at..at + 4].fill(0xFF);
            endless.truncate(at + 4 + wav.data.len());
            (endless, plain)
        }
    }
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Through WAV, and through FLAC where that holds them, the same bytes come back.
    #[test]
    fn any_wav_file_comes_back(wav in any_wav(), envelope in any_envelope()) {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, wanted) = enveloped(&wav, envelope);
        fs::write(folder.path().join("in.wav"), file).expect("a file");
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
            prop_assert!(written == wanted);
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

    /// To the last bit, in WAV and in FLAC, whatever the depth and the number of channels.
    #[test]
    fn voice_and_background_sum_to_the_input(
        bits in prop_oneof![Just(16u16), Just(24)],
        channels in 1..4u16,
        frames in 1..6_000usize,
        ending in prop_oneof![Just("wav"), Just("flac")],
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wav = Wav::new(1, channels, 48_000, bits).with_noise(frames);
        for sample in wav.data.chunks_exact_mut(usize::from(bits / 8)) {
            // A quarter as loud, so that neither part is clipped: shifted by two bits.
            let value = sample.iter().rev().fold(0i32, |n, byte| n << 8 | i32::from(*byte));
            let quarter = (value << (32 - bits)) >> (34 - bits);
            sample.copy_from_slice(&quarter.to_le_bytes()[..usize::from(bits / 8)]);
        }
        wav.write(&folder, "in.wav");
        let [voice, background] = ["v", "b"].map(|name| format!("{name}.{ending}"));
        let parts = ["in.wav", "--voice-out", &voice, "--background-out", &background];
        let output = enhance(&folder, "recurrent", &parts);
        prop_assert!(output.status.success(), "{}", stderr(&output));
        prop_assert!(!support::stdout(&output).contains("clipped"));
        let integers = |name: &str| -> Vec<i32> {
            let path = if name.ends_with("flac") {
                let mut flac = std::process::Command::new("flac");
                flac.current_dir(folder.path()).args(["-sdf", name]);
                support::assert_done(&support::output(&mut flac));
                folder.path().join(name).with_extension("wav")
            } else {
                folder.path().join(name)
            };
            let mut reader = hound::WavReader::open(path).expect("a WAV file");
            reader.samples::<i32>().map(|sample| sample.expect("a sample")).collect()
        };
        let sum: Vec<i32> = integers(&voice)
            .into_iter()
            .zip(integers(&background))
            .map(|(voice, background)| voice + background)
            .collect();
        prop_assert!(sum == integers("in.wav"));
    }

    /// Bytes changed and ends cut off.
    #[test]
    fn a_damaged_wav_file_ends_well(
        wav in any_wav(),
        changes in prop::collection::vec((0..200usize, any::<u8>()), 0..6),
        envelope in any_envelope(),
        kept in 0.0..1.0f64,
    ) {
        let (mut bytes, _) = enveloped(&wav, envelope);
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate((bytes.len() as f64 * kept.max(0.2)) as usize);
        assert_ends(&bytes, "in.wav");
    }
}

/// What once broke the program, or is built to: each file of the folder.
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
