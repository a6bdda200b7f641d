//! Chunks that count samples: at another rate they count others.

/// Content that may be changed is shorter than this; what is longer is none of those chunks.
pub const LONGEST: u64 = 1 << 24;

/// Chunks that would be untrue at another rate, or with other channels: a list of passages, and
/// descriptions (iXML; ADM, ITU-R BS.2076) that name rate or channels in words.
pub const BOUND_TO_RATE: [&[u8; 4]; 2] = [b"plst", b"iXML"];
/// Likewise with other channels.
pub const BOUND_TO_CHANNELS: [&[u8; 4]; 3] = [b"chna", b"axml", b"iXML"];

/// Whether [`rescale`] has something to do.
#[must_use]
pub fn counts_samples(name: [u8; 4]) -> bool {
    [b"cue ", b"smpl", b"bext", b"LIST"].contains(&&name)
}

/// Turns what `content` says in samples of rate `from` into samples of rate `to` (Hz): markers and their
/// lengths (`cue `, `LIST` of `adtl`), loops (`smpl`), all by Multimedia Programming Interface 1.0, 1991;
/// the time code of `bext` (EBU Tech 3285), samples since midnight.
pub fn rescale(name: [u8; 4], content: &mut [u8], from: u32, to: u32) {
    match &name {
        b"cue " => {
            for cue in content
                .get_mut(4..)
                .unwrap_or_default()
                .chunks_exact_mut(24)
            {
                scale::<4>(cue, 4, from, to);
                scale::<4>(cue, 20, from, to);
            }
        }
        b"smpl" => {
            // Of one sample, in ns.
            scale::<4>(content, 8, to, from);
            for entry in content
                .get_mut(36..)
                .unwrap_or_default()
                .chunks_exact_mut(24)
            {
                scale::<4>(entry, 8, from, to);
                scale::<4>(entry, 12, from, to);
            }
        }
        b"bext" => scale::<8>(content, 338, from, to),
        b"LIST" => {
            let mut rest = match content.split_at_mut_checked(4) {
                Some((kind, rest)) if kind == b"adtl" => rest,
                _ => return,
            };
            while let Some((&mut [a, b, c, d, s0, s1, s2, s3], tail)) = rest.split_first_chunk_mut()
            {
                let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
                let size = size.next_multiple_of(2).min(tail.len());
                let (entry, behind) = tail.split_at_mut(size);
                if [a, b, c, d] == *b"ltxt" {
                    scale::<4>(entry, 4, from, to);
                }
                rest = behind;
            }
        }
        _ => {}
    }
}

/// The little-endian number of `N` bytes at byte `at`, if there is one: times `to / from`.
fn scale<const N: usize>(content: &mut [u8], at: usize, from: u32, to: u32) {
    let Some(place) = content.get_mut(at..at + N) else {
        return;
    };
    let number = place
        .iter()
        .rev()
        .fold(0, |n: u128, byte| n << 8 | u128::from(*byte));
    let (from, to) = (u128::from(from), u128::from(to));
    let most = (1 << (8 * N)) - 1;
    let scaled = ((number * to + from / 2) / from).min(most);
    place.copy_from_slice(&scaled.to_le_bytes()[..N]);
}
