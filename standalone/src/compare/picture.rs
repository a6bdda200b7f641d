//! The picture, drawn as the sound goes by.

use std::collections::VecDeque;

use limpid_drawing::{
    Analyser, Column, DrawingError, PANEL_WIDTH, Spectrogram, encode, frequencies,
};

/// Three panels under way.
pub struct Picture {
    rate: u32,
    frames: usize,
    panels: [Panel; 3],
}

/// One of them, of all channels' mean.
struct Panel {
    analyser: Analyser,
    levels: Spectrogram,
    /// The last samples, and how many there were ahead of them.
    held: VecDeque<f64>,
    gone: usize,
}

impl Picture {
    /// Of `frames` at `rate` (Hz).
    pub fn new(rate: u32, frames: usize) -> Self {
        let frequencies = frequencies();
        Self {
            rate,
            frames,
            panels: [(); 3].map(|()| Panel {
                analyser: Analyser::new(rate, &frequencies),
                levels: Spectrogram::default(),
                held: VecDeque::new(),
                gone: 0,
            }),
        }
    }

    /// Takes the next frames of all three sounds.
    pub fn add(&mut self, planes: [&[f32]; 3], channels: usize, came: usize) {
        for (panel, planar) in self.panels.iter_mut().zip(planes) {
            let length = planar.len() / channels;
            for frame in 0..came {
                let sum: f64 = (0..channels)
                    .map(|channel| f64::from(planar[channel * length + frame]))
                    .sum();
                panel.held.push_back(sum / channels as f64);
            }
            panel.go_on(self.frames);
        }
    }

    /// The content of the file.
    pub fn encode(mut self, title: String) -> Result<Vec<u8>, DrawingError> {
        for panel in &mut self.panels {
            let silence = panel.analyser.frame();
            panel.held.extend(std::iter::repeat_n(0.0, silence));
            panel.go_on(self.frames);
        }
        let column = Column {
            title,
            seconds: self.frames as f64 / f64::from(self.rate),
            panels: self.panels.map(|panel| panel.levels),
        };
        encode(&[column])
    }
}

impl Panel {
    /// Makes the columns whose frames have gone by.
    fn go_on(&mut self, frames: usize) {
        let frame = self.analyser.frame();
        while self.levels.columns.len() < PANEL_WIDTH {
            let index = self.levels.columns.len() as f64 + 0.5;
            let middle = (index / PANEL_WIDTH as f64 * frames as f64) as usize;
            let (first, ahead) = match middle.checked_sub(frame / 2) {
                Some(first) => (first, 0),
                None => (0, frame / 2 - middle),
            };
            if self.gone + self.held.len() < first + frame - ahead {
                break;
            }
            let start = first - self.gone;
            let silence = std::iter::repeat_n(0.0, ahead);
            let samples = self.held.range(start..).copied();
            let levels = self.analyser.levels(silence.chain(samples));
            self.levels.columns.push(levels);
            self.held.drain(..start);
            self.gone = first;
        }
        // Between two moments far apart most samples are not needed.
        if self.levels.columns.len() == PANEL_WIDTH {
            self.held.clear();
        }
    }
}
