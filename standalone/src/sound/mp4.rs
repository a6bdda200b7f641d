//! What an MP4 file says of its sound that `symphonia` leaves alone: which part of it is to be heard, and
//! where its chapters begin.
//!
//! Encoders of AAC begin with a silence of their own. The edit list (ISO 14496-12, 8.6.6) says where the
//! sound begins and how long it is; older files of iTunes say it in a tag, `iTunSMPB`. Chapters stand in
//! `chpl`, as Nero had it and most have it since; those in a track of their own are only known to be there.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::chapters::Chapter;

/// A tag or an edit list is shorter than this.
const LONGEST: u64 = 1 << 16;
/// Of a pipe so much is looked at for what it says of itself: pictures are the most of it.
const LONGEST_HEAD: usize = 64 << 20;

/// The part of the decoded frames that is the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Frames ahead of it.
    pub skip: u64,
    /// Its frames, and how far they may be off, as the clock of the edit list may be coarse.
    pub frames: Option<(u64, u64)>,
}

/// What the file says.
#[derive(Debug, Default)]
pub struct Movie {
    list: Option<EditList>,
    itunes: Option<Edit>,
    /// Chapters, in their order.
    pub chapters: Vec<Chapter>,
    /// Names of what is not understood.
    pub others: Vec<String>,
}

/// The first edit that shows something of the media.
#[derive(Debug)]
struct EditList {
    /// In ticks of `clock`; none: to the end.
    duration: Option<u64>,
    /// In ticks of `media_clock`.
    time: u64,
    clock: u64,
    media_clock: u64,
}

impl Movie {
    /// Reads it; `None` for what is no MP4 file, or damaged.
    pub fn read(input: impl Read + Seek) -> Option<Self> {
        let mut file = Boxes { file: input };
        let length = file.file.seek(SeekFrom::End(0)).ok()?;
        let movie = file.find(0..length, b"moov")?;
        let clock = file.clock(movie.clone(), b"mvhd")?;
        let mut found = Self {
            chapters: file.chapters(movie.clone()).unwrap_or_default(),
            ..Self::default()
        };
        for track in file.all(movie.clone(), b"trak") {
            let media = file.find(track.clone(), b"mdia")?;
            let handler = file.find(media.clone(), b"hdlr")?;
            if file.content(handler)?.get(8..12) != Some(b"soun") {
                continue;
            }
            let refers = file.find(track.clone(), b"tref");
            if found.chapters.is_empty() && refers.is_some_and(|r| file.find(r, b"chap").is_some())
            {
                found.others.push("chapters".to_owned());
            }
            let media_clock = file.clock(media, b"mdhd")?;
            let edits = file.find(track, b"edts");
            if let Some(list) = edits.and_then(|e| file.find(e, b"elst")) {
                found.read_list(&file.content(list)?, clock, media_clock);
                return Some(found);
            }
            break;
        }
        found.itunes = file.itunes(movie);
        Some(found)
    }

    /// The part to be heard of sound of `rate` (Hz). `None`: all of it.
    pub fn edit(&self, rate: u32) -> Option<Edit> {
        let Some(list) = &self.list else {
            return self.itunes;
        };
        let rate = u64::from(rate);
        let scaled = |ticks: u64, clock: u64| {
            (u128::from(ticks) * u128::from(rate) / u128::from(clock)) as u64
        };
        Some(Edit {
            skip: scaled(list.time, list.media_clock),
            frames: list
                .duration
                .map(|ticks| (scaled(ticks, list.clock), rate.div_ceil(list.clock))),
        })
    }

    fn read_list(&mut self, list: &[u8], clock: u64, media_clock: u64) {
        let width = if list.first() == Some(&1) { 8 } else { 4 };
        let entries = list.get(8..).unwrap_or_default();
        let entries = entries.chunks_exact(2 * width + 4).map(|entry| {
            let (duration, time) = (number(&entry[..width]), number(&entry[width..2 * width]));
            (duration, time, time == u64::MAX >> (64 - 8 * width))
        });
        for (duration, time, _) in entries.filter(|(_, _, is_gap)| !is_gap) {
            match &mut self.list {
                None => {
                    self.list = Some(EditList {
                        duration: Some(duration).filter(|ticks| *ticks > 0),
                        time,
                        clock,
                        media_clock,
                    });
                }
                // A cut in several pieces: the sound is taken as it lies there, to its end.
                Some(first) => {
                    first.duration = None;
                    self.others.push("edit list".to_owned());
                    return;
                }
            }
        }
    }
}

/// What stands ahead of the sound in a pipe, of which `head` has been read: all that [`Movie`] looks at, if
/// it comes first.
///
/// # Errors
/// When the system refuses.
pub fn head(mut head: Vec<u8>, input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut at = 0;
    loop {
        if !more(&mut head, at + 16, input)? || &head[at + 4..at + 8] == b"mdat" {
            return Ok(head);
        }
        let size = match number(&head[at..at + 4]) {
            1 => number(&head[at + 8..at + 16]),
            short => short,
        };
        let end = usize::try_from(size)
            .unwrap_or(usize::MAX)
            .saturating_add(at);
        if size < 8 || end > LONGEST_HEAD || !more(&mut head, end, input)? {
            return Ok(head);
        }
        at = end;
    }
}

/// Whether the sound begins in what [`head`] has read before anything tells what it is.
pub fn is_index_behind(head: &[u8]) -> bool {
    let mut file = Boxes {
        file: io::Cursor::new(head),
    };
    let (mut at, end) = (0, head.len() as u64);
    while let Ok(Some((kind, content))) = file.header(at, end) {
        match &kind {
            b"moov" => return false,
            b"mdat" => return true,
            _ => at = content.end,
        }
    }
    false
}

/// Reads until `head` is so long; `false`: there is no more.
fn more(head: &mut Vec<u8>, length: usize, input: &mut impl Read) -> io::Result<bool> {
    let missing = length.saturating_sub(head.len()) as u64;
    input.take(missing).read_to_end(head)?;
    Ok(head.len() >= length)
}

struct Boxes<R> {
    file: R,
}

impl<R: Read + Seek> Boxes<R> {
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

    /// `chpl`: a count, then each start (in 100 ns), the length of the name, the name.
    fn chapters(&mut self, movie: Range<u64>) -> Option<Vec<Chapter>> {
        let user = self.find(movie, b"udta")?;
        let list = self.find(user, b"chpl")?;
        let content = self.content(list)?;
        let at = if *content.first()? == 1 { 9 } else { 5 };
        let mut rest = content.get(at..)?;
        let mut chapters = Vec::new();
        while let Some((start, tail)) = rest.split_first_chunk::<8>() {
            let (length, tail) = tail.split_first()?;
            let (name, tail) = tail.split_at_checked(usize::from(*length))?;
            chapters.push(Chapter {
                start: number(start).saturating_mul(100),
                name: String::from_utf8_lossy(name).into_owned(),
            });
            rest = tail;
        }
        Some(chapters)
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
