//! Plays streams at the real rate and counts what they miss: `cargo run --release --example
//! play_realtime -- --help`.
//!
//! One thread stands for the sound card: each block it calls every instance in turn, as a host does
//! with tracks on one core, so that the instances' hops fall due together. Reported are misses, the
//! workers' load, the least slack (how long before it was needed a hop was handed over, at worst),
//! the time that the audio thread spent in the ports, and the machine's load, without which none of
//! it says anything.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use limpid_engine::contract::{Contract, Kind};
use limpid_engine::controls::Controls;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::frames::FrameSpec;
use limpid_engine::network::{Model, Network, NetworkError};
use limpid_engine::realtime::{Mode, Setup, Stream, default_reserve, start};
use limpid_engine::runtime::{Runtime, Search};

type Failure = Box<dyn Error>;

const USAGE: &str = "play_realtime [OPTIONS]
  --model FILE     a model; without it a fake network
  --cost US        what the fake network spends on a hop of 10 ms [200]
  --wav FILE       what to play, again and again [noise]
  --out FILE       writes what the first instance gives
  --instances N    [1]
  --rate HZ        without --wav [48000]
  --channels N     without --wav [1]
  --block N        samples a block [128]
  --reserve MS     [half of the model's hop, at least 5]
  --seconds S      [10]";

struct Options {
    model: Option<PathBuf>,
    cost: Duration,
    wav: Option<PathBuf>,
    out: Option<PathBuf>,
    instances: usize,
    rate: u32,
    channels: usize,
    block: usize,
    reserve: Option<Duration>,
    seconds: f64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut options = options()?;
    let audio = Audio::new(&mut options)?;
    let maker = Maker::new(&options)?;
    let kind = &maker.contract().kind;
    let reserve = options.reserve.unwrap_or_else(|| default_reserve(kind));
    let mut streams = (0..options.instances)
        .map(|_| {
            let mut setup = Setup::new(options.rate, options.channels, options.block);
            setup.reserve = reserve;
            Ok(start(setup, maker.enhancer(&options)?)?)
        })
        .collect::<Result<Vec<Stream>, Failure>>()?;
    println!("{}", maker.name());
    println!(
        "{} instances, {} Hz, {} channels, blocks of {}, reserve {:?}, latency {} samples",
        options.instances,
        options.rate,
        options.channels,
        options.block,
        reserve,
        streams[0].port.latency()
    );
    println!("load of the machine before: {}", machine_load());
    let played = play(&mut streams, &audio, &options)?;
    report(&streams, &played, &options);
    println!("load of the machine after: {}", machine_load());
    Ok(())
}

/// What the audio thread saw.
struct Played {
    /// Time in the ports, a value a block, all instances together.
    ports: Vec<Duration>,
    /// Blocks that began later than the one after them should have: the machine's fault.
    late: usize,
}

fn play(streams: &mut [Stream], audio: &Audio, options: &Options) -> Result<Played, Failure> {
    let (block, channels) = (options.block, options.channels);
    let blocks = (options.seconds * f64::from(options.rate)) as usize / block;
    let lasts = Duration::from_secs_f64(block as f64 / f64::from(options.rate));
    let mut writer = options
        .out
        .as_deref()
        .map(|path| writer(path, options))
        .transpose()?;
    let mut buffers = vec![vec![0.0; block]; channels];
    let mut played = Played {
        ports: Vec::with_capacity(blocks),
        late: 0,
    };
    let begin = Instant::now();
    for n in 0..blocks {
        let due = begin + lasts * u32::try_from(n)?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        if now > due + lasts {
            played.late += 1;
        }
        for (index, stream) in streams.iter_mut().enumerate() {
            audio.fill(n * block, &mut buffers);
            let mut slices: Vec<&mut [f32]> = buffers.iter_mut().map(|b| &mut b[..]).collect();
            let controls = Controls::default();
            stream.port.process(&mut slices, &controls, Mode::RealTime);
            if let (0, Some(writer)) = (index, writer.as_mut()) {
                for i in 0..block {
                    for buffer in &buffers {
                        writer.write_sample(buffer[i])?;
                    }
                }
            }
        }
        played.ports.push(now.elapsed());
    }
    if let Some(writer) = writer {
        writer.finalize()?;
    }
    Ok(played)
}

fn report(streams: &[Stream], played: &Played, options: &Options) {
    let mut ports = played.ports.clone();
    ports.sort();
    let at = |share: f64| {
        let index = ((ports.len() as f64 * share) as usize).min(ports.len().saturating_sub(1));
        ports.get(index).copied().unwrap_or_default()
    };
    let status: Vec<_> = streams.iter().map(|s| s.worker.status()).collect();
    let misses: u64 = status.iter().map(|s| s.misses).sum();
    let hops: u64 = status.iter().map(|s| s.hops).sum();
    let load: f32 = status.iter().map(|s| s.load).sum();
    let peak = status.iter().map(|s| s.peak_load).fold(0.0, f32::max);
    let slack = status.iter().filter_map(|s| s.slack).min().unwrap_or(0);
    let lost: u64 = status.iter().map(|s| s.lost).sum();
    println!("misses            {misses} of {hops} hops, lost samples {lost}");
    println!(
        "least slack       {:.2} ms (below zero: too late)",
        1e3 * slack as f64 / f64::from(options.rate)
    );
    println!("workers' load     {load:.3} of a core together, dearest hop {peak:.3} of its time");
    println!(
        "audio thread      median {:?}, p99 {:?}, p99.9 {:?}, most {:?} a block, all instances",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    println!("blocks begun late {} of {}", played.late, ports.len());
    for failed in status.iter().filter_map(|s| s.failed.as_deref()) {
        println!("failed: {failed}");
    }
}

/// Where enhancers come from.
enum Maker {
    Real(Box<Model>),
    Fake(Contract, Duration),
}

impl Maker {
    fn new(options: &Options) -> Result<Self, Failure> {
        Ok(match &options.model {
            Some(path) => {
                let runtime = Runtime::load(&Search::new())?;
                Self::Real(Box::new(Model::load(&runtime, path)?))
            }
            None => Self::Fake(fake_contract(), options.cost),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Real(model) => format!(
                "model {} {}, {} when loaded",
                model.contract().name,
                model.contract().version,
                model.cost()
            ),
            Self::Fake(_, cost) => format!("a fake network of {cost:?} a hop"),
        }
    }

    fn contract(&self) -> &Contract {
        match self {
            Self::Real(model) => model.contract(),
            Self::Fake(contract, _) => contract,
        }
    }

    fn enhancer(&self, options: &Options) -> Result<Box<Enhancer>, Failure> {
        let network = || -> Result<Box<dyn Network>, Failure> {
            Ok(match self {
                Self::Real(model) => Box::new(model.open_stream()?),
                Self::Fake(_, cost) => Box::new(Busy(*cost)),
            })
        };
        // Linked, so that a spectral model runs once however many channels there are.
        let contract = self.contract();
        let count = match contract.kind {
            Kind::Spectral { .. } => 1,
            Kind::Waveform { .. } => options.channels,
        };
        let networks = (0..count).map(|_| network()).collect::<Result<_, _>>()?;
        let enhancer = Enhancer::new(contract, networks, options.rate, options.channels)?;
        Ok(Box::new(enhancer))
    }
}

const BINS: usize = 481;

fn fake_contract() -> Contract {
    Contract {
        kind: Kind::Spectral {
            frames: FrameSpec {
                window_ms: 20.0,
                hop_ms: 10.0,
                synthesis_ms: 20.0,
            },
            bins: BINS,
            taps: 1,
        },
        name: "fake".into(),
        version: "0".into(),
        licence: "none".into(),
        description: "Spends time".into(),
        states: Vec::new(),
    }
}

/// Lets everything through, and computes for as long as it is told to.
struct Busy(Duration);

impl Network for Busy {
    fn input_len(&self) -> usize {
        2 * BINS
    }
    fn output_len(&self) -> usize {
        2 * BINS
    }
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        let start = Instant::now();
        for filter in output.chunks_exact_mut(2 * BINS) {
            filter[..BINS].fill(1.0);
            filter[BINS..].fill(0.0);
        }
        let hops = (input.len() / self.input_len()) as u32;
        while start.elapsed() < self.0 * hops {
            std::hint::spin_loop();
        }
        Ok(())
    }
    fn reset(&mut self) {}
}

/// Planar samples that are played again and again.
struct Audio(Vec<Vec<f32>>);

impl Audio {
    /// Reads the file, which decides rate and channels, or makes noise.
    fn new(options: &mut Options) -> Result<Self, Failure> {
        let Some(path) = &options.wav else {
            let mut state = 1u32;
            let mut noise = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(state) / f64::from(u32::MAX) * 0.2 - 0.1
            };
            let second = (0..options.rate)
                .map(|_| noise() as f32)
                .collect::<Vec<_>>();
            return Ok(Self(vec![second; options.channels]));
        };
        let mut reader = hound::WavReader::open(path)?;
        let spec = reader.spec();
        options.rate = spec.sample_rate;
        options.channels = usize::from(spec.channels);
        let samples: Vec<f32> = match spec.sample_format {
            hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
            hound::SampleFormat::Int => {
                let scale = 0.5f32.powi(i32::from(spec.bits_per_sample) - 1);
                reader
                    .samples::<i32>()
                    .map(|s| s.map(|s| s as f32 * scale))
                    .collect::<Result<_, _>>()?
            }
        };
        if samples.len() < options.channels {
            return Err(format!("{} holds no samples", path.display()).into());
        }
        let channel = |c| {
            let own = samples.iter().skip(c).step_by(options.channels);
            own.copied().collect::<Vec<f32>>()
        };
        Ok(Self((0..options.channels).map(channel).collect()))
    }

    fn fill(&self, start: usize, buffers: &mut [Vec<f32>]) {
        for (buffer, channel) in buffers.iter_mut().zip(&self.0) {
            for (i, y) in buffer.iter_mut().enumerate() {
                *y = channel[(start + i) % channel.len()];
            }
        }
    }
}

fn writer(
    path: &Path,
    options: &Options,
) -> Result<hound::WavWriter<std::io::BufWriter<fs::File>>, Failure> {
    let spec = hound::WavSpec {
        channels: u16::try_from(options.channels)?,
        sample_rate: options.rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    Ok(hound::WavWriter::create(path, spec)?)
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        model: None,
        cost: Duration::from_micros(200),
        wav: None,
        out: None,
        instances: 1,
        rate: 48_000,
        channels: 1,
        block: 128,
        reserve: None,
        seconds: 10.0,
    };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--model" => options.model = Some(value.into()),
            "--cost" => options.cost = Duration::from_micros(value.parse()?),
            "--wav" => options.wav = Some(value.into()),
            "--out" => options.out = Some(value.into()),
            "--instances" => options.instances = value.parse::<usize>()?.max(1),
            "--rate" => options.rate = value.parse()?,
            "--channels" => options.channels = value.parse()?,
            "--block" => options.block = value.parse::<usize>()?.max(1),
            "--reserve" => {
                options.reserve = Some(Duration::from_secs_f64(value.parse::<f64>()? / 1e3));
            }
            "--seconds" => options.seconds = value.parse()?,
            _ => return Err(format!("{name} is not an option").into()),
        }
    }
    Ok(options)
}

/// The average number of running threads over 1, 5 and 15 minutes, where the system tells it.
fn machine_load() -> String {
    fs::read_to_string("/proc/loadavg").map_or_else(|_| "unknown".into(), |s| s.trim().to_owned())
}
