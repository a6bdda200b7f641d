//! One way to write them all.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Stdout, Write};
use std::ops::Range;

use super::beside::{format_chunk, is_form};
use super::flac::FlacSink;
use super::raw::RawSink;
use super::{Container, Form, Raw, SoundError, Source};
use crate::wav::{self, Kept, Out, Piece, Shape};

/// Where an output goes.
#[derive(Debug)]
pub enum Place {
    /// Into a file.
    File(File),
    /// Into a pipe.
    Pipe(Pipe),
}

impl Place {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::Pipe(Pipe {
            out: io::stdout(),
            gone: 0,
            at: 0,
        })
    }
}

/// What has gone into it has gone: who goes back in it to write something anew, as the encoder of FLAC does
/// with its head, writes nothing there.
#[derive(Debug)]
pub struct Pipe {
    out: Stdout,
    gone: u64,
    at: u64,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let behind = usize::try_from(self.gone - self.at).unwrap_or(usize::MAX);
        let written = match behind {
            0 => self.out.write(bytes)?,
            _ => behind.min(bytes.len()),
        };
        self.at += written as u64;
        self.gone = self.gone.max(self.at);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for Pipe {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.gone.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.filter(|at| *at <= self.gone);
        self.at = at.ok_or(io::ErrorKind::NotSeekable)?;
        Ok(self.at)
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Pipe(pipe) => pipe.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Pipe(pipe) => pipe.flush(),
        }
    }
}

impl Seek for Place {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Pipe(pipe) => pipe.seek(to),
        }
    }
}

impl Out for BufWriter<Place> {
    fn can_seek(&self) -> bool {
        matches!(self.get_ref(), Place::File(_))
    }
}

/// A sound in the making.
pub enum Sink {
    /// WAV.
    Wav(wav::Sink<BufWriter<Place>>),
    /// FLAC.
    Flac(Box<FlacSink>),
    /// Samples alone.
    Raw(RawSink<BufWriter<Place>>),
}

impl Sink {
    /// Writes what stands ahead of the samples: of `form`, with what `source` has beside its samples
    /// as far as `container` can hold it. Returns the names of what it cannot. `raw` is how samples
    /// without a header are stored.
    ///
    /// # Errors
    /// When the container cannot hold such a form, and when the system refuses.
    pub fn begin(
        place: Place,
        container: Container,
        form: &Form,
        raw: Option<Raw>,
        source: &mut Source,
    ) -> Result<(Self, Vec<String>), SoundError> {
        let out = BufWriter::with_capacity(1 << 16, place);
        match container {
            Container::Wav => {
                let (shape, lost) = shape(form, source, out.can_seek())?;
                let sink = wav::Sink::begin(out, shape, source.wav())?;
                Ok((Self::Wav(sink), lost))
            }
            Container::Flac => {
                let (texts, blocks, lost) = source.for_flac(form)?;
                let sink = FlacSink::begin(out, form, &texts, blocks)?;
                Ok((Self::Flac(Box::new(sink)), lost))
            }
            Container::Raw => {
                let channels = u16::try_from(form.channels).unwrap_or(u16::MAX);
                let raw = raw.filter(|raw| raw.samples == form.samples).map_or_else(
                    || Raw::little_endian(form.samples, form.rate, channels),
                    |raw| raw.at(form.rate, channels),
                );
                Ok((Self::Raw(RawSink::new(out, raw)), source.names()?))
            }
        }
    }

    /// Appends frames from `planar` (channel after channel, each `planar.len() / channels` long):
    /// those of `frames` alone.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&mut self, planar: &[f32], frames: Range<usize>) -> Result<(), SoundError> {
        match self {
            Self::Wav(sink) => Ok(sink.write(planar, frames)?),
            Self::Flac(sink) => sink.write(planar, frames),
            Self::Raw(sink) => sink.write(planar, frames),
        }
    }

    /// How samples are stored without a header.
    pub fn raw(&self) -> Option<Raw> {
        match self {
            Self::Raw(sink) => Some(sink.raw()),
            Self::Wav(_) | Self::Flac(_) => None,
        }
    }

    /// Whether chunks that come behind the samples of a pipe have a place here.
    pub fn takes_late(&self) -> bool {
        matches!(self, Self::Wav(_))
    }

    /// Writes what stands behind the samples. `late` are chunks that came behind those of a pipe.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn finish(self, source: &mut Source, late: Vec<Kept>) -> Result<(), SoundError> {
        match self {
            Self::Wav(sink) => Ok(sink.finish(source.wav(), late)?),
            Self::Flac(sink) => sink.finish(),
            Self::Raw(_) => Ok(()),
        }
    }
}

/// What stands round the samples of a WAV file, and the names of what does not.
fn shape(
    form: &Form,
    source: &mut Source,
    can_seek: bool,
) -> Result<(Shape, Vec<String>), SoundError> {
    let (mut before, mut after, mut lost) = source.for_wav(form)?;
    if !source.keeps_format(form) {
        before.retain(|kept| !is_form(kept));
        let mut head = vec![format_chunk(form)];
        // The standard wants it of all that is not plain integers; who does not know the number in
        // time has nothing to say.
        let frames = form.frames.and_then(|frames| u32::try_from(frames).ok());
        if let (true, true, Some(frames)) = (form.samples.is_float(), form.is_exact, frames) {
            head.push(Kept {
                name: *b"fact",
                whole: Piece::chunk(*b"fact", &frames.to_le_bytes()),
            });
        }
        head.append(&mut before);
        before = head;
    }
    // Behind a stream of unknown length nothing can stand.
    if !can_seek && !form.is_exact {
        lost.extend(after.drain(..).map(|kept| kept.shown()));
    }
    let shape = Shape {
        form: source.long_form(),
        samples: form.samples,
        channels: form.channels,
        frames: form.frames.filter(|_| form.is_exact),
        before,
        after,
    };
    Ok((shape, lost))
}
