//! What happens to samples before and beside the network.

/// Largest magnitude of a sample that is let in: 120 dB over full scale. Sums over a frame of it,
/// and their squares, are far from the end of `f32`.
const LOUDEST: f32 = 1e6;

/// Smallest magnitude that is let in: 300 dB under full scale. Squares of it are far from the
/// denormal numbers, so no result depends on whether a thread flushes them.
const QUIETEST: f32 = 1e-15;

/// Copies `input` to `output` without what would do harm: what is not finite or quieter than
/// [`QUIETEST`] (denormals among it) becomes zero, what is louder than [`LOUDEST`] is cut there.
pub(super) fn clean(input: &[f32], output: &mut [f32]) {
    for (y, &x) in output.iter_mut().zip(input) {
        let sound = x.is_finite() && x.abs() >= QUIETEST;
        *y = if sound {
            x.clamp(-LOUDEST, LOUDEST)
        } else {
            0.0
        };
    }
}

/// Whether every sample is zero.
pub(super) fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|&x| x == 0.0)
}

/// Holds one channel back by a fixed number of samples.
#[derive(Clone)]
pub(super) struct Delay {
    held: Vec<f32>,
    /// Where the oldest sample lies.
    oldest: usize,
}

impl Delay {
    pub(super) fn new(samples: usize) -> Self {
        Self {
            held: vec![0.0; samples],
            oldest: 0,
        }
    }

    /// Takes `input` in and gives as many samples out; both must be as long.
    pub(super) fn pass(&mut self, input: &[f32], output: &mut [f32]) {
        if self.held.is_empty() {
            output.copy_from_slice(input);
            return;
        }
        for (y, &x) in output.iter_mut().zip(input) {
            *y = std::mem::replace(&mut self.held[self.oldest], x);
            self.oldest += 1;
            if self.oldest == self.held.len() {
                self.oldest = 0;
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.held.fill(0.0);
    }
}

/// Tells when the network may rest: after so many hops of silence.
pub(super) struct Rest {
    after: usize,
    silent: usize,
}

impl Rest {
    /// Rests from the hop on that follows `hops` silent ones.
    pub(super) fn after(hops: usize) -> Self {
        Self {
            after: hops,
            silent: 0,
        }
    }

    /// Takes note of the next hop; true when the network may rest through it.
    pub(super) fn idle(&mut self, silent: bool) -> bool {
        let idle = silent && self.silent == self.after;
        self.silent = if silent {
            (self.silent + 1).min(self.after)
        } else {
            0
        };
        idle
    }

    pub(super) fn reset(&mut self) {
        self.silent = 0;
    }
}
