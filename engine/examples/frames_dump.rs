//! Frames of a file of raw samples, for comparison with other implementations:
//! `frames_dump IN RATE WINDOW_MS HOP_MS SYNTHESIS_MS SPECTRA OUT`.
//!
//! `IN` holds one channel of little-endian 32-bit floats; a last incomplete hop is left out. `SPECTRA`
//! gets `[frames, 2, bins]` of them (real, imaginary), `OUT` the samples that untouched spectra give
//! back, as late as the frames are. The sizes go to standard output as `hop analysis synthesis`.

use limpid_engine::frames::{Analyser, FrameSpec, Synthesiser};
use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [
        input,
        rate,
        window,
        hop,
        synthesis,
        spectra_path,
        output_path,
    ] = arguments.as_slice()
    else {
        return Err("usage: frames_dump IN RATE WINDOW_MS HOP_MS SYNTHESIS_MS SPECTRA OUT".into());
    };
    let spec = FrameSpec {
        window_ms: window.parse()?,
        hop_ms: hop.parse()?,
        synthesis_ms: synthesis.parse()?,
    };
    let sizes = spec.sizes(rate.parse()?)?;
    println!("{} {} {}", sizes.hop, sizes.analysis, sizes.synthesis);

    let samples: Vec<f32> = fs::read(input)?
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let (mut analyser, mut synthesiser) = (Analyser::new(sizes), Synthesiser::new(sizes));
    let mut spectrum = vec![0.0; 2 * sizes.bins()];
    let mut back = vec![0.0; sizes.hop];
    let (mut spectra, mut output) = (Vec::new(), Vec::new());
    for hop in samples.chunks_exact(sizes.hop) {
        analyser.push(hop, &mut spectrum)?;
        synthesiser.push(&spectrum, &mut back)?;
        spectra.extend(spectrum.iter().flat_map(|x| x.to_le_bytes()));
        output.extend(back.iter().flat_map(|x| x.to_le_bytes()));
    }
    fs::write(spectra_path, spectra)?;
    fs::write(output_path, output)?;
    Ok(())
}
