//! Streams round networks whose answer is known, clocks that move by hand, and the same work done
//! without a stream. Shared by the tests of the two real-time halves.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test binary uses its own part"
)]

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use limpid_engine::contract::Contract;
use limpid_engine::controls::{Controls, Gains, Mixer, Solo};
use limpid_engine::denormals::flushed;
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::frames::FrameSpec;
use limpid_engine::network::{Network, NetworkError};
use limpid_engine::realtime::{Clock, Mode, Port, Setup, Status, Stream, Worker, start};

use crate::common;

/// The rate of tests that do not care.
pub const RATE: u32 = 48_000;

/// Longest that a test waits for the worker before it fails: no measure of speed.
const FOREVER: Duration = Duration::from_secs(120);

/// Controls that leave the input as it is, but for the network.
pub fn controls(voice_db: f32, background_db: f32) -> Controls {
    Controls {
        voice_db,
        background_db,
        solo: Solo::None,
        link: true,
        bypass: false,
    }
}

/// The voice alone.
pub fn voice() -> Controls {
    controls(0.0, f32::NEG_INFINITY)
}

/// A symmetric spectral enhancer with one network a channel.
pub fn enhancer(channels: usize, network: impl Fn() -> Box<dyn Network>) -> Box<Enhancer> {
    enhancer_at(RATE, common::SYMMETRIC, channels, network)
}

/// A spectral enhancer with one network a channel.
pub fn enhancer_at(
    rate: u32,
    frames: FrameSpec,
    channels: usize,
    network: impl Fn() -> Box<dyn Network>,
) -> Box<Enhancer> {
    made(&common::spectral(frames, 1), rate, channels, network)
}

/// An enhancer with one network a channel.
pub fn made(
    contract: &Contract,
    rate: u32,
    channels: usize,
    network: impl Fn() -> Box<dyn Network>,
) -> Box<Enhancer> {
    let networks = (0..channels).map(|_| network()).collect();
    Box::new(Enhancer::new(contract, networks, rate, channels).unwrap())
}

/// A stream with the system's clock.
pub fn stream(enhancer: Box<Enhancer>, longest: usize) -> Stream {
    start(Setup::new(RATE, enhancer.channels(), longest), enhancer).unwrap()
}

/// A stream with a clock of the test's own.
pub fn stream_by(enhancer: Box<Enhancer>, longest: usize, clock: impl Clock + 'static) -> Stream {
    let mut setup = Setup::new(RATE, enhancer.channels(), longest);
    setup.clock = Box::new(clock);
    start(setup, enhancer).unwrap()
}

/// A clock that stands still until it is moved, or moves by a step each time that it is read.
#[derive(Clone, Default)]
pub struct HandClock {
    now: Arc<AtomicU64>,
    step: Arc<AtomicU64>,
}

impl HandClock {
    /// Moves on by what so many samples last.
    pub fn play(&self, samples: usize) {
        let nanos = samples as u64 * 1_000_000_000 / u64::from(RATE);
        self.now.fetch_add(nanos, Ordering::SeqCst);
    }

    /// From now on each reading takes so long.
    pub fn tick(&self, step: Duration) {
        self.step.store(step.as_nanos() as u64, Ordering::SeqCst);
    }

    /// As it stands.
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.now.load(Ordering::SeqCst))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Duration {
        let step = self.step.load(Ordering::SeqCst);
        Duration::from_nanos(self.now.fetch_add(step, Ordering::SeqCst) + step)
    }
}

/// Holds networks while it is closed.
#[derive(Clone)]
pub struct Valve(Arc<(Mutex<bool>, Condvar)>);

impl Default for Valve {
    fn default() -> Self {
        Self(Arc::new((Mutex::new(true), Condvar::new())))
    }
}

impl Valve {
    pub fn close(&self) {
        *self.0.0.lock().unwrap() = false;
    }

    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// The network behind the valve.
    pub fn guard(&self, inner: Box<dyn Network>) -> Box<dyn Network> {
        Box::new(Valved(inner, self.clone()))
    }
}

struct Valved(Box<dyn Network>, Valve);

impl Network for Valved {
    fn input_len(&self) -> usize {
        self.0.input_len()
    }
    fn output_len(&self) -> usize {
        self.0.output_len()
    }
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        let (open, changed) = &*self.1.0;
        let closed = changed
            .wait_while(open.lock().unwrap(), |open| !*open)
            .unwrap();
        drop(closed);
        self.0.step(input, output)
    }
    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Waits until the worker's status is as wanted.
pub fn until(worker: &Worker, what: &str, wanted: impl Fn(&Status) -> bool) {
    let start = Instant::now();
    while !wanted(&worker.status()) {
        assert!(start.elapsed() < FOREVER, "{what}: {:?}", worker.status());
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Planar audio, a vector a channel.
pub type Planar = Vec<Vec<f32>>;

/// Puts `range` of the input through the port in one block, and the output in its place.
pub fn call(port: &mut Port, audio: &mut Planar, range: Range<usize>, c: &Controls, mode: Mode) {
    let mut block: Vec<&mut [f32]> = audio
        .iter_mut()
        .map(|channel| &mut channel[range.clone()])
        .collect();
    port.process(&mut block, c, mode);
}

/// Plays the whole input offline in blocks of these lengths, again and again; `changes` gives the
/// controls from a sample on, and blocks end where they change.
pub fn play(
    port: &mut Port,
    input: &Planar,
    blocks: &[usize],
    changes: &[(usize, Controls)],
) -> Planar {
    let mut audio = input.clone();
    let length = audio[0].len();
    let mut lengths = blocks.iter().cycle();
    let mut at = 0;
    while at < length {
        let current = changes.iter().rfind(|c| c.0 <= at).unwrap().1;
        let next = changes.iter().map(|c| c.0).find(|&c| c > at);
        let end = (at + lengths.next().unwrap())
            .min(length)
            .min(next.unwrap_or(length));
        call(port, &mut audio, at..end, &current, Mode::Offline);
        at = end;
    }
    audio
}

/// What a stream of `latency` must give for `input`, by enhancer and mixer alone: hops one after the
/// other, gains at their samples, then late by the rest of the latency.
pub fn direct(
    enhancer: &mut Enhancer,
    latency: usize,
    input: &Planar,
    changes: &[(usize, Controls)],
) -> Planar {
    flushed(|| {
        let (hop, overlap, length) = (enhancer.hop(), enhancer.latency(), input[0].len());
        let mut mixers = vec![Mixer::new(RATE, Gains::from(&changes[0].1)); input.len()];
        let mut output = vec![vec![0.0; latency - overlap]; input.len()];
        let mut parts = Parts::default();
        for start in (0..length - length % hop).step_by(hop) {
            let planar: Vec<f32> = input
                .iter()
                .flat_map(|channel| channel[start..start + hop].iter().copied())
                .collect();
            let link = changes.iter().rfind(|c| c.0 <= start).unwrap().1.link;
            enhancer.process(&planar, link, &mut parts).unwrap();
            for (channel, mixer) in mixers.iter_mut().enumerate() {
                for i in 0..hop {
                    let at = channel * hop + i;
                    let change = changes.iter().find(|c| c.0 + overlap == start + i);
                    if let Some((_, controls)) = change {
                        mixer.set(Gains::from(controls));
                    }
                    let mut y = [0.0];
                    mixer.mix(&parts.voice[at..=at], &parts.dry[at..=at], &mut y);
                    output[channel].push(y[0]);
                }
            }
        }
        for channel in &mut output {
            channel.truncate(length);
        }
        output
    })
}

/// Block lengths from a seed, up to `longest`, zero among them.
pub fn random_blocks(seed: u64, longest: usize, count: usize) -> Vec<usize> {
    let mut blocks: Vec<usize> = common::noise(seed, count)
        .iter()
        .map(|x| ((x + 0.5) * (longest as f32 + 1.0)) as usize)
        .map(|length| length.min(longest))
        .collect();
    blocks.push(longest);
    blocks
}

/// Largest step from one sample to the next.
pub fn largest_step(samples: &[f32]) -> f32 {
    samples
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

/// A sine of `hz` at [`RATE`], peaking at `peak`.
pub fn sine(hz: f64, peak: f64, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| {
            let phase = std::f64::consts::TAU * hz * n as f64 / f64::from(RATE);
            (peak * phase.sin()) as f32
        })
        .collect()
}

/// A host in real time, by a clock that moves with the audio and no further: a port that waits for
/// a worker that gives nothing hangs here.
pub struct Host {
    pub stream: Stream,
    pub clock: HandClock,
    pub hop: usize,
    pub position: usize,
    pub input: Planar,
    pub output: Planar,
}

impl Host {
    pub fn new(enhancer: Box<Enhancer>, longest: usize, input: Planar) -> Self {
        let (clock, hop) = (HandClock::default(), enhancer.hop());
        Self {
            stream: stream_by(enhancer, longest, clock.clone()),
            clock,
            hop,
            position: 0,
            output: input.clone(),
            input,
        }
    }

    /// One block; then its time passes.
    pub fn block(&mut self, length: usize, controls: &Controls) {
        let range = self.position..self.position + length;
        call(
            &mut self.stream.port,
            &mut self.output,
            range,
            controls,
            Mode::RealTime,
        );
        self.position += length;
        self.clock.play(length);
    }

    /// Blocks up to sample `end`, and the worker done with each before the next.
    pub fn calmly(&mut self, end: usize, length: usize, controls: &Controls) {
        while self.position < end {
            self.block(length, controls);
            self.settle();
        }
    }

    /// Blocks up to sample `end` as fast as they go.
    pub fn hastily(&mut self, end: usize, length: usize, controls: &Controls) {
        while self.position < end {
            self.block(length, controls);
        }
    }

    /// Waits until the worker has handed over all the hops that there can be.
    pub fn settle(&self) {
        let hops = (self.position / self.hop) as u64;
        until(&self.stream.worker, "hops handed over", |s| s.hops >= hops);
    }

    pub fn misses(&self) -> u64 {
        self.stream.worker.status().misses
    }

    /// Hops that are due after sample `from` and before sample `to` of the output, of those that are
    /// whole only after `from` samples of input.
    pub fn due(&self, from: usize, to: usize) -> u64 {
        let first = from / self.hop;
        let delay = self.stream.port.latency() - 2 * self.hop;
        (first..)
            .take_while(|k| (k + 1) * self.hop + delay < to)
            .count() as u64
    }

    /// The aligned input of the output in `range`, of one channel.
    pub fn aligned(&self, channel: usize, range: Range<usize>) -> Vec<f32> {
        let latency = self.stream.port.latency();
        range
            .map(|n| {
                n.checked_sub(latency)
                    .map_or(0.0, |n| self.input[channel][n])
            })
            .collect()
    }
}
