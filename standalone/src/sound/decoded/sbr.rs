//! HE-AAC, told by its packets: spectral band replication (ISO/IEC 14496-3, 4.6.18) need not be announced.
//!
//! What replicates the upper half of the spectrum lies in a fill element behind the channels, which a plain
//! decoder passes over: it would give the lower half, at half the rate. The elements ahead cannot be gone
//! through without decoding them, but what comes last can be found from the end.

/// Packets that are looked at.
const LOOKED_AT: u32 = 16;
/// Of them so many must have it; one in some thirty others seems to by chance.
const ENOUGH: u32 = 12;
/// Of a sound that ends sooner all, and at least so many.
const FEWEST: u32 = 3;

/// What the first packets of an AAC stream say.
#[derive(Debug, Default)]
pub struct Sbr {
    seen: u32,
    with: u32,
}

impl Sbr {
    /// Looks at a packet. `true`: enough have been seen to be sure that it is HE-AAC.
    pub fn look(&mut self, packet: &[u8]) -> bool {
        if self.seen < LOOKED_AT {
            self.seen += 1;
            self.with += u32::from(has_sbr(packet));
        }
        self.with >= ENOUGH
    }

    /// Likewise when there are no more packets.
    pub fn is_sure(&self) -> bool {
        self.with >= ENOUGH || (self.with >= FEWEST && self.with == self.seen)
    }
}

/// Whether a chain of fill elements leads to the end of the packet, and one of them is of this kind.
fn has_sbr(packet: &[u8]) -> bool {
    let bits = packet.len() * 8;
    let bit = |at: usize| at < bits && packet[at / 8] >> (7 - at % 8) & 1 == 1;
    let number = |at: usize, width: usize| {
        (at..at + width).fold(0usize, |n, at| n << 1 | usize::from(bit(at)))
    };
    // The last element (111) and zeros up to a whole byte.
    let Some(last) = (0..bits).rev().find(|at| bit(*at)) else {
        return false;
    };
    if last < 2 || bits - last > 8 || number(last - 2, 3) != 0b111 {
        return false;
    }
    let mut ends = vec![false; bits + 1];
    ends[last - 2] = true;
    // The longest fill element holds 270 bytes.
    for at in ((last - 2).saturating_sub(8 * 600)..last - 2).rev() {
        if number(at, 3) != 0b110 {
            continue;
        }
        let (mut count, mut content) = (number(at + 3, 4), at + 7);
        if count == 15 {
            (count, content) = (14 + number(at + 7, 8), at + 15);
        }
        if ends.get(content + 8 * count) == Some(&true) {
            ends[at] = true;
            if count > 0 && matches!(number(content, 4), 0xD | 0xE) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::{Sbr, has_sbr};

    /// Bits as text, filled up with zeros.
    fn packet(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').collect();
        let byte =
            |byte: &[u8]| (0..8).fold(0, |n, at| n << 1 | u8::from(byte.get(at) == Some(&b'1')));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn a_fill_element_of_that_kind_at_the_end_is_found() {
        let channels = "000 0000 1011001110001111000011111";
        let sbr = "110 0010 1101 000011110000";
        let fill = "110 0001 0000 1010";
        assert!(has_sbr(&packet(&format!("{channels} {sbr} 111"))));
        assert!(has_sbr(&packet(&format!("{channels} {sbr} {fill} 111"))));
        assert!(!has_sbr(&packet(&format!("{channels} {fill} 111"))));
        assert!(!has_sbr(&packet(&format!("{channels} 111"))));
        assert!(!has_sbr(&[]) && !has_sbr(&[0; 20]) && !has_sbr(&[0xFF; 20]));
    }

    #[test]
    fn one_packet_says_nothing() {
        let with = packet("000 0000 1011001 110 0010 1101 000011110000 111");
        let mut sbr = Sbr::default();
        assert!(!sbr.look(&with) && !sbr.is_sure());
        assert!((1..12).any(|_| sbr.look(&with)));
        assert!(sbr.is_sure());
    }
}
