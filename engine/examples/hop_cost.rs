//! Measures what one hop of a model costs: `cargo run --release --example hop_cost -- MODEL [SECONDS]`.
//!
//! Each figure is the time of one `Stream::step` on noise, the copies in and out included, transforms
//! not. **Loop** is one step after the other; **paced** is one step each hop, as in real time, with the
//! thread asleep in between: caches are cold and the clock of the processor is low then, and that is
//! what a plugin meets. Times are on the wall, so whatever else the machine does is in them; its load
//! stands above the figures.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use limpid_engine::network::{Batching, Model, Network, Stream};
use limpid_engine::runtime::{Runtime, Search};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments
        .next()
        .ok_or("usage: hop_cost MODEL [SECONDS for each figure]")?;
    let seconds: f64 = arguments.next().map_or(Ok(10.0), |s| s.parse())?;
    let duration = Duration::try_from_secs_f64(seconds)?;

    let runtime = Runtime::load(&Search::new())?;
    let model = Model::load(&runtime, Path::new(&path))?;
    let hop = Duration::from_secs_f64(model.contract().kind.hop_seconds());
    println!(
        "model    {} {}, SHA-256 {}",
        model.contract().name,
        model.contract().version,
        model.sha256()
    );
    println!("runtime  ONNX Runtime {}, one thread", runtime.version());
    println!("machine  {}", machine());
    println!("load     {}", load());
    println!(
        "at load  {} ({:.1} % of a core)",
        model.cost(),
        100.0 * model.cost().load()
    );
    println!();

    println!("us a hop          median      p99    p99.9      max    hops");
    let mut stream = model.open_stream()?;
    row("loop", &mut in_a_loop(&mut stream, 1, duration)?);
    row("paced", &mut paced(&mut stream, hop, duration)?);
    for hops in [4, 16] {
        let mut stream = model.open_stream_batched(hops)?;
        match stream.batching() {
            Batching::Several(_) => {
                let name = format!("loop, {hops} a call");
                row(&name, &mut in_a_loop(&mut stream, hops, duration)?);
            }
            other => println!("{hops} hops a call: {other:?}"),
        }
    }
    println!();
    println!("load     {}", load());
    Ok(())
}

/// Times a hop, calls of `hops` hops one after the other.
fn in_a_loop(
    stream: &mut Stream,
    hops: usize,
    duration: Duration,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut signal = Signal::new(stream, hops);
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < duration {
        let time = signal.step(stream)?;
        times.push(time / u32::try_from(hops)?);
    }
    Ok(times)
}

/// Times a hop, one call each `hop`.
fn paced(
    stream: &mut Stream,
    hop: Duration,
    duration: Duration,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut signal = Signal::new(stream, 1);
    let start = Instant::now();
    let mut times = Vec::new();
    let mut due = Duration::ZERO;
    while due < duration {
        thread::sleep(due.saturating_sub(start.elapsed()));
        times.push(signal.step(stream)?);
        due += hop;
    }
    Ok(times)
}

/// Some seconds of noise, over and over.
struct Signal {
    input: Vec<f32>,
    output: Vec<f32>,
    call: usize,
    place: usize,
}

impl Signal {
    fn new(stream: &Stream, hops: usize) -> Self {
        let call = hops * stream.input_len();
        let mut x = 1_u32;
        let mut next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.01 * ((x >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        Self {
            input: (0..64 * call).map(|_| next()).collect(),
            output: vec![0.0; hops * stream.output_len()],
            call,
            place: 0,
        }
    }

    fn step(&mut self, stream: &mut Stream) -> Result<Duration, Box<dyn Error>> {
        let input = &self.input[self.place * self.call..][..self.call];
        self.place = (self.place + 1) % 64;
        let before = Instant::now();
        stream.step(input, &mut self.output)?;
        Ok(before.elapsed())
    }
}

fn row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |t| t.as_secs_f64() * 1e6)
    };
    let [median, p99, p999, max] = [at(0.5), at(0.99), at(0.999), at(1.0)];
    println!(
        "{name:<15} {median:>8.1} {p99:>8.1} {p999:>8.1} {max:>8.0} {:>7}",
        times.len()
    );
}

/// Processor and cores; where the system has no /proc, the architecture.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(':'))
        .map_or(env::consts::ARCH, |(_, name)| name.trim());
    format!("{name}, {cores} cores, {}", env::consts::OS)
}

/// Load averages of 1, 5 and 15 minutes.
fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    if load.is_empty() {
        "not told by this system".to_owned()
    } else {
        load.join(" ")
    }
}
