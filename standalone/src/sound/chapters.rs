//! Chapters and markers: moments with a name.
//!
//! WAV has them as `cue ` and a list of labels, FLAC as comments (the Vorbis chapter extension).

use std::collections::BTreeMap;

use symphonia::core::meta::{ChapterGroup, ChapterGroupItem, RawValue, StandardTag};

use crate::wav::{Kept, Piece};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// A moment with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// From the beginning of the sound, ns.
    pub start: u64,
    /// May be empty.
    pub name: String,
}

/// Those that `symphonia` has found, in their order.
pub fn found(group: &ChapterGroup) -> Vec<Chapter> {
    let mut chapters = Vec::new();
    for item in &group.items {
        match item {
            // A track of a cue sheet, say.
            ChapterGroupItem::Group(inner) => chapters.extend(found(inner)),
            ChapterGroupItem::Chapter(chapter) => {
                let named = chapter.tags.iter().find(|tag| {
                    matches!(
                        tag.std,
                        Some(StandardTag::ChapterTitle(_) | StandardTag::TrackTitle(_))
                    ) || ["NAME", "TITLE"].contains(&tag.raw.key.to_uppercase().as_str())
                });
                let name = match named.map(|tag| &tag.raw.value) {
                    Some(RawValue::String(name)) => name.to_string(),
                    _ => String::new(),
                };
                chapters.push(Chapter {
                    start: u64::try_from(chapter.start_time.as_nanos()).unwrap_or(0),
                    name,
                });
            }
        }
    }
    chapters
}

/// As chunks of a WAV file whose rate is `rate` (Hz): none for no chapters.
pub fn to_chunks(chapters: &[Chapter], rate: u32) -> Vec<Kept> {
    if chapters.is_empty() {
        return Vec::new();
    }
    let mut cue = (chapters.len() as u32).to_le_bytes().to_vec();
    let mut labels = b"adtl".to_vec();
    for (number, chapter) in (1u32..).zip(chapters) {
        let frame = u128::from(chapter.start) * u128::from(rate) + u128::from(SECOND / 2);
        let frame = u32::try_from(frame / u128::from(SECOND)).unwrap_or(u32::MAX);
        // Name, place in the play list, chunk, its start, its block, place in it.
        cue.extend(number.to_le_bytes());
        cue.extend(frame.to_le_bytes());
        cue.extend(b"data\0\0\0\0\0\0\0\0");
        cue.extend(frame.to_le_bytes());
        let label = [&number.to_le_bytes(), chapter.name.as_bytes(), &[0]].concat();
        if let Piece::Bytes(bytes) = Piece::chunk(*b"labl", &label) {
            labels.extend(bytes);
        }
    }
    let chunk = |name, content: &[u8]| Kept {
        name,
        whole: Piece::chunk(name, content),
    };
    vec![chunk(*b"cue ", &cue), chunk(*b"LIST", &labels)]
}

/// As Vorbis comments: `CHAPTER001=00:00:00.000` and `CHAPTER001NAME=...`.
pub fn to_texts(chapters: &[Chapter]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (number, chapter) in (1u32..).zip(chapters) {
        let ms = (chapter.start + SECOND / 2000) / (SECOND / 1000);
        let (seconds, ms) = (ms / 1000, ms % 1000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        texts.push((
            format!("CHAPTER{number:03}"),
            format!("{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"),
        ));
        if !chapter.name.is_empty() {
            texts.push((format!("CHAPTER{number:03}NAME"), chapter.name.clone()));
        }
    }
    texts
}

/// Out of Vorbis comments (`NAME=text`); and the names of those that belong to chapters and tell something else.
pub fn from_texts(fields: &[String]) -> (Vec<Chapter>, Vec<String>) {
    let mut chapters: BTreeMap<u32, (Option<u64>, String)> = BTreeMap::new();
    let mut others = Vec::new();
    for (name, text) in fields.iter().filter_map(|field| field.split_once('=')) {
        let name = name.to_uppercase();
        let Some(rest) = name.strip_prefix("CHAPTER") else {
            continue;
        };
        let Some((number, what)) = rest.split_at_checked(3) else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        match what {
            "" => chapters.entry(number).or_default().0 = moment(text),
            "NAME" => chapters.entry(number).or_default().1 = text.to_owned(),
            _ => others.push(name),
        }
    }
    let chapters = chapters.into_values();
    let chapters = chapters.filter_map(|(start, name)| {
        Some(Chapter {
            start: start?,
            name,
        })
    });
    (chapters.collect(), others)
}

/// `hours:minutes:seconds`, the last one with a fraction, in ns.
fn moment(text: &str) -> Option<u64> {
    let (whole, seconds) = text.trim().rsplit_once(':')?;
    let (hours, minutes) = whole.split_once(':')?;
    let minutes = hours.parse::<u64>().ok()?.checked_mul(60)? + minutes.parse::<u64>().ok()?;
    let seconds: f64 = seconds.parse().ok().filter(|s| (0.0..=60.0).contains(s))?;
    minutes
        .checked_mul(60 * SECOND)?
        .checked_add((seconds * SECOND as f64) as u64)
}
