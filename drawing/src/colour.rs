//! The picture's 256 colours: levels, and greys for type and lines.

/// Colours for levels; the remaining ones are greys, from black to white.
pub(crate) const LEVELS: u8 = 192;
const GREYS: u8 = 64;

/// Seventeen points of the map "magma", in equal steps: equal steps of level look equally large, in
/// grey print and to colour-blind eyes, too. By Stéfan van der Walt and Nathaniel Smith, CC0.
const MAGMA: [[u8; 3]; 17] = [
    [0, 0, 4],
    [10, 8, 34],
    [29, 17, 71],
    [54, 16, 107],
    [81, 18, 124],
    [106, 28, 129],
    [131, 38, 129],
    [156, 46, 127],
    [183, 55, 121],
    [208, 65, 111],
    [231, 82, 99],
    [245, 107, 92],
    [252, 137, 97],
    [254, 167, 114],
    [254, 196, 136],
    [253, 226, 163],
    [252, 253, 191],
];

/// Red, green, blue of every colour, one after the other.
pub(crate) fn palette() -> Vec<u8> {
    let mut palette = Vec::with_capacity(3 * 256);
    for level in 0..LEVELS {
        palette.extend(magma(f64::from(level) / f64::from(LEVELS - 1)));
    }
    for grey in 0..GREYS {
        let value = (f64::from(grey) * 255.0 / f64::from(GREYS - 1)).round() as u8;
        palette.extend([value; 3]);
    }
    palette
}

/// The colour of a level: `share` is 0 at the bottom of the scale and 1 at the top.
pub(crate) fn level(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * f64::from(LEVELS - 1)).round() as u8
}

/// The grey of a brightness, from 0 (black) to 1 (white).
pub(crate) fn grey(brightness: f64) -> u8 {
    LEVELS + (brightness.clamp(0.0, 1.0) * f64::from(GREYS - 1)).round() as u8
}

/// Brightness of a grey.
pub(crate) fn brightness(colour: u8) -> f64 {
    f64::from(colour.saturating_sub(LEVELS)) / f64::from(GREYS - 1)
}

fn magma(share: f64) -> [u8; 3] {
    let position = share * (MAGMA.len() - 1) as f64;
    let below = (position as usize).min(MAGMA.len() - 2);
    let part = position - below as f64;
    let (a, b) = (MAGMA[below], MAGMA[below + 1]);
    std::array::from_fn(|i| (f64::from(a[i]) * (1.0 - part) + f64::from(b[i]) * part).round() as u8)
}
