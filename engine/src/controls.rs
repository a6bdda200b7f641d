//! The two faders and what stands around them: skeleton.

/// Where the user has set everything that may move while audio plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// Voice fader in dB; `f32::NEG_INFINITY` is silence.
    pub voice_db: f32,
    /// Background fader in dB; `f32::NEG_INFINITY` is silence.
    pub background_db: f32,
    /// Hear one part alone.
    pub solo: Solo,
    /// One decision for all channels, which keeps the stereo image.
    pub link: bool,
    /// The aligned input, untouched.
    pub bypass: bool,
}

/// Which part is heard alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solo {
    /// Both, by their faders.
    #[default]
    None,
    /// The voice at 0 dB, no background.
    Voice,
    /// The background at 0 dB, no voice: what is taken away.
    Background,
}
