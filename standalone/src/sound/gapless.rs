//! What of an MP4 file's sound is to be heard: encoders of AAC begin with a silence of their own.
//!
//! The edit list (ISO 14496-12, 8.6.6) says where the sound begins and how long it is; older files of
//! iTunes say it in a tag, `iTunSMPB`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// A tag or an edit list is shorter than this.
const LONGEST: u64 = 1 << 16;

/// The part of the decoded frames that is the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Frames ahead of it.
    pub skip: u64,
    /// Its frames, and how far they may be off, as the clock of the edit list may be coarse.
    pub frames: Option<(u64, u64)>,
}

/// Reads what the file says, for sound of `rate` (Hz). `None`: nothing.
pub fn edit(path: &Path, rate: u32) -> Option<Edit> {
    let mut file = Boxes {
        file: BufReader::new(File::open(path).ok()?),
    };
    let length = file.file.seek(SeekFrom::End(0)).ok()?;
    let movie = file.find(0..length, b"moov")?;
    let clock = file.clock(movie.clone(), b"mvhd")?;
    for track in file.all(movie.clone(), b"trak") {
        let media = file.find(track.clone(), b"mdia")?;
        let handler = file.find(media.clone(), b"hdlr")?;
        if file.content(handler)?.get(8..12) != Some(b"soun") {
            continue;
        }
        let media_clock = file.clock(media, b"mdhd")?;
        let edits = file
            .find(track, b"edts")
            .and_then(|e| file.find(e, b"elst"));
        if let Some(list) = edits {
            return read_list(&file.content(list)?, clock, media_clock, rate);
        }
        break;
    }
    file.itunes(movie)
}

/// The first edit that shows something of the media.
fn read_list(list: &[u8], clock: u64, media_clock: u64, rate: u32) -> Option<Edit> {
    let version = *list.first()?;
    let width = if version == 1 { 8 } else { 4 };
    let entries = list.get(8..)?.chunks_exact(2 * width + 4);
    for entry in entries {
        let (duration, time) = (number(&entry[..width]), number(&entry[width..2 * width]));
        let is_gap = time == u64::MAX >> (64 - 8 * width);
        if is_gap {
            continue;
        }
        let rate = u64::from(rate);
        let frames = (duration > 0).then(|| {
            let exact = u128::from(duration) * u128::from(rate) / u128::from(clock);
            (exact as u64, rate.div_ceil(clock))
        });
        let skip = u128::from(time) * u128::from(rate) / u128::from(media_clock);
        return Some(Edit {
            skip: skip as u64,
            frames,
        });
    }
    None
}

struct Boxes {
    file: BufReader<File>,
}

impl Boxes {
    /// The contents of all boxes of this name in `range`.
    fn all(&mut self, range: Range<u64>, name: &[u8; 4]) -> Vec<Range<u64>> {
        let mut found = Vec::new();
        let mut at = range.start;
        while let Ok(Some((kind, content))) = self.header(at, range.end) {
            if kind == *name {
                found.push(content.clone());
            }
            at = content.end;
        }
        found
    }

    fn find(&mut self, range: Range<u64>, name: &[u8; 4]) -> Option<Range<u64>> {
        self.all(range, name).into_iter().next()
    }

    fn header(&mut self, at: u64, end: u64) -> io::Result<Option<([u8; 4], Range<u64>)>> {
        if at + 8 > end {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 8];
        self.file.read_exact(&mut header)?;
        let (mut size, mut start) = (number(&header[..4]), at + 8);
        if size == 1 {
            let mut long = [0; 8];
            self.file.read_exact(&mut long)?;
            (size, start) = (number(&long), at + 16);
        } else if size == 0 {
            size = end - at;
        }
        let content_end = at.saturating_add(size).min(end);
        if content_end < start {
            return Ok(None);
        }
        let name = [header[4], header[5], header[6], header[7]];
        Ok(Some((name, start..content_end)))
    }

    fn content(&mut self, range: Range<u64>) -> Option<Vec<u8>> {
        let length = range.end - range.start;
        if length > LONGEST {
            return None;
        }
        self.file.seek(SeekFrom::Start(range.start)).ok()?;
        let mut content = vec![0; length as usize];
        self.file.read_exact(&mut content).ok()?;
        Some(content)
    }

    /// Ticks a second of a movie or of a media.
    fn clock(&mut self, range: Range<u64>, name: &[u8; 4]) -> Option<u64> {
        let header = self.find(range, name)?;
        let content = self.content(header)?;
        let at = if *content.first()? == 1 { 20 } else { 12 };
        Some(number(content.get(at..at + 4)?)).filter(|clock| *clock > 0)
    }

    /// ` 00000000 DELAY PADDING LENGTH ...`, in hexadecimal.
    fn itunes(&mut self, movie: Range<u64>) -> Option<Edit> {
        let user = self.find(movie, b"udta")?;
        let meta = self.find(user, b"meta")?;
        let list = self.find(meta.start + 4..meta.end, b"ilst")?;
        for tag in self.all(list, b"----") {
            let Some(content) = self.content(tag) else {
                continue;
            };
            let text = String::from_utf8_lossy(&content);
            let Some((_, value)) = text.split_once("iTunSMPB") else {
                continue;
            };
            let numbers: Vec<u64> = value
                .split([' ', '\0'])
                .filter_map(|word| {
                    u64::from_str_radix(word, 16)
                        .ok()
                        .filter(|_| word.len() >= 8)
                })
                .collect();
            if let &[_, delay, _, frames, ..] = numbers.as_slice() {
                return Some(Edit {
                    skip: delay,
                    frames: Some((frames, 0)),
                });
            }
        }
        None
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
