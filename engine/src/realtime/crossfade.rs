//! A straight fade between two aligned signals, for bypass and for the change of models.

/// Where a fade stands: 0 is the first signal alone, 1 the second.
#[derive(Debug, Clone)]
pub(super) struct Crossfade {
    /// Samples from one end to the other.
    length: u32,
    /// Samples from the first end.
    at: u32,
    towards_second: bool,
}

impl Crossfade {
    /// Stands at the first signal; `milliseconds` from end to end.
    pub(super) fn new(sample_rate: u32, milliseconds: u32) -> Self {
        Self {
            length: (sample_rate * milliseconds / 1000).max(1),
            at: 0,
            towards_second: false,
        }
    }

    /// Begins to move, from where it stands.
    pub(super) fn aim(&mut self, second: bool) {
        self.towards_second = second;
    }

    /// Stands at an end at once.
    pub(super) fn jump(&mut self, second: bool) {
        self.towards_second = second;
        self.at = if second { self.length } else { 0 };
    }

    /// At the first signal, and staying there.
    pub(super) fn is_first(&self) -> bool {
        self.at == 0 && !self.towards_second
    }

    /// At the second signal, and staying there.
    pub(super) fn is_second(&self) -> bool {
        self.at == self.length && self.towards_second
    }

    /// Moves by one sample and gives the share of the second signal: exactly 0 and 1 at the ends.
    pub(super) fn advance(&mut self) -> f32 {
        if self.towards_second {
            self.at = (self.at + 1).min(self.length);
        } else {
            self.at = self.at.saturating_sub(1);
        }
        if self.at == self.length {
            1.0
        } else {
            self.at as f32 / self.length as f32
        }
    }
}

/// Fades `out` towards `second` by a share a sample; a share of 1 is `second` bit for bit.
pub(super) fn mix(out: &mut [f32], second: &[f32], shares: &[f32]) {
    for ((y, &x), &share) in out.iter_mut().zip(second).zip(shares) {
        *y = if share >= 1.0 {
            x
        } else {
            *y + share * (x - *y)
        };
    }
}
