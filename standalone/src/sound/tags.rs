//! Titles and names, from one kind of file to the other.
//!
//! In the middle they have the names of Vorbis comments, which FLAC and Ogg have as they are. WAV has
//! four letters for some of them (RIFF INFO; Multimedia Programming Interface 1.0, 1991).

use std::collections::HashSet;

use flac_codec::metadata::{Picture, PictureType};
use symphonia::core::meta::{
    MetadataContainer, RawTag, RawValue, StandardTag, StandardVisualKey, Visual,
};

use crate::wav::{Kept, Piece};

/// Names in Vorbis comments and in INFO.
const NAMES: [(&str, [u8; 4]); 12] = [
    ("TITLE", *b"INAM"),
    ("ARTIST", *b"IART"),
    ("ALBUM", *b"IPRD"),
    ("DATE", *b"ICRD"),
    ("GENRE", *b"IGNR"),
    ("COMMENT", *b"ICMT"),
    ("COPYRIGHT", *b"ICOP"),
    ("TRACKNUMBER", *b"ITRK"),
    ("DESCRIPTION", *b"ISBJ"),
    ("LANGUAGE", *b"ILNG"),
    ("COMPOSER", *b"IMUS"),
    ("ENGINEER", *b"IENG"),
];

/// What a picture is called where it is not kept.
pub const PICTURE: &str = "picture";
/// Bytes of the largest picture that fits into a block of FLAC with its description.
const LARGEST_PICTURE: usize = (1 << 24) - 1024;

/// What is known of a sound beside its samples, and what could not be understood.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// Names of Vorbis comments, and texts.
    pub texts: Vec<(String, String)>,
    /// Pictures, as FLAC has them.
    pub pictures: Vec<Picture>,
    /// Names of what has no place here.
    pub others: Vec<String>,
}

impl Tags {
    /// Takes what `symphonia` has found in one place. What is known already from another one stays.
    pub fn add(&mut self, found: &MetadataContainer, is_vorbis: bool) {
        let known: HashSet<String> = self.texts.iter().map(|(name, _)| name.clone()).collect();
        for tag in &found.tags {
            let text = match &tag.raw.value {
                RawValue::String(text) => text.to_string(),
                RawValue::UnsignedInt(number) => number.to_string(),
                RawValue::SignedInt(number) => number.to_string(),
                RawValue::StringList(list) => list.join("; "),
                _ => {
                    self.others.push(tag.raw.key.clone());
                    continue;
                }
            };
            let name = match &tag.std {
                // AIFF's author; `symphonia` takes it for a program.
                _ if tag.raw.key == "AUTH" => Some("ARTIST".to_owned()),
                _ if is_vorbis => Some(tag.raw.key.to_uppercase()),
                Some(standard) => name_of(standard).map(str::to_owned),
                None => own_name(&tag.raw),
            };
            // What wrote the old samples is no property of the new ones.
            let is_encoder = tag.raw.key != "AUTH"
                && matches!(
                    tag.std,
                    Some(StandardTag::Encoder(_) | StandardTag::EncoderSettings(_))
                );
            match name {
                _ if is_encoder => {}
                Some(name) if known.contains(&name) => {}
                Some(name) if self.texts.iter().any(|(n, t)| *n == name && *t == text) => {}
                Some(name) => self.texts.push((name, text)),
                None => self.others.push(tag.raw.key.clone()),
            }
        }
        for visual in &found.visuals {
            match picture(visual) {
                Some(picture) if self.pictures.contains(&picture) => {}
                Some(picture) => self.pictures.push(picture),
                None => self.others.push(PICTURE.to_owned()),
            }
        }
    }

    /// From the content of a `LIST` chunk, if it is one of texts.
    pub fn from_list(content: &[u8]) -> Option<Self> {
        let mut rest = content.strip_prefix(b"INFO")?;
        let mut tags = Self::default();
        while let [a, b, c, d, s0, s1, s2, s3, tail @ ..] = rest {
            let (name, size) = ([*a, *b, *c, *d], u32::from_le_bytes([*s0, *s1, *s2, *s3]));
            let size = (size as usize).min(tail.len());
            let text = tail[..size].split(|byte| *byte == 0).next().unwrap_or(&[]);
            let text = String::from_utf8_lossy(text).into_owned();
            match NAMES.iter().find(|(_, info)| *info == name) {
                Some((vorbis, _)) => tags.texts.push(((*vorbis).to_owned(), text)),
                None if name == *b"ISFT" => {}
                None => tags
                    .others
                    .push(String::from_utf8_lossy(&name).into_owned()),
            }
            rest = tail.get(size.next_multiple_of(2)..).unwrap_or(&[]);
        }
        Some(tags)
    }

    /// As a `LIST` chunk, if there is anything for it; and the names of what has no place in it.
    pub fn to_list(&self) -> (Option<Kept>, Vec<String>) {
        let mut content = b"INFO".to_vec();
        let mut lost = self.others.clone();
        lost.extend(self.pictures.iter().map(|_| PICTURE.to_owned()));
        for (name, text) in &self.texts {
            match NAMES.iter().find(|(vorbis, _)| vorbis == name) {
                Some((_, info)) => {
                    let text = [text.as_bytes(), &[0]].concat();
                    if let Piece::Bytes(bytes) = Piece::chunk(*info, &text) {
                        content.extend(bytes);
                    }
                }
                None => lost.push(name.clone()),
            }
        }
        let list = (content.len() > 4).then(|| Kept {
            name: *b"LIST",
            whole: Piece::chunk(*b"LIST", &content),
        });
        (list, lost)
    }
}

/// The name that somebody has given a text of ID3 which has no letters of its own.
fn own_name(tag: &RawTag) -> Option<String> {
    let fields = tag.sub_fields.as_deref().filter(|_| tag.key == "TXXX")?;
    let name = fields.iter().find_map(|field| match &field.value {
        RawValue::String(name) => Some(name.to_uppercase()),
        _ => None,
    });
    // What a name may be made of (Vorbis I, 5.2.2).
    name.filter(|name| {
        !name.is_empty() && name.bytes().all(|b| (0x20..0x7E).contains(&b) && b != b'=')
    })
}

/// `None` for what is no JPEG, PNG or GIF, or too large.
fn picture(visual: &Visual) -> Option<Picture> {
    let kind = match visual.usage {
        Some(StandardVisualKey::FrontCover) => PictureType::FrontCover,
        Some(StandardVisualKey::BackCover) => PictureType::BackCover,
        _ => PictureType::Other,
    };
    let data = Some(visual.data.to_vec()).filter(|data| data.len() <= LARGEST_PICTURE)?;
    Picture::new(kind, "", data).ok()
}

/// The name that a Vorbis comment has for it.
fn name_of(tag: &StandardTag) -> Option<&'static str> {
    Some(match tag {
        StandardTag::TrackTitle(_) => "TITLE",
        StandardTag::Artist(_) => "ARTIST",
        StandardTag::Album(_) => "ALBUM",
        StandardTag::AlbumArtist(_) => "ALBUMARTIST",
        StandardTag::RecordingDate(_)
        | StandardTag::RecordingYear(_)
        | StandardTag::ReleaseDate(_)
        | StandardTag::ReleaseYear(_) => "DATE",
        StandardTag::Genre(_) => "GENRE",
        StandardTag::Comment(_) => "COMMENT",
        StandardTag::Copyright(_) => "COPYRIGHT",
        StandardTag::TrackNumber(_) => "TRACKNUMBER",
        StandardTag::DiscNumber(_) => "DISCNUMBER",
        StandardTag::Description(_) => "DESCRIPTION",
        StandardTag::Language(_) => "LANGUAGE",
        StandardTag::Composer(_) => "COMPOSER",
        StandardTag::Performer(_) => "PERFORMER",
        StandardTag::Engineer(_) => "ENGINEER",
        StandardTag::IdentIsrc(_) => "ISRC",
        _ => return None,
    })
}
