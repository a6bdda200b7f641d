//! How well an enhancer gives back its input when the network lets everything through, as Markdown:
//! `cargo run -p limpid-engine --example reconstruction`.
//!
//! Five seconds of noise at -10 dBFS go through frames and filters at every rate. The error is what is
//! left of voice minus aligned input, over the input; the latency is where an impulse comes out. For
//! waveform models at another rate the resamplers stand in between: there the error is that of a
//! tone at a tenth and at half of the narrower band, and above the model's band all is background.

use limpid_engine::contract::{Contract, Kind};
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::frames::FrameSpec;
use limpid_engine::network::{Network, NetworkError};
use std::error::Error;
use std::f64::consts::TAU;

const RATES: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
];

/// Bins to 24 kHz, 50 Hz apart.
const BINS: usize = 481;

fn main() -> Result<(), Box<dyn Error>> {
    println!("| frames (ms) | rate (Hz) | hop | latency, stated | impulse at | error (dB) |");
    println!("|---|---|---|---|---|---|");
    for (window_ms, hop_ms, synthesis_ms) in [(20.0, 10.0, 20.0), (20.0, 5.0, 10.0)] {
        let frames = FrameSpec {
            window_ms,
            hop_ms,
            synthesis_ms,
        };
        let contract = contract(Kind::Spectral {
            frames,
            bins: BINS,
            taps: 1,
        });
        for rate in RATES {
            let mut enhancer = Enhancer::new(&contract, vec![Box::new(Open::Filter)], rate, 1)?;
            let noise = whole(&enhancer, 5 * rate as usize, noise());
            let error = error_db(&mut enhancer, &noise)?;
            let (hop, latency, impulse) = timing(&mut enhancer)?;
            println!(
                "| {window_ms} / {hop_ms} / {synthesis_ms} | {rate} | {hop} | {latency} | {impulse} | {error:.0} |"
            );
        }
    }
    println!();
    println!(
        "| model (Hz, window / hop) | rate (Hz) | hop | latency, stated | impulse at | error at 0.1 and 0.5 of the band (dB) |"
    );
    println!("|---|---|---|---|---|---|");
    for (own, window, hop) in [(16_000, 1024, 256), (48_000, 960, 480)] {
        let contract = contract(Kind::Waveform {
            sample_rate: own,
            window,
            hop,
        });
        for rate in RATES {
            let mut enhancer =
                Enhancer::new(&contract, vec![Box::new(Open::Frame(window))], rate, 1)?;
            let band = f64::from(own.min(rate)) / 2.0;
            let mut errors = [0.0; 2];
            for (error, share) in errors.iter_mut().zip([0.1, 0.5]) {
                let step = TAU * share * band / f64::from(rate);
                let tone = (0..).map(|n| (f64::from(n) * step).sin() as f32);
                let tone = whole(&enhancer, rate as usize, tone);
                *error = error_db(&mut enhancer, &tone)?;
            }
            let [low, high] = errors;
            let (own_hop, latency, impulse) = timing(&mut enhancer)?;
            println!(
                "| {own}, {window} / {hop} | {rate} | {own_hop} | {latency} | {impulse} | {low:.0}, {high:.0} |"
            );
        }
    }
    Ok(())
}

/// A network that lets everything through.
enum Open {
    Filter,
    Frame(usize),
}

impl Network for Open {
    fn input_len(&self) -> usize {
        match self {
            Self::Filter => 2 * BINS,
            Self::Frame(window) => *window,
        }
    }

    fn output_len(&self) -> usize {
        self.input_len()
    }

    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        match self {
            Self::Filter => output.iter_mut().enumerate().for_each(|(n, y)| {
                *y = if n % (2 * BINS) < BINS { 1.0 } else { 0.0 };
            }),
            Self::Frame(_) => output.copy_from_slice(input),
        }
        Ok(())
    }

    fn reset(&mut self) {}
}

fn contract(kind: Kind) -> Contract {
    Contract {
        kind,
        name: "open".into(),
        version: "1".into(),
        licence: "MIT".into(),
        description: "Lets everything through".into(),
        states: Vec::new(),
    }
}

/// At least `samples` of a signal, in whole hops.
fn whole(enhancer: &Enhancer, samples: usize, signal: impl Iterator<Item = f32>) -> Vec<f32> {
    signal
        .take(samples.next_multiple_of(enhancer.hop()))
        .collect()
}

/// White noise at -10 dBFS.
fn noise() -> impl Iterator<Item = f32> {
    let mut state = 1u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32 * 0.547_7
    })
}

/// Voice minus aligned input over the aligned input, of the second half.
fn error_db(enhancer: &mut Enhancer, input: &[f32]) -> Result<f64, Box<dyn Error>> {
    enhancer.reset();
    let mut parts = Parts::default();
    enhancer.process(input, true, &mut parts)?;
    let (mut error, mut power) = (0.0, 0.0);
    for (v, x) in parts.voice.iter().zip(&parts.dry).skip(input.len() / 2) {
        error += (f64::from(*v) - f64::from(*x)).powi(2);
        power += f64::from(*x).powi(2);
    }
    Ok(10.0 * (error / power).log10())
}

/// Hop, stated latency, and how late the peak of an impulse comes out.
fn timing(enhancer: &mut Enhancer) -> Result<(usize, usize, usize), Box<dyn Error>> {
    enhancer.reset();
    let (hop, latency) = (enhancer.hop(), enhancer.latency());
    let mut input = vec![0.0; (4 * (hop + latency)).next_multiple_of(hop)];
    input[hop + 3] = 1.0;
    let mut parts = Parts::default();
    enhancer.process(&input, true, &mut parts)?;
    let peak = parts
        .voice
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    Ok((hop, latency, peak.map_or(0, |(n, _)| n) - (hop + 3)))
}
