//! How late models are in real time, as Markdown: `cargo run -p limpid-engine --example latency -- MODEL...`.
//!
//! From input to output of a stream, in milliseconds and samples, for the longest block that a host
//! announces and the default reserve: what the plugin reports to its host. Devices add their own.

use std::error::Error;
use std::{env, path::Path};

use limpid_engine::enhancer::latency_of;
use limpid_engine::network::Model;
use limpid_engine::realtime::{default_reserve, latency};
use limpid_engine::runtime::{Runtime, Search};

const RATES: [u32; 4] = [16_000, 44_100, 48_000, 96_000];
const BLOCKS: [usize; 2] = [64, 512];

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::load(&Search::new())?;
    let blocks: Vec<String> = BLOCKS.map(|b| format!("blocks of {b}")).to_vec();
    println!("| model | rate (Hz) | {} |", blocks.join(" | "));
    println!("|---|---|{}", "---|".repeat(BLOCKS.len()));
    for path in env::args().skip(1) {
        let model = Model::load(&runtime, Path::new(&path))?;
        let reserve = default_reserve(&model.contract().kind);
        for rate in RATES {
            let (hop, overlap) = latency_of(model.contract(), rate)?;
            let cells = BLOCKS.map(|block| {
                let samples = latency(rate, block, reserve, hop, overlap);
                let ms = 1000.0 * samples as f64 / f64::from(rate);
                format!("{ms:.1} ms ({samples})")
            });
            println!(
                "| `{}` | {rate} | {} |",
                model.contract().name,
                cells.join(" | ")
            );
        }
    }
    Ok(())
}
