//! A sound system of our own for tests: devices that come and go as they are told, on real threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{
    Device, Direction, Format, Health, Host, InputCallback, Look, Loss, Now, OutputCallback,
    SoundError, Stream, System, Wish,
};

/// Hz.
const RATE: u32 = 48_000;
/// Frames of a block, unless the test says.
const BLOCK: u32 = 480;

/// What all streams count from: a computer has one clock.
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The devices, for the test.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Inner>>);

struct Inner {
    /// Frames.
    block: u32,
    /// The microphone delivers zeros.
    muted: bool,
    /// How often streams of a direction were stalled, and for how long the last time.
    stalls: [(u64, Duration); 2],
    inputs: Vec<Device>,
    outputs: Vec<Device>,
    /// Inputs of another sound system, which is asked after this one.
    spare: Vec<Device>,
    /// The server is away.
    down: bool,
    running: Vec<(String, Arc<Health>, Arc<AtomicBool>)>,
    /// Times that a stream was opened.
    opened: usize,
    /// Streams that are open now.
    open: usize,
    /// What the last output played.
    played: Vec<f32>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            block: BLOCK,
            muted: false,
            stalls: Default::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            spare: Vec::new(),
            down: false,
            running: Vec::new(),
            opened: 0,
            open: 0,
            played: Vec::new(),
        }
    }
}

impl World {
    /// A microphone "mic" and a loudspeaker "speaker".
    pub fn new() -> Self {
        let world = Self::default();
        world.plug(Direction::Input, "mic");
        world.plug(Direction::Output, "speaker");
        world
    }

    /// The same with blocks of so many frames.
    pub fn with_block(frames: u32) -> Self {
        let world = Self::default();
        world.lock().block = frames;
        world.plug(Direction::Input, "mic");
        world.plug(Direction::Output, "speaker");
        world
    }

    /// The microphone delivers zeros, or sound again.
    pub fn mute(&self, muted: bool) {
        self.lock().muted = muted;
    }

    /// Streams of a direction call so much later, once; what is due meanwhile comes at once then.
    pub fn stall(&self, direction: Direction, late: Duration) {
        let stall = &mut self.lock().stalls[direction as usize];
        *stall = (stall.0 + 1, late);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn plug(&self, direction: Direction, name: &str) {
        let mut inner = self.lock();
        let block = inner.block;
        let devices = inner.devices(direction);
        devices.push(device("null", name, devices.is_empty(), block));
    }

    /// A microphone of another sound system, which is asked after this one.
    pub fn plug_spare(&self, name: &str) {
        let mut inner = self.lock();
        let device = device("spare", name, inner.spare.is_empty(), inner.block);
        inner.spare.push(device);
    }

    /// The server ends with all streams, or is there again.
    pub fn set_server(&self, up: bool) {
        let mut inner = self.lock();
        inner.down = !up;
        for (_, health, stop) in inner.running.iter().filter(|_| !up) {
            stop.store(true, Ordering::Relaxed);
            health.lose(Loss::Invalid);
        }
    }

    /// The default of a direction is none that a user means, or it is again.
    pub fn hide_default(&self, direction: Direction, hidden: bool) {
        let mut inner = self.lock();
        let devices = inner.devices(direction).iter_mut();
        for device in devices.filter(|device| device.default) {
            device.hidden = hidden;
        }
    }

    /// Takes a device away; its streams are told unless it goes `silently`.
    pub fn unplug(&self, name: &str, silently: bool) {
        let id = format!("null:{name}");
        let mut inner = self.lock();
        for direction in [Direction::Input, Direction::Output] {
            inner.devices(direction).retain(|device| device.id != id);
        }
        for (running, health, stop) in &inner.running {
            if *running == id {
                stop.store(true, Ordering::Relaxed);
                if !silently {
                    health.lose(Loss::Device);
                }
            }
        }
    }

    pub fn set_default(&self, direction: Direction, name: &str) {
        for device in self.lock().devices(direction) {
            device.default = device.name == name;
        }
    }

    pub fn opened(&self) -> usize {
        self.lock().opened
    }

    pub fn open(&self) -> usize {
        self.lock().open
    }

    /// What has been played since the last call.
    pub fn played(&self) -> Vec<f32> {
        std::mem::take(&mut self.lock().played)
    }

    pub fn system(&self) -> Box<dyn System> {
        Box::new(Null(self.clone()))
    }

    fn run(
        &self,
        direction: Direction,
        format: &Format,
        health: Arc<Health>,
        block: impl FnMut(Now) + Send + 'static,
    ) -> Box<dyn Stream> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut inner = self.lock();
        inner.opened += 1;
        inner.open += 1;
        inner
            .running
            .push((format.id.clone(), Arc::clone(&health), Arc::clone(&stop)));
        Box::new(Running {
            world: self.clone(),
            direction,
            frames: inner.block,
            block: Some(Box::new(block)),
            stop,
            health,
            thread: None,
        })
    }
}

impl Inner {
    fn devices(&mut self, direction: Direction) -> &mut Vec<Device> {
        match direction {
            Direction::Input => &mut self.inputs,
            Direction::Output => &mut self.outputs,
        }
    }
}

fn device(host: &str, name: &str, default: bool, block: u32) -> Device {
    Device {
        id: format!("{host}:{name}"),
        name: name.to_owned(),
        default,
        rate: RATE,
        rates: (RATE, RATE),
        channels: 1,
        buffers: Some((block, block)),
        hidden: false,
    }
}

struct Null(World);

impl System for Null {
    fn hosts(&mut self) -> Vec<Host> {
        let inner = self.0.lock();
        let there = |devices: &[Device]| match inner.down {
            true => Vec::new(),
            false => devices.to_vec(),
        };
        let null = Host {
            name: "null".to_owned(),
            default: !inner.down,
            inputs: there(&inner.inputs),
            outputs: there(&inner.outputs),
            problem: inner.down.then(|| "it does not answer".to_owned()),
        };
        let spare = Host {
            name: "spare".to_owned(),
            default: inner.down,
            inputs: inner.spare.clone(),
            outputs: Vec::new(),
            problem: None,
        };
        vec![null, spare]
    }

    fn prepare(&mut self, direction: Direction, wish: &Wish) -> Result<Format, SoundError> {
        let hosts = self.hosts();
        let device = wish.choice.find(direction, &hosts)?;
        Ok(Format {
            id: device.id.clone(),
            name: device.name.clone(),
            rate: device.rate,
            channels: usize::from(device.channels),
            buffer: Some(self.0.lock().block),
            instead_of: wish.choice.passed_over(direction, &hosts, device),
        })
    }

    /// The input is a quiet noise.
    fn open_input(
        &mut self,
        format: &Format,
        mut callback: InputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError> {
        let mut seed = 1u32;
        let world = self.0.clone();
        let mut block = vec![0.0; world.lock().block as usize];
        let called = Arc::clone(&health);
        Ok(self.0.run(Direction::Input, format, health, move |now| {
            let loud = if world.lock().muted { 0.0 } else { 0.1 };
            for x in &mut block {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *x = loud * (seed as f32 / u32::MAX as f32 - 0.5);
            }
            called.called(block.len(), None);
            callback(&block, now);
        }))
    }

    fn open_output(
        &mut self,
        format: &Format,
        mut callback: OutputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError> {
        let world = self.0.clone();
        let called = Arc::clone(&health);
        let mut block = vec![0.0; world.lock().block as usize];
        Ok(self.0.run(Direction::Output, format, health, move |now| {
            block.fill(0.0);
            called.called(block.len(), None);
            callback(&mut block, now);
            world.lock().played.extend(&block);
        }))
    }

    fn look(&mut self, direction: Direction, id: &str, followed: bool) -> Look {
        let mut inner = self.0.lock();
        if inner.down || id.starts_with("spare:") {
            return Look::There;
        }
        let devices = inner.devices(direction);
        match devices.iter().find(|d| d.default && !d.hidden) {
            Some(default) if followed && default.id != id => {
                Look::OtherDefault(default.name.clone())
            }
            _ if devices.iter().any(|device| device.id == id) => Look::There,
            _ => Look::Gone,
        }
    }
}

type Block = Box<dyn FnMut(Now) + Send>;

struct Running {
    world: World,
    direction: Direction,
    frames: u32,
    block: Option<Block>,
    stop: Arc<AtomicBool>,
    health: Arc<Health>,
    thread: Option<JoinHandle<()>>,
}

impl Stream for Running {
    fn play(&mut self) -> Result<(), SoundError> {
        let stop = Arc::clone(&self.stop);
        let pace = Duration::from_secs(1) * self.frames / RATE;
        let (world, direction) = (self.world.clone(), self.direction as usize);
        let thread = std::thread::Builder::new().name(format!("null-{}", self.direction));
        let run = self.block.take().map(|mut block| {
            move || {
                let begun = Instant::now();
                let (mut stalls, _) = world.lock().stalls[direction];
                for count in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let due = pace * count;
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                    let (stalled, late) = world.lock().stalls[direction];
                    if stalled != stalls {
                        stalls = stalled;
                        std::thread::sleep(late);
                    }
                    block(Now {
                        called: BEGUN.elapsed(),
                        cycle: None,
                    });
                }
            }
        });
        // A system without threads has no test.
        self.thread = run.and_then(|run| thread.spawn(run).ok());
        Ok(())
    }

    fn longest(&self) -> Option<usize> {
        Some(self.frames as usize)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.health.close();
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        let mut inner = self.world.lock();
        inner.open -= 1;
        inner
            .running
            .retain(|(_, health, _)| !Arc::ptr_eq(health, &self.health));
    }
}
