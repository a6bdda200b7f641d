//! MPEG audio (layer III) frame after frame, out of a stream that may hold other things or be damaged.
//!
//! Each frame tells where the next one begins. Where that does not lead to a frame, the next place is
//! looked for from which the chain goes on, and what lay between is replaced by silent frames, as many
//! as the bytes are worth, so that what follows stays in its place. Tags ahead of the sound, behind it
//! and in the middle are passed over.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sound::SoundError;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;
/// Bytes of a frame's header.
const HEADER: usize = 4;
/// Frames in a row that are believed to be frames.
const CHAIN: usize = 3;
/// kbit/s of layer III by the header, for MPEG-1 and for the lower rates.
const BITRATES: [[usize; 15]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Hz of MPEG-1; half of it MPEG-2, a quarter MPEG-2.5.
const RATES: [usize; 3] = [44_100, 48_000, 32_000];

/// A stream of frames, without what is none.
pub struct Frames<R> {
    input: R,
    /// What was read and is not taken.
    held: Vec<u8>,
    at: usize,
    has_ended: bool,
    /// What is given next.
    out: Vec<u8>,
    given: usize,
    /// Of the last frame: its header, and its bytes.
    last: Option<(Header, usize)>,
    replaced: Arc<AtomicU64>,
}

/// The header of a frame.
#[derive(Debug, Clone, Copy)]
struct Header([u8; HEADER]);

impl Header {
    /// `None` for what is none of layer III.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let &[0xFF, b, c, d, ..] = bytes else {
            return None;
        };
        let (version, layer) = (b >> 3 & 3, b >> 1 & 3);
        if b & 0xE0 != 0xE0 || version == 1 || layer != 1 {
            return None;
        }
        let is_first = version == 3;
        let bitrate = *BITRATES[usize::from(!is_first)].get(usize::from(c >> 4))?;
        let rate = RATES.get(usize::from(c >> 2 & 3))? >> [2, 0, 1, 0][usize::from(version)];
        if bitrate == 0 {
            return None;
        }
        let bytes_a_bit = if is_first { 144_000 } else { 72_000 };
        let length = bytes_a_bit * bitrate / rate + usize::from(c >> 1 & 1);
        Some((Self([0xFF, b, c, d]), length))
    }

    /// Whether both can be of one stream: same version, layer, rate, and mono or not.
    fn is_like(self, other: Self) -> bool {
        let kind = |Self([_, b, c, d]): Self| (b & 0xFE, c >> 2 & 3, d >> 6 == 3);
        kind(self) == kind(other)
    }
}

impl<R: Read> Frames<R> {
    /// `replaced` counts the silent frames.
    pub fn new(input: R, replaced: Arc<AtomicU64>) -> Self {
        Self {
            input,
            held: Vec::new(),
            at: 0,
            has_ended: false,
            out: Vec::new(),
            given: 0,
            last: None,
            replaced,
        }
    }

    /// Reads until `wanted` bytes lie ahead, or all that there are.
    fn ahead(&mut self, wanted: usize) -> io::Result<usize> {
        if self.at > PIECE {
            self.held.drain(..self.at);
            self.at = 0;
        }
        while self.held.len() - self.at < wanted && !self.has_ended {
            let length = self.held.len();
            let came = (&mut self.input)
                .take(PIECE as u64)
                .read_to_end(&mut self.held)?;
            self.has_ended = came == 0;
            debug_assert_eq!(self.held.len(), length + came);
        }
        Ok(self.held.len() - self.at)
    }

    /// A frame at so many bytes ahead, like the last one if there was one.
    fn header(&mut self, ahead: usize) -> io::Result<Option<(Header, usize)>> {
        let like = self.last.map(|(header, _)| header);
        let found = self.any_header(ahead)?;
        Ok(found.filter(|(header, _)| like.is_none_or(|l| l.is_like(*header))))
    }

    fn any_header(&mut self, ahead: usize) -> io::Result<Option<(Header, usize)>> {
        self.ahead(ahead + HEADER)?;
        let bytes = self.held.get(self.at + ahead..).unwrap_or_default();
        Ok(Header::parse(bytes))
    }

    /// Whether a chain of frames begins there.
    ///
    /// # Errors
    /// When the system refuses, and when the chain is none of this sound: nothing of it must be lost.
    fn is_chain(&mut self, ahead: usize) -> io::Result<bool> {
        let Some((header, _)) = self.any_header(ahead)? else {
            return Ok(false);
        };
        let is_other = self.last.is_some_and(|(last, _)| !last.is_like(header));
        match self.are_frames(ahead)? {
            true if is_other => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                SoundError::Changes,
            )),
            are_frames => Ok(are_frames),
        }
    }

    /// One frame at the end of a stream is believed where it is all there is: in a tag it may be chance.
    fn are_frames(&mut self, mut ahead: usize) -> io::Result<bool> {
        let mut first = None;
        for number in 0..CHAIN {
            if number > 0 && self.ahead(ahead + 1)? <= ahead {
                return Ok(number > 1 || self.last.is_none());
            }
            let Some((header, length)) = self.any_header(ahead)? else {
                return Ok(false);
            };
            if !first.get_or_insert(header).is_like(header) {
                return Ok(false);
            }
            ahead += length;
        }
        Ok(true)
    }

    /// Puts the next frame, or what stands for it, into `out`. `false`: there is none.
    fn next(&mut self) -> io::Result<bool> {
        self.out.clear();
        self.given = 0;
        if self.ahead(HEADER)? == 0 {
            return Ok(false);
        }
        if let Some((header, length)) = self.header(0)?
            && self.last.is_some()
            && self.goes_on(length)?
        {
            self.take(header, length);
            return Ok(true);
        }
        let mut gap = usize::from(self.last.is_some() && self.header(0)?.is_some());
        self.ahead(HEADER)?;
        let begins = self.held[self.at..].iter().take(3).copied();
        let begins: Vec<u8> = begins.collect();
        let mut passed = 0;
        while !self.is_chain(gap)? {
            gap += 1;
            if self.ahead(gap + HEADER)? < gap + HEADER {
                // Nothing more: what is left is a tag, or a frame that was cut off.
                return Ok(false);
            }
            if gap > PIECE {
                self.at += gap;
                passed += gap;
                gap = 0;
            }
        }
        self.at += gap;
        passed += gap;
        let is_tag = [&b"ID3"[..], b"TAG", b"APE"].contains(&begins.as_slice());
        if let Some((header, length)) = self.last.filter(|_| !is_tag) {
            self.fill(header, length, passed);
        }
        if self.out.is_empty()
            && let Some((header, length)) = self.header(0)?
        {
            self.take(header, length);
        }
        Ok(true)
    }

    /// Whether a frame of `length` bytes is to be believed: the next one follows, or none begins inside it.
    fn goes_on(&mut self, length: usize) -> io::Result<bool> {
        if self.ahead(length + HEADER)? < length + HEADER || self.header(length)?.is_some() {
            return Ok(true);
        }
        for ahead in HEADER..length {
            if self.is_chain(ahead)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, header: Header, length: usize) {
        let end = (self.at + length).min(self.held.len());
        self.out.extend_from_slice(&self.held[self.at..end]);
        self.at = end;
        self.last = Some((header, length));
    }

    /// Silent frames for so many bytes: all of their side information is zero, so they hold nothing.
    fn fill(&mut self, header: Header, length: usize, bytes: usize) {
        let count = (bytes + length / 2) / length;
        for _ in 0..count {
            let start = self.out.len();
            self.out.extend_from_slice(&header.0);
            // No checksum, which would have to be true.
            self.out[start + 1] |= 1;
            self.out.resize(start + length, 0);
        }
        self.replaced.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.given == self.out.len() && !self.next()? {
            return Ok(0);
        }
        let taken = to.len().min(self.out.len() - self.given);
        to[..taken].copy_from_slice(&self.out[self.given..self.given + taken]);
        self.given += taken;
        Ok(taken)
    }
}
