//! A sound system of our own for tests: devices that come and go as they are told, on real threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{
    Device, Direction, Format, Health, Host, InputCallback, Look, Loss, Now, OutputCallback,
    SoundError, Stream, System, Wish,
};

/// Frames of a block, and a block's duration.
const BLOCK: u32 = 480;
const PACE: Duration = Duration::from_millis(10);

/// What all streams count from: a computer has one clock.
static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The devices, for the test.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    inputs: Vec<Device>,
    outputs: Vec<Device>,
    running: Vec<(String, Arc<Health>, Arc<AtomicBool>)>,
    /// Times that a stream was opened.
    opened: usize,
    /// Streams that are open now.
    open: usize,
    /// What the last output played.
    played: Vec<f32>,
}

impl World {
    /// A microphone "mic" and a loudspeaker "speaker".
    pub fn new() -> Self {
        let world = Self::default();
        world.plug(Direction::Input, "mic");
        world.plug(Direction::Output, "speaker");
        world
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn plug(&self, direction: Direction, name: &str) {
        let mut inner = self.lock();
        let devices = inner.devices(direction);
        devices.push(Device {
            id: format!("null:{name}"),
            name: name.to_owned(),
            default: devices.is_empty(),
            rate: 48_000,
            rates: (48_000, 48_000),
            channels: 1,
            buffers: Some((BLOCK, BLOCK)),
            hidden: false,
        });
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

struct Null(World);

impl System for Null {
    fn hosts(&mut self) -> Vec<Host> {
        let inner = self.0.lock();
        vec![Host {
            name: "null".to_owned(),
            default: true,
            inputs: inner.inputs.clone(),
            outputs: inner.outputs.clone(),
            problem: None,
        }]
    }

    fn prepare(&mut self, direction: Direction, wish: &Wish) -> Result<Format, SoundError> {
        let hosts = self.hosts();
        let device = wish.choice.find(direction, &hosts)?;
        Ok(Format {
            id: device.id.clone(),
            name: device.name.clone(),
            rate: device.rate,
            channels: usize::from(device.channels),
            buffer: Some(BLOCK),
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
        let mut block = vec![0.0; BLOCK as usize];
        let called = Arc::clone(&health);
        Ok(self.0.run(format, health, move |now| {
            for x in &mut block {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *x = 0.1 * (seed as f32 / u32::MAX as f32 - 0.5);
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
        Ok(self.0.run(format, health, move |now| {
            let mut block = vec![0.0; BLOCK as usize];
            called.called(block.len(), None);
            callback(&mut block, now);
            world.lock().played.extend(block);
        }))
    }

    fn look(&mut self, direction: Direction, id: &str, followed: bool) -> Look {
        let mut inner = self.0.lock();
        let devices = inner.devices(direction);
        match devices.iter().find(|device| device.default) {
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
    block: Option<Block>,
    stop: Arc<AtomicBool>,
    health: Arc<Health>,
    thread: Option<JoinHandle<()>>,
}

impl Stream for Running {
    fn play(&mut self) -> Result<(), SoundError> {
        let stop = Arc::clone(&self.stop);
        self.thread = self.block.take().map(|mut block| {
            std::thread::spawn(move || {
                let begun = Instant::now();
                for count in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let due = PACE * count;
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                    block(Now {
                        called: BEGUN.elapsed(),
                        cycle: None,
                    });
                }
            })
        });
        Ok(())
    }

    fn longest(&self) -> Option<usize> {
        Some(BLOCK as usize)
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
