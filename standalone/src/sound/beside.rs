//! What a sound has beside its samples, for the kind of file and the form that is written.

use flac_codec::metadata::{Application, Block};

use super::chapters;
use super::flac::CUE_SHEET;
use super::source::Kind;
use super::tags::{PICTURE, Tags};
use super::{Form, SoundError, Source, flac};
use crate::wav::{Kept, Piece, format_content, marks};

/// The longest `LIST` chunk that is read for its texts.
const LONGEST_LIST: u64 = 1 << 20;

/// Chunks ahead of the samples and behind them, and the names of what is not among them.
pub(super) type Chunks = (Vec<Kept>, Vec<Kept>, Vec<String>);

/// Texts for the head of a FLAC file, blocks for it, and the names of what has no place there.
pub(super) type FlacHead = (Vec<(String, String)>, Vec<Block>, Vec<String>);

impl Source {
    /// What goes round the samples of a WAV file of `form`.
    pub(super) fn for_wav(&mut self, form: &Form) -> Result<Chunks, SoundError> {
        let (before, after, mut lost) = match &self.kind {
            Kind::Wav(source) => {
                let layout = source.layout();
                (layout.before.clone(), layout.after.clone(), Vec::new())
            }
            Kind::Stream(stream) => (stream.before.clone(), Vec::new(), Vec::new()),
            Kind::Raw(_) => Chunks::default(),
            Kind::Decoded(decoded) => {
                let (mut before, after, mut others) = flac::riff_chunks(&self.head.blocks);
                let has = |name: &[u8; 4]| {
                    let mut chunks = before.iter().chain(&after);
                    chunks.any(|kept| kept.name == *name)
                };
                let (has_list, has_cue) = (has(b"LIST"), has(b"cue "));
                let mut tags = decoded.tags().clone();
                tags.texts.retain(|(name, _)| name != flac::MASK_TAG);
                // What the blocks hold is said by their names.
                if !self.head.blocks.is_empty() {
                    tags.others.retain(|name| name != PICTURE);
                    tags.pictures.clear();
                }
                let (list, mut lost) = tags.to_list();
                before.extend(list.filter(|_| !has_list));
                let chapters = self.chapters();
                if !has_cue && !chapters.is_empty() {
                    before.extend(chapters::to_chunks(&chapters, self.form().rate));
                    others.retain(|name| name != CUE_SHEET);
                }
                lost.extend(others);
                lost.extend(self.head.others.iter().cloned());
                (before, after, lost)
            }
        };
        let (before, without) = self.fitted(before, form)?;
        let (after, also_without) = self.fitted(after, form)?;
        lost.extend(without.into_iter().chain(also_without));
        Ok((before, after, lost))
    }

    /// What goes into the head of a FLAC file of `form`.
    pub(super) fn for_flac(&mut self, form: &Form) -> Result<FlacHead, SoundError> {
        match &mut self.kind {
            Kind::Wav(source) => {
                let layout = source.layout().clone();
                let mut texts = Vec::new();
                for kept in layout.before.iter().chain(&layout.after) {
                    if kept.name == *b"LIST" && kept.whole.length() <= LONGEST_LIST {
                        texts.extend(self.list(kept)?.texts);
                    }
                }
                let (blocks, lost) = self.riff_blocks(layout.before, layout.after, form)?;
                Ok((texts, blocks, lost))
            }
            Kind::Stream(stream) => {
                let before = stream.before.clone();
                let mut texts = Vec::new();
                let mut is_all_text = true;
                for kept in before.iter().filter(|kept| kept.name == *b"LIST") {
                    let bytes = self.bytes(kept)?;
                    let tags = bytes.get(8..).and_then(Tags::from_list);
                    is_all_text &= tags.as_ref().is_some_and(|tags| tags.others.is_empty());
                    texts.extend(tags.unwrap_or_default().texts);
                }
                let (blocks, mut lost) = self.riff_blocks(before, Vec::new(), form)?;
                if is_all_text {
                    lost.retain(|name| name != "LIST");
                }
                Ok((texts, blocks, lost))
            }
            Kind::Raw(_) => Ok(FlacHead::default()),
            Kind::Decoded(decoded) => {
                let mut tags = decoded.tags().clone();
                tags.texts.retain(|(name, _)| name != flac::MASK_TAG);
                if !self.head.blocks.is_empty() {
                    tags.others.retain(|name| name != PICTURE);
                    tags.pictures.clear();
                }
                let (mut blocks, lost) = self.flac_blocks(form)?;
                blocks.extend(tags.pictures.into_iter().map(Block::Picture));
                let is_said = self.head.chapters.is_empty()
                    && blocks
                        .iter()
                        .any(|block| matches!(block, Block::Cuesheet(_)));
                if !is_said {
                    tags.texts.extend(chapters::to_texts(&self.chapters()));
                }
                tags.others.extend(lost);
                tags.others.extend(self.head.others.iter().cloned());
                Ok((tags.texts, blocks, tags.others))
            }
        }
    }

    /// The names of all that there is beside the samples.
    pub(super) fn names(&mut self) -> Result<Vec<String>, SoundError> {
        let form = self.form().clone();
        let (before, after, mut lost) = self.for_wav(&form)?;
        let kept = before.iter().chain(&after).filter(|kept| !is_form(kept));
        lost.extend(kept.map(Kept::shown));
        Ok(lost)
    }

    /// `chunks` as they are true of the samples in `form`, and the names of those that are not.
    ///
    /// # Errors
    /// When the system refuses to read one of them.
    pub fn fitted(
        &mut self,
        chunks: Vec<Kept>,
        form: &Form,
    ) -> Result<(Vec<Kept>, Vec<String>), SoundError> {
        let own = self.form();
        let (from, has_other_channels) = (own.rate, own.channels != form.channels);
        let has_other_rate = from != form.rate;
        let (mut fitted, mut lost) = (Vec::new(), Vec::new());
        for kept in chunks {
            let is_untrue = has_other_rate && marks::BOUND_TO_RATE.contains(&&kept.name)
                || has_other_channels && marks::BOUND_TO_CHANNELS.contains(&&kept.name);
            if is_untrue {
                lost.push(kept.shown());
            } else if has_other_rate
                && marks::counts_samples(kept.name)
                && kept.whole.length() <= marks::LONGEST
            {
                let mut bytes = self.bytes(&kept)?;
                if let Some(content) = bytes.get_mut(8..) {
                    marks::rescale(kept.name, content, from, form.rate);
                }
                let whole = Piece::Bytes(bytes);
                fitted.push(Kept { whole, ..kept });
            } else {
                fitted.push(kept);
            }
        }
        Ok((fitted, lost))
    }

    /// The blocks of a FLAC file, for one of `form`.
    fn flac_blocks(&mut self, form: &Form) -> Result<(Vec<Block>, Vec<String>), SoundError> {
        let own = self.form();
        let has_other_rate = own.rate != form.rate;
        if !has_other_rate && (own.channels, own.samples) == (form.channels, form.samples) {
            return Ok((self.head.blocks.clone(), Vec::new()));
        }
        let is_riff =
            |block: &Block| matches!(block, Block::Application(a) if a.id == Application::RIFF);
        let (before, after, _) = flac::riff_chunks(&self.head.blocks);
        let (mut blocks, mut lost) = self.riff_blocks(before, after, form)?;
        for block in self.head.blocks.iter().filter(|block| !is_riff(block)) {
            // A cue sheet counts samples, of which it allows few rates.
            if has_other_rate && matches!(block, Block::Cuesheet(_)) {
                lost.push(CUE_SHEET.to_owned());
            } else {
                blocks.push(block.clone());
            }
        }
        Ok((blocks, lost))
    }

    /// The chunks of a WAV file in blocks; none where there is nothing worth it.
    fn riff_blocks(
        &mut self,
        before: Vec<Kept>,
        after: Vec<Kept>,
        form: &Form,
    ) -> Result<(Vec<Block>, Vec<String>), SoundError> {
        let (mut before, mut lost) = self.fitted(before, form)?;
        let (after, also_lost) = self.fitted(after, form)?;
        lost.extend(also_lost);
        let frames = form.frames.filter(|_| form.is_exact);
        let Some(frames) = frames else {
            let chunks = before.iter().chain(&after).filter(|kept| !is_form(kept));
            lost.extend(chunks.map(Kept::shown));
            return Ok((Vec::new(), lost));
        };
        if before.iter().chain(&after).all(is_form) {
            return Ok((Vec::new(), lost));
        }
        if !self.keeps_format(form) {
            before.retain(|kept| !is_form(kept));
            before.insert(0, format_chunk(form));
        }
        let mut chunks = Vec::new();
        for (chunk, is_behind) in before
            .iter()
            .map(|kept| (kept, false))
            .chain(after.iter().map(|kept| (kept, true)))
        {
            if chunk.whole.length() > flac::LONGEST_BLOCK {
                lost.push(chunk.shown());
                continue;
            }
            let mut bytes = self.bytes(chunk)?;
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            chunks.push((bytes, is_behind));
        }
        let data = frames * (form.samples.bytes() * form.channels) as u64;
        Ok((flac::riff_blocks(chunks, data), lost))
    }

    /// Whether the file's own `fmt ` chunk is true of `form`.
    pub(super) fn keeps_format(&self, form: &Form) -> bool {
        let own = self.form();
        let is_same =
            (own.samples, own.rate, own.channels) == (form.samples, form.rate, form.channels);
        let chunks = match &self.kind {
            Kind::Wav(source) => &source.layout().before,
            Kind::Stream(stream) => &stream.before,
            Kind::Raw(_) | Kind::Decoded(_) => return false,
        };
        is_same && chunks.iter().any(|kept| kept.name == *b"fmt ")
    }

    /// A chunk with its head.
    fn bytes(&mut self, kept: &Kept) -> Result<Vec<u8>, SoundError> {
        let mut bytes = Vec::new();
        match (&kept.whole, &mut self.kind) {
            (Piece::Bytes(held), _) => bytes.extend(held),
            (Piece::Copy(range), Kind::Wav(source)) => source.copy(range, &mut bytes)?,
            // Only a file has what is to be copied.
            (Piece::Copy(_), _) => {}
        }
        Ok(bytes)
    }

    /// The texts of a `LIST` chunk.
    fn list(&mut self, kept: &Kept) -> Result<Tags, SoundError> {
        let bytes = self.bytes(kept)?;
        Ok(bytes.get(8..).and_then(Tags::from_list).unwrap_or_default())
    }
}

/// A `fmt ` chunk.
pub(super) fn format_chunk(form: &Form) -> Kept {
    let channels = u16::try_from(form.channels).unwrap_or(u16::MAX);
    let content = format_content(form.samples, form.rate, channels, form.mask);
    Kept {
        name: *b"fmt ",
        whole: Piece::chunk(*b"fmt ", &content),
    }
}

/// Whether it tells nothing but the form of the samples.
pub(super) fn is_form(kept: &Kept) -> bool {
    [*b"fmt ", *b"fact"].contains(&kept.name)
}
