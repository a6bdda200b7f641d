//! What each output gets of the two parts.

use std::ops::Range;
use std::path::Path;

use limpid_engine::controls::{Gains, Mixer};
use limpid_engine::enhancer::Parts;

use super::outlet::{Outlet, Part};
use crate::cli::EnhanceArguments;
use crate::failure::Failure;
use crate::sound::{Converter, Form, Quantiser, SoundError};

/// Makes of voice and aligned input what each output gets, in the outputs' rate and channels.
pub struct Desk<'a> {
    input: &'a Path,
    channels: usize,
    conversion: Option<Conversion>,
    /// One for each channel that is written.
    mixers: Vec<Mixer>,
    samples: Vec<f32>,
    /// The voice as it is written, which the background is the rest to: so that files of whole numbers
    /// sum to the input to the last bit.
    voice: Vec<f32>,
    quantiser: Quantiser,
}

/// Both parts in another form. Both go the same way, so they sum to the input in that form.
struct Conversion {
    voice: Converter,
    dry: Converter,
    parts: Parts,
}

impl<'a> Desk<'a> {
    /// For the sound of `source`, which is the form of `input`.
    ///
    /// # Errors
    /// When there is no way from its channels to those that are asked for.
    pub fn new(
        input: &'a Path,
        source: &Form,
        outlets: &[Outlet],
        arguments: &EnhanceArguments,
    ) -> Result<Self, Failure> {
        let of = |part| outlets.iter().find(|outlet| outlet.part == part);
        // All outputs are of one rate and of as many channels.
        let written = outlets.first().map_or(source, Outlet::form);
        let stored = of(Part::Voice)
            .or(of(Part::Background))
            .map(|o| o.form().samples);
        let stored = arguments.bits.or(stored).unwrap_or(source.samples);
        let gains = Gains::from(&arguments.controls());
        Ok(Self {
            input,
            channels: written.channels,
            conversion: Conversion::new(source, written)
                .map_err(|problem| unreadable(input, problem))?,
            mixers: vec![Mixer::new(written.rate, gains); written.channels],
            samples: Vec::new(),
            voice: Vec::new(),
            quantiser: Quantiser::new(source, written, stored),
        })
    }

    /// Writes `frames` of `parts`; when they are the last, everything.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(
        &mut self,
        parts: &Parts,
        frames: Range<usize>,
        is_last: bool,
        outlets: &mut [Outlet],
    ) -> Result<(), Failure> {
        let Some(mut conversion) = self.conversion.take() else {
            return self.share_out(parts, frames, outlets);
        };
        let count = conversion
            .convert(parts, frames, is_last)
            .map_err(|problem| unreadable(self.input, problem))?;
        if count > 0 {
            self.share_out(&conversion.parts, 0..count, outlets)?;
        }
        self.conversion = Some(conversion);
        Ok(())
    }

    fn share_out(
        &mut self,
        parts: &Parts,
        frames: Range<usize>,
        outlets: &mut [Outlet],
    ) -> Result<(), Failure> {
        if outlets.iter().any(|outlet| outlet.part != Part::Mix) {
            self.voice.clone_from(&parts.voice);
            let (voice, frames) = (&mut self.voice, frames.clone());
            match outlets.iter_mut().find(|o| o.part == Part::Voice) {
                Some(outlet) => outlet.round(voice, frames),
                None => self.quantiser.round(voice, self.channels, frames),
            }
        }
        for outlet in outlets {
            self.samples.resize(parts.voice.len(), 0.0);
            match outlet.part {
                Part::Mix => mix(&mut self.mixers, parts, &mut self.samples),
                Part::Voice => {
                    outlet.write(&self.voice, frames.clone())?;
                    continue;
                }
                Part::Background => {
                    let pairs = parts.dry.iter().zip(&self.voice);
                    for (out, (dry, voice)) in self.samples.iter_mut().zip(pairs) {
                        *out = dry - voice;
                    }
                }
            }
            outlet.round(&mut self.samples, frames.clone());
            outlet.write(&self.samples, frames.clone())?;
        }
        Ok(())
    }
}

impl Conversion {
    fn new(from: &Form, to: &Form) -> Result<Option<Self>, SoundError> {
        let both = Converter::new(from, to)?.zip(Converter::new(from, to)?);
        Ok(both.map(|(voice, dry)| Self {
            voice,
            dry,
            parts: Parts::default(),
        }))
    }

    fn convert(
        &mut self,
        parts: &Parts,
        frames: Range<usize>,
        is_last: bool,
    ) -> Result<usize, SoundError> {
        let Self {
            voice,
            dry,
            parts: out,
        } = self;
        voice.convert(&parts.voice, frames.clone(), is_last, &mut out.voice)?;
        dry.convert(&parts.dry, frames, is_last, &mut out.dry)
    }
}

fn unreadable(input: &Path, source: SoundError) -> Failure {
    Failure::Convert {
        path: input.to_owned(),
        source,
    }
}

/// The two parts under the faders.
fn mix(mixers: &mut [Mixer], parts: &Parts, out: &mut [f32]) {
    let length = out.len() / mixers.len();
    let planes = parts
        .voice
        .chunks_exact(length)
        .zip(parts.dry.chunks_exact(length));
    let planes = planes.zip(out.chunks_exact_mut(length));
    for (mixer, ((voice, dry), out)) in mixers.iter_mut().zip(planes) {
        mixer.mix(voice, dry, out);
    }
}
