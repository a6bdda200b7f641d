//! Writing FLAC, with what the source has beside its samples.
//!
//! The chunks of a WAV file are kept as the reference encoder keeps them (`flac
//! --keep-foreign-metadata`): each in an `APPLICATION` block of the id `riff`, the file's own head, the
//! format and the empty head of the samples among them, in their order.

use std::io::{self, BufWriter, Read};
use std::ops::Range;

use flac_codec::encode::{FlacSampleWriter, Options};
use flac_codec::metadata::{Application, Block, BlockList, VorbisComment};

use super::chapters::{self, Chapter};
use super::sink::Place;
use super::tags::PICTURE;
use super::{Form, SoundError};
use crate::wav::{Kept, Out, Piece, Samples, gather};

/// The name of the tag that says which loudspeakers the channels are for, where that is not the usual.
pub const MASK_TAG: &str = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK";
/// What a cue sheet is called where it is not kept.
pub const CUE_SHEET: &str = "cue sheet";
/// What a block can hold.
pub const LONGEST_BLOCK: u64 = (1 << 24) - 5;
/// Of a pipe so much is looked at for its blocks.
const LONGEST_HEAD: usize = 64 << 20;
/// Masks that FLAC means for one channel to eight (RFC 9639, 9.1.3).
const USUAL: [u32; 8] = [0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x70F, 0x63F];

/// A FLAC file in the making.
pub struct FlacSink {
    writer: FlacSampleWriter<BufWriter<Place>>,
    samples: Samples,
    channels: usize,
    integers: Vec<i32>,
}

impl FlacSink {
    /// Writes the head: `texts` as Vorbis comments, and `blocks`.
    pub fn begin(
        out: BufWriter<Place>,
        form: &Form,
        texts: &[(String, String)],
        blocks: Vec<Block>,
    ) -> Result<Self, SoundError> {
        if form.channels > 8 {
            return Err(SoundError::FlacLimit(format!("{} channels", form.channels)));
        }
        if form.samples.is_float() {
            return Err(SoundError::FlacLimit("floats".to_owned()));
        }
        if form.rate >= 1 << 20 {
            return Err(SoundError::FlacLimit(format!("{} Hz", form.rate)));
        }
        let mut comment = VorbisComment {
            vendor_string: concat!("limpid ", env!("CARGO_PKG_VERSION")).to_owned(),
            fields: texts
                .iter()
                .map(|(name, text)| format!("{name}={text}"))
                .collect(),
        };
        if form.mask != 0 && form.mask != USUAL[form.channels - 1] {
            comment.fields.push(format!("{MASK_TAG}=0x{:X}", form.mask));
        }
        let mut options = Options::default().comment(comment);
        for block in blocks {
            match block {
                Block::Application(block) => options.add_block(block),
                Block::Picture(block) => options.add_block(block),
                Block::Cuesheet(block) => options.add_block(block),
                _ => &mut options,
            };
        }
        let bits = u32::from(form.samples.bits());
        let channels = form.channels as u8;
        // What goes into a pipe says at once how long it is, where that is known.
        let total = form
            .frames
            .filter(|frames| form.is_exact && !out.can_seek() && *frames > 0);
        let total = total.map(|frames| frames * u64::from(channels));
        Ok(Self {
            writer: FlacSampleWriter::new(out, options, form.rate, bits, channels, total)?,
            samples: form.samples,
            channels: form.channels,
            integers: Vec::new(),
        })
    }

    /// As [`super::Sink::write`].
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> Result<(), SoundError> {
        self.integers.clear();
        gather(planar, self.channels, frames, |sample| {
            self.integers.push(self.samples.integer(sample));
            Ok::<(), SoundError>(())
        })?;
        Ok(self.writer.write(&self.integers)?)
    }

    /// Writes what is left, and the head anew.
    pub fn finish(self) -> Result<(), SoundError> {
        Ok(self.writer.finalize()?)
    }
}

/// What a FLAC file has ahead of its samples.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The blocks that another file can have, and chunks of a WAV file in them.
    pub blocks: Vec<Block>,
    /// Chapters that stand among the comments.
    pub chapters: Vec<Chapter>,
    /// Names of what belongs to those chapters and is not understood.
    pub others: Vec<String>,
}

impl Head {
    /// Reads it from the first byte on. What cannot be read of it is no reason not to read the samples, which
    /// say what is wrong.
    pub fn read(input: impl Read) -> Self {
        let Ok(list) = BlockList::read(input) else {
            return Self::default();
        };
        let mut head = Self::default();
        for block in list {
            match block {
                Block::Application(_) | Block::Picture(_) | Block::Cuesheet(_) => {
                    head.blocks.push(block);
                }
                Block::VorbisComment(comment) => {
                    (head.chapters, head.others) = chapters::from_texts(&comment.fields);
                }
                _ => {}
            }
        }
        head
    }
}

/// All blocks out of a pipe, of which `head` has been read.
///
/// # Errors
/// When the system refuses.
pub fn head(mut head: Vec<u8>, input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut more = |head: &mut Vec<u8>, length: usize| {
        let missing = length.saturating_sub(head.len()) as u64;
        input.take(missing).read_to_end(head)?;
        Ok::<bool, io::Error>(head.len() >= length)
    };
    let mut at = 4;
    while more(&mut head, at + 4)? {
        let [kind, a, b, c] = [head[at], head[at + 1], head[at + 2], head[at + 3]];
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        at += 4 + length;
        let is_last = kind & 0x80 != 0;
        if at > LONGEST_HEAD || !more(&mut head, at)? || is_last {
            break;
        }
    }
    Ok(head)
}

/// The chunks of a WAV file whose samples are `data` bytes as blocks. Each comes with its head and padding,
/// and with whether it stands behind the samples.
pub fn riff_blocks(chunks: Vec<(Vec<u8>, bool)>, data: u64) -> Vec<Block> {
    let length: u64 = chunks.iter().map(|(chunk, _)| chunk.len() as u64).sum();
    // A long file's head cannot be told in this way; flac then makes one of its own.
    let short = |size: u64| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();
    let size = 4 + length + 8 + data.next_multiple_of(2);
    let head = [b"RIFF".as_slice(), &short(size), b"WAVE"].concat();
    let samples = [b"data".as_slice(), &short(data)].concat();
    let (after, before): (Vec<_>, Vec<_>) =
        chunks.into_iter().partition(|(_, is_behind)| *is_behind);
    let chunks = |chunks: Vec<(Vec<u8>, bool)>| chunks.into_iter().map(|(chunk, _)| chunk);
    let all = std::iter::once(head).chain(chunks(before));
    let all = all.chain([samples]).chain(chunks(after));
    all.map(|data| {
        Block::Application(Application {
            id: Application::RIFF,
            data,
        })
    })
    .collect()
}

/// The chunks of a WAV file that lie in blocks, ahead of the samples and behind them, without those
/// that tell the form. And whether other blocks are among them, by name.
pub fn riff_chunks(blocks: &[Block]) -> (Vec<Kept>, Vec<Kept>, Vec<String>) {
    let (mut before, mut after, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_behind = false;
    for block in blocks {
        let chunk = match block {
            Block::Application(a) if a.id == Application::RIFF => &a.data,
            Block::Application(_) => {
                others.push("application data".to_owned());
                continue;
            }
            Block::Picture(_) => {
                others.push(PICTURE.to_owned());
                continue;
            }
            Block::Cuesheet(_) => {
                others.push(CUE_SHEET.to_owned());
                continue;
            }
            _ => continue,
        };
        let Some(&[a, b, c, d]) = chunk.get(..4) else {
            continue;
        };
        let name = [a, b, c, d];
        match &name {
            b"RIFF" | b"fmt " | b"fact" | b"ds64" | b"RF64" | b"BW64" => {}
            b"data" => is_behind = true,
            _ => {
                let kept = Kept {
                    name,
                    whole: Piece::Bytes(chunk.clone()),
                };
                if is_behind { &mut after } else { &mut before }.push(kept);
            }
        }
    }
    (before, after, others)
}
