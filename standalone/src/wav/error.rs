//! What can be wrong with a WAV file. Each sentence goes on after "cannot read FILE: ".

use std::io;

/// Why a file gives no samples.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// Another kind of file.
    #[error("it is not a WAV file{}", hint(.begins))]
    NotWav {
        /// The first bytes, at most four.
        begins: Vec<u8>,
    },
    /// Big-endian WAV, of which few exist.
    #[error("it is a big-endian WAV file (RIFX); convert it to an ordinary one first")]
    BigEndian,
    /// The file ends ahead of the samples.
    #[error("it ends before any sound begins; it was not copied or recorded to its end")]
    NoData,
    /// The format is not told before the samples.
    #[error("it does not say how its samples are stored (no `fmt ` chunk); it is damaged")]
    NoFormat,
    /// The chunk that tells the format contradicts itself.
    #[error("its header contradicts itself ({0}); it is damaged")]
    BadFormat(&'static str),
    /// Samples that lie in more bytes than they have, in a header that has no word for where among them.
    #[error(
        "its samples of {bits} bits lie in {bytes} bytes each, and its header does not say how, which programs do in several ways; have the one that wrote it save plain {bits} or 32-bit integers"
    )]
    Padded {
        /// Bits a sample.
        bits: u16,
        /// Bytes a sample.
        bytes: u16,
    },
    /// A coding other than plain samples.
    #[error(
        "its samples are stored as {}; convert it to 8, 16, 24 or 32-bit integers or to floats first",
        coding(*.tag, *.bits)
    )]
    Coding {
        /// The format tag of the header.
        tag: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// The header promises more than the file holds.
    #[error(
        "it ends early: its header promises {promised} bytes of sound and the file holds {held}; \
         copy it again, or have an audio editor repair it"
    )]
    Truncated {
        /// Bytes of samples by the header.
        promised: u64,
        /// Bytes of samples in the file.
        held: u64,
    },
    /// The last sample of some channel is missing or cut.
    #[error(
        "its {promised} bytes of sound are no whole number of samples ({frame_bytes} bytes for all channels); \
         copy it again, or have an audio editor repair it"
    )]
    BrokenFrame {
        /// Bytes of samples.
        promised: u64,
        /// Bytes of one sample of every channel.
        frame_bytes: u64,
    },
    /// No samples, by the header.
    #[error("it holds no sound (zero samples)")]
    Empty,
    /// No samples by the header, but something behind it: the recorder was cut off.
    #[error(
        "its header says zero samples although {behind} bytes follow: the recording was not \
         closed; have an audio editor repair it"
    )]
    Unfinished {
        /// Bytes after the header.
        behind: u64,
    },
    /// Something in a pipe that would have to be held in memory.
    #[error(
        "a chunk of {bytes} bytes stands in the pipe beside the sound; save it as a file and name that"
    )]
    LongChunk {
        /// Its size.
        bytes: u64,
    },
    /// A stream of unknown length with more samples than a plain WAV file can count.
    #[error(
        "it holds more sound than a plain WAV file can count (4 GiB); convert it to RF64 first"
    )]
    TooLong,
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn hint(begins: &[u8]) -> &'static str {
    match begins {
        b"" => " but empty",
        b"fLaC" => " but FLAC",
        b"OggS" => " but Ogg",
        b"FORM" => " but AIFF",
        b"caff" => " but CAF",
        b"riff" => " but Wave64",
        [b'I', b'D', b'3', ..] | [0xFF, 0xFB | 0xF3 | 0xF2, ..] => " but MP3",
        _ => "",
    }
}

fn coding(tag: u16, bits: u16) -> String {
    let name = match tag {
        1 => return format!("{bits}-bit integers"),
        3 => return format!("{bits}-bit floats"),
        2 => "Microsoft ADPCM",
        6 => "A-law",
        7 => "mu-law",
        0x11 => "IMA ADPCM",
        0x31 => "GSM",
        0x50 => "MPEG audio",
        0x55 => "MP3",
        _ => return format!("an unknown coding (format tag 0x{tag:04X})"),
    };
    name.to_owned()
}
