//! What a file has beside its sound is in the output, or named as not kept: each kind of file, each thing.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::{Noise, Wav, assert_done, chunk, enhance, ffmpeg, fixture, limpid, output, stdout};
use tempfile::TempDir;

const MODEL: &str = "identity_k1";

/// Chapters as Vorbis comments have them.
const CHAPTERS: [&str; 4] = [
    "CHAPTER001=00:00:00.000",
    "CHAPTER001NAME=First part",
    "CHAPTER002=00:00:00.500",
    "CHAPTER002NAME=Second part",
];

/// A thing that a file can have, and what shows that an output has it: in WAV and in FLAC.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Thing {
    Title,
    Artist,
    Mood,
    Picture,
    Chapters,
    Chunk,
    CueSheet,
    Application,
}

impl Thing {
    /// What one of the names of what is not kept contains.
    fn name(self) -> &'static str {
        match self {
            Self::Title => "TITLE",
            Self::Artist => "ARTIST",
            Self::Mood => "MOOD",
            Self::Picture => "PICTURE",
            Self::Chapters => "CHAPTER",
            Self::Chunk => "BEXT",
            Self::CueSheet => "CUE SHEET",
            Self::Application => "APPLICATION DATA",
        }
    }

    fn is_in(self, folder: &TempDir, name: &str) -> bool {
        let bytes = fs::read(folder.path().join(name)).expect("an output");
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        let is_wav = bytes.starts_with(b"RIFF");
        let tags = if is_wav {
            String::new()
        } else {
            metaflac(folder, &["--export-tags-to=-", name]).to_uppercase()
        };
        let text = |info: &[u8], words: &str| match is_wav {
            true => has(info) && has(words.as_bytes()),
            false => tags.contains(&words.to_uppercase()),
        };
        let block = |kind: &str| !is_wav && !metaflac(folder, &["--list", kind, name]).is_empty();
        match self {
            Self::Title => text(b"INAM", "A talk"),
            Self::Artist => text(b"IART", "Some body"),
            Self::Mood => text(b"none", "MOOD=calm"),
            Self::Picture => block("--block-type=PICTURE"),
            Self::Chapters => match is_wav {
                // The second one begins after half a second.
                true => has(b"data\0\0\0\0\0\0\0\0\xC0\x5D\0\0") && has(b"Second part\0"),
                false => {
                    tags.contains("CHAPTER002=00:00:00.500")
                        && tags.contains("CHAPTER002NAME=SECOND PART")
                }
            },
            Self::Chunk => has(b"bext\x5B\x02\0\0\x07\x07"),
            // As markers, or as it was.
            Self::CueSheet => match is_wav {
                true => {
                    has(b"cue \x34\0\0\0\x02\0\0\0") && has(b"data\0\0\0\0\0\0\0\0\xC0\x5D\0\0")
                }
                false => block("--block-type=CUESHEET"),
            },
            Self::Application => false,
        }
    }
}

fn metaflac(folder: &TempDir, arguments: &[&str]) -> String {
    let mut metaflac = Command::new("metaflac");
    let done = output(metaflac.current_dir(folder.path()).args(arguments));
    assert_done(&done);
    stdout(&done)
}

/// One second at 48 kHz with a beginning, a picture and a list of tags and chapters beside it.
fn folder_with_all() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = Wav::voice(&Noise::new(3).samples(48_000, 0.3));
    wav.write(&folder, "bare.wav");
    wav.before = vec![(b"bext", vec![7; 603])];
    wav.write(&folder, "chunk.wav");
    let tags = ";FFMETADATA1\ntitle=A talk\nartist=Some body\nmood=calm\n\
        [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=First part\n\
        [CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Second part\n";
    fs::write(folder.path().join("tags.txt"), tags).expect("a file");
    let color = "color=c=red:s=16x16";
    ffmpeg(
        &folder,
        &["-f", "lavfi", "-i", color, "-frames:v", "1", "cover.png"],
    );
    folder
}

/// A file with all that ffmpeg can put into it.
fn encode(folder: &TempDir, name: &str, more: &[&str]) {
    let tagged = [
        "-i",
        "bare.wav",
        "-i",
        "tags.txt",
        "-map_metadata",
        "1",
        "-map_chapters",
        "1",
    ];
    ffmpeg(
        folder,
        &[&tagged[..], &["-map", "0:a"], more, &[name]].concat(),
    );
}

fn encode_with_cover(folder: &TempDir, name: &str, more: &[&str]) {
    let tagged = [
        "-i",
        "bare.wav",
        "-i",
        "tags.txt",
        "-i",
        "cover.png",
        "-map_metadata",
        "1",
        "-map_chapters",
        "1",
    ];
    let cover = [
        "-map",
        "0:a",
        "-map",
        "2:v",
        "-c:v",
        "copy",
        "-disposition:v",
        "attached_pic",
    ];
    ffmpeg(folder, &[&tagged[..], &cover, more, &[name]].concat());
}

/// Enhances `name`, or what comes out of it through a pipe, and looks for everything in both kinds of output.
#[track_caller]
fn assert_kept_or_named(folder: &TempDir, name: &str, things: &[Thing]) {
    for piped in [false, true] {
        for out in ["out.wav", "out.flac"] {
            let input = if piped { "-" } else { name };
            let mut command = limpid(folder);
            command.args(["enhance", input, "--json", "-f", "-o", out]);
            command.arg("--model").arg(fixture(MODEL));
            let from = fs::File::open(folder.path().join(name)).expect("a file");
            command.stdin(if piped {
                Stdio::from(from)
            } else {
                Stdio::null()
            });
            let done = output(&mut command);
            assert_done(&done);
            let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
            let not_kept = told["not_kept"].to_string().to_uppercase();
            for thing in things {
                let (is_in, is_named) = (thing.is_in(folder, out), not_kept.contains(thing.name()));
                assert!(
                    is_in || is_named,
                    "{thing:?} of {name} (piped: {piped}) is neither in {out} nor named: {not_kept}"
                );
                let is_text = matches!(thing, Thing::Title | Thing::Artist | Thing::Chapters);
                assert!(is_in || !is_text, "{thing:?} of {name} is not in {out}");
                assert!(
                    !(is_in && is_named),
                    "{thing:?} of {name} is in {out} and named: {not_kept}"
                );
            }
        }
    }
}

#[test]
fn of_mp3() {
    let folder = folder_with_all();
    encode_with_cover(&folder, "a.mp3", &["-c:a", "libmp3lame"]);
    use Thing::{Artist, Chapters, Mood, Picture, Title};
    assert_kept_or_named(&folder, "a.mp3", &[Title, Artist, Mood, Picture, Chapters]);
}

#[test]
fn of_m4a_and_m4b() {
    let folder = folder_with_all();
    use Thing::{Artist, Chapters, Picture, Title};
    for (name, coding) in [("a.m4a", "alac"), ("a.m4b", "aac")] {
        // The index ahead of the sound, so that it comes through a pipe.
        encode_with_cover(&folder, name, &["-c:a", coding, "-movflags", "+faststart"]);
        assert_kept_or_named(&folder, name, &[Title, Artist, Picture, Chapters]);
    }
}

#[test]
fn of_ogg_and_opus() {
    let folder = folder_with_all();
    use Thing::{Artist, Chapters, Mood, Title};
    for (name, coding) in [("a.ogg", "libvorbis"), ("a.opus", "libopus")] {
        // Those that ffmpeg writes here itself are at other times.
        let mut with = vec!["-c:a", coding, "-map_chapters", "-1"];
        for comment in CHAPTERS {
            with.extend(["-metadata", comment]);
        }
        encode(&folder, name, &with);
        assert_kept_or_named(&folder, name, &[Title, Artist, Mood, Chapters]);
    }
}

#[test]
fn of_flac() {
    let folder = folder_with_all();
    use Thing::{Application, Artist, Chapters, Chunk, CueSheet, Mood, Picture, Title};
    let flac = |arguments: &[&str]| {
        let mut flac = Command::new("flac");
        assert_done(&output(
            flac.current_dir(folder.path()).arg("-sf").args(arguments),
        ));
    };
    let tags = [
        "-T",
        "TITLE=A talk",
        "-T",
        "ARTIST=Some body",
        "-T",
        "MOOD=calm",
    ];
    let chapters: Vec<&str> = CHAPTERS
        .iter()
        .flat_map(|comment| ["-T", comment])
        .collect();
    let all = [
        &tags[..],
        &chapters[..],
        &["--picture=cover.png", "--keep-foreign-metadata"],
    ]
    .concat();
    flac(&[&all[..], &["chunk.wav", "-o", "a.flac"]].concat());
    assert_kept_or_named(
        &folder,
        "a.flac",
        &[Title, Artist, Mood, Picture, Chapters, Chunk],
    );

    let sheet = "FILE \"bare.wav\" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    INDEX 01 24000\n";
    fs::write(folder.path().join("sheet.cue"), sheet).expect("a file");
    flac(
        &[
            &tags[..],
            &["--cuesheet=sheet.cue", "bare.wav", "-o", "b.flac"],
        ]
        .concat(),
    );
    assert_kept_or_named(&folder, "b.flac", &[Title, CueSheet]);

    // A block of some other program's.
    let whole = fs::read(folder.path().join("a.flac")).expect("a file");
    let block = [&[2, 0, 0, 8][..], b"abcdefgh"].concat();
    let with = [&whole[..42], &block, &whole[42..]].concat();
    fs::write(folder.path().join("c.flac"), with).expect("a file");
    assert_kept_or_named(&folder, "c.flac", &[Title]);
    let done = enhance(&folder, MODEL, &["c.flac", "-f", "-o", "out.wav"]);
    assert!(
        stdout(&done).to_uppercase().contains(Application.name()),
        "{}",
        stdout(&done)
    );
}

#[test]
fn of_aiff() {
    let folder = folder_with_all();
    ffmpeg(&folder, &["-i", "bare.wav", "a.aiff"]);
    let bare = fs::read(folder.path().join("a.aiff")).expect("a file");
    let mut beside = Vec::new();
    let mut put = |name: &[u8; 4], content: &[u8]| {
        beside.extend(name);
        beside.extend((content.len() as u32).to_be_bytes());
        beside.extend(content);
        beside.resize(beside.len().next_multiple_of(2), 0);
    };
    put(b"NAME", b"A talk");
    put(b"AUTH", b"Some body");
    let mut marks = 2u16.to_be_bytes().to_vec();
    for (number, place, name) in [(1u16, 0u32, "First part"), (2, 24_000, "Second part")] {
        marks.extend(number.to_be_bytes());
        marks.extend(place.to_be_bytes());
        let mut text = vec![name.len() as u8];
        text.extend(name.as_bytes());
        text.resize(text.len().next_multiple_of(2), 0);
        marks.extend(text);
    }
    put(b"MARK", &marks);
    put(b"APPL", b"abcdefgh");
    // Ahead of the samples, so that they come through a pipe, too.
    let mut with = [&bare[..12], &beside, &bare[12..]].concat();
    let size = with.len() as u32 - 8;
    with[4..8].copy_from_slice(&size.to_be_bytes());
    fs::write(folder.path().join("b.aiff"), with).expect("a file");
    use Thing::{Application, Artist, Chapters, Title};
    assert_kept_or_named(&folder, "b.aiff", &[Title, Artist, Chapters, Application]);
}

#[test]
fn of_wav_into_flac_out_of_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut labels = b"adtl".to_vec();
    chunk(&mut labels, b"labl", b"\x01\0\0\0here\0");
    let mut wav = Wav::voice(&Noise::new(3).samples(4_800, 0.3));
    wav.before = vec![(b"bext", vec![7; 603]), (b"LIST", labels)];
    wav.after = vec![(b"cue ", vec![1; 28])];
    fs::write(folder.path().join("in.wav"), wav.bytes()).expect("a file");
    let mut endless = wav.bytes();
    let at = endless
        .windows(4)
        .position(|w| w == b"data")
        .expect("samples");
    endless[at + 4..at + 8].fill(0xFF);
    // Nothing can come behind samples that have no end.
    endless.truncate(at + 8 + 9_600);
    fs::write(folder.path().join("endless.wav"), endless).expect("a file");
    for (name, wanted) in [
        ("in.wav", vec!["cue"]),
        ("endless.wav", vec!["LIST", "bext"]),
    ] {
        let mut command = limpid(&folder);
        command.args(["enhance", "-", "--json", "-f", "-o", "out.flac"]);
        command.arg("--model").arg(fixture(MODEL));
        command.stdin(fs::File::open(folder.path().join(name)).expect("a file"));
        let done = output(&mut command);
        assert_done(&done);
        let told: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
        assert_eq!(told["not_kept"], serde_json::json!(wanted), "{name}");
    }
}
