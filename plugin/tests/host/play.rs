//! How a host plays, and in what blocks.

/// How a host plays.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    pub rate: u32,
    /// Channels in and out; the plugin offers 2 to 2, 1 to 1 and 1 to 2.
    pub channels: (usize, usize),
    pub longest: usize,
    pub offline: bool,
}

impl Play {
    pub fn offline(rate: u32, longest: usize) -> Self {
        Self {
            rate,
            channels: (2, 2),
            longest,
            offline: true,
        }
    }

    pub fn real_time(rate: u32, longest: usize) -> Self {
        Self {
            offline: false,
            ..Self::offline(rate, longest)
        }
    }

    pub fn mono(self) -> Self {
        Self {
            channels: (1, 1),
            ..self
        }
    }
}

/// A parameter that changes at a sample of what is played, or of a block.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub at: usize,
    pub parameter: &'static str,
    /// 0 to 1 for faders, whole steps for the rest.
    pub value: f64,
}

/// Blocks of one length.
pub fn blocks(length: usize) -> impl FnMut() -> usize {
    move || length
}

/// Blocks of lengths from 1 to `longest`, the same for the same seed.
pub fn random_blocks(seed: u64, longest: usize) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1 + (state >> 33) as usize % longest
    }
}

/// 0 dB lies at three quarters of a fader.
pub const OPEN: f64 = 0.75;

/// A parameter that has its value from the first sample on.
pub const fn at_start(parameter: &'static str, value: f64) -> Change {
    Change {
        at: 0,
        parameter,
        value,
    }
}

/// Both faders at 0 dB: the output is the input, later.
pub const NOTHING_CHANGED: [Change; 2] = [at_start("Voice", OPEN), at_start("Background", OPEN)];

/// Both faders down: nothing is heard.
pub const ALL_SILENT: [Change; 2] = [at_start("Voice", 0.0), at_start("Background", 0.0)];
