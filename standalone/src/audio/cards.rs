//! The machine's own sound systems, through cpal.
//!
//! What the hosts say is not always so: see the comments. Their streams may also hang when they are
//! dropped, so that happens on a thread of its own with a deadline.

mod list;

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, HostId, InputCallbackInfo, OutputCallbackInfo, SampleFormat,
    SizedSample, StreamConfig, StreamInstant, SupportedBufferSize,
};

use super::choice::devices;
use super::convert::Scratch;
use super::{
    Choice, Device, Direction, Format, Health, Host, InputCallback, Look, Loss, Now,
    OutputCallback, SoundError, Stream, System, Wish,
};

/// How long a host may take to make a stream.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a stream may take to end before it is left behind.
const FAREWELL: Duration = Duration::from_secs(2);

/// cpal's hosts. Connections to servers are kept while they last.
#[derive(Default)]
pub struct Cards {
    hosts: HashMap<HostId, cpal::Host>,
    begun: Option<Instant>,
}

impl Cards {
    pub fn new() -> Self {
        Self {
            hosts: HashMap::new(),
            begun: Some(Instant::now()),
        }
    }

    /// The hosts that a choice may lie on: all of them cost time to look at.
    fn hosts_for(&mut self, direction: Direction, choice: &Choice) -> Vec<Host> {
        let ids = list::ids();
        // Whether or not it runs: a server that is away is no reason to take another's device.
        let of = |name: &str| {
            let same = |id: &HostId| id.to_string().eq_ignore_ascii_case(name);
            cpal::ALL_HOSTS.iter().copied().find(same)
        };
        let alone = match choice {
            Choice::Default => None,
            Choice::DefaultOf(host) => of(host),
            Choice::Named(wanted) => wanted.split_once(':').and_then(|(host, _)| of(host)),
            Choice::Kept(kept) => {
                let id = kept.id.split_once(':').and_then(|(host, _)| of(host));
                let host = id.map(|id| self.list(id));
                let there =
                    |host: &Host| choice.find(direction, std::slice::from_ref(host)).is_ok();
                if let Some(host) = host.filter(there) {
                    return vec![host];
                }
                None
            }
        };
        if let Some(id) = alone {
            return vec![self.list(id)];
        }
        if let Choice::DefaultOf(_) = choice {
            // There is no such host: their names are all that it takes to say so.
            return cpal::ALL_HOSTS.iter().copied().map(list::unseen).collect();
        }
        // One after the other, until one has what is meant beyond doubt: a list of ALSA's takes long.
        let mut seen = Vec::new();
        for id in ids {
            let mut host = self.list(id);
            let devices = devices(&host, direction);
            let settled = match choice {
                Choice::Named(wanted) => devices.iter().any(|device| device.is(wanted)),
                Choice::Kept(_) => choice.find(direction, std::slice::from_ref(&host)).is_ok(),
                _ => devices.iter().any(|device| !device.hidden),
            };
            host.default = settled;
            seen.push(host);
            if settled {
                return seen;
            }
        }
        seen
    }

    /// cpal's device of an id that is in a list.
    fn device(&mut self, direction: Direction, id: &str) -> Result<cpal::Device, SoundError> {
        let refused = |reason: String| SoundError::Refused {
            device: id.to_owned(),
            reason,
        };
        let parsed: cpal::DeviceId = id
            .parse()
            .map_err(|e: cpal::Error| refused(e.to_string()))?;
        let host = self.host(parsed.host()).map_err(refused)?;
        let devices = host.devices().map_err(|e| refused(e.to_string()))?;
        let suits = |device: &cpal::Device| match direction {
            Direction::Input => device.supports_input(),
            Direction::Output => device.supports_output(),
        };
        devices
            .into_iter()
            .find(|d| d.id().is_ok_and(|there| there == parsed) && suits(d))
            .ok_or_else(|| refused("it is not there any more".to_owned()))
    }
}

impl System for Cards {
    fn hosts(&mut self) -> Vec<Host> {
        let mut hosts: Vec<Host> = list::ids().into_iter().map(|id| self.list(id)).collect();
        let used = hosts
            .iter()
            .position(|h| !h.inputs.is_empty() || !h.outputs.is_empty());
        if let Some(host) = used {
            hosts[host].default = true;
        }
        hosts
    }

    fn prepare(&mut self, direction: Direction, wish: &Wish) -> Result<Format, SoundError> {
        let hosts = self.hosts_for(direction, &wish.choice);
        let device = wish.choice.find(direction, &hosts)?;
        let channels = match direction {
            Direction::Input => wish.channels.unwrap_or(device.channels.clamp(1, 2)),
            Direction::Output => device.channels.max(1),
        };
        let buffer = match (wish.buffer, device.buffers) {
            (Some(wanted), Some((least, most))) if !(least..=most).contains(&wanted) => {
                return Err(SoundError::Buffer {
                    device: device.name.clone(),
                    wanted,
                    least,
                    most,
                    nearest: wanted.clamp(least, most),
                });
            }
            (Some(wanted), _) => Some(wanted),
            (None, Some((least, most))) => Some(usual_buffer(device).clamp(least, most)),
            (None, None) => Some(usual_buffer(device)),
        };
        Ok(Format {
            id: device.id.clone(),
            name: device.name.clone(),
            rate: device.rate,
            channels: usize::from(channels),
            buffer,
            instead_of: wish.choice.passed_over(direction, &hosts, device),
        })
    }

    fn open_input(
        &mut self,
        format: &Format,
        callback: InputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError> {
        let device = self.device(Direction::Input, &format.id)?;
        let samples = samples(&device, Direction::Input, format);
        let made = match samples {
            SampleFormat::I16 => input::<i16>(&device, format, callback, &health, self.begun),
            SampleFormat::I24 => input::<cpal::I24>(&device, format, callback, &health, self.begun),
            SampleFormat::I32 => input::<i32>(&device, format, callback, &health, self.begun),
            SampleFormat::U8 => input::<u8>(&device, format, callback, &health, self.begun),
            SampleFormat::U16 => input::<u16>(&device, format, callback, &health, self.begun),
            SampleFormat::F64 => input::<f64>(&device, format, callback, &health, self.begun),
            _ => input::<f32>(&device, format, callback, &health, self.begun),
        };
        opened(made, format, health, 1)
    }

    fn open_output(
        &mut self,
        format: &Format,
        callback: OutputCallback,
        health: Arc<Health>,
    ) -> Result<Box<dyn Stream>, SoundError> {
        let device = self.device(Direction::Output, &format.id)?;
        let samples = samples(&device, Direction::Output, format);
        let made = match samples {
            SampleFormat::I16 => output::<i16>(&device, format, callback, &health, self.begun),
            SampleFormat::I24 => {
                output::<cpal::I24>(&device, format, callback, &health, self.begun)
            }
            SampleFormat::I32 => output::<i32>(&device, format, callback, &health, self.begun),
            SampleFormat::U8 => output::<u8>(&device, format, callback, &health, self.begun),
            SampleFormat::U16 => output::<u16>(&device, format, callback, &health, self.begun),
            SampleFormat::F64 => output::<f64>(&device, format, callback, &health, self.begun),
            _ => output::<f32>(&device, format, callback, &health, self.begun),
        };
        // PulseAudio asks for up to two buffers at once.
        let times = if format.id.starts_with("pulseaudio:") {
            2
        } else {
            1
        };
        opened(made, format, health, times)
    }

    fn look(&mut self, direction: Direction, id: &str, followed: bool) -> Look {
        // ALSA and JACK tell it themselves, and looking costs them much: a client, a hundred files.
        let tells = ["alsa:", "jack:"].iter().any(|host| id.starts_with(host));
        let parsed = id.parse::<cpal::DeviceId>();
        let (false, Ok(parsed)) = (tells, parsed) else {
            return Look::There;
        };
        let host = self.list(parsed.host());
        if host.problem.is_some() {
            // A server that is gone takes its streams along, which is noticed there.
            return Look::There;
        }
        let devices = devices(&host, direction);
        let default = devices.iter().find(|d| d.default && !d.hidden);
        if followed
            && let Some(other) = default
            && other.id != id
        {
            return Look::OtherDefault(other.name.clone());
        }
        if devices.iter().any(|d| d.id == id) {
            Look::There
        } else {
            Look::Gone
        }
    }
}

/// Frames of a buffer, unless the user says. Never the host's own default, which is two seconds on
/// PulseAudio.
fn usual_buffer(device: &Device) -> u32 {
    match device.id.strip_prefix("alsa:") {
        // ALSA's way to a sound server stands still with less than about 30 ms.
        Some("default" | "pulse" | "pipewire") => (device.rate / 25).next_power_of_two(),
        // Hardware likes powers of two.
        Some(_) => (device.rate / 100).next_power_of_two(),
        None => device.rate / 100,
    }
}

/// The samples that a device is asked for: `f32` where it speaks that.
fn samples(device: &cpal::Device, direction: Direction, format: &Format) -> SampleFormat {
    let (all, usual) = match direction {
        Direction::Input => (
            device.supported_input_configs().map(Vec::from_iter),
            device.default_input_config(),
        ),
        Direction::Output => (
            device.supported_output_configs().map(Vec::from_iter),
            device.default_output_config(),
        ),
    };
    let speaks = all.unwrap_or_default().iter().any(|range| {
        range.sample_format() == SampleFormat::F32
            && usize::from(range.channels()) == format.channels
            && range.contains_rate(format.rate)
    });
    match usual {
        Ok(usual) if !speaks => usual.sample_format(),
        _ => SampleFormat::F32,
    }
}

fn config(format: &Format) -> StreamConfig {
    StreamConfig {
        channels: u16::try_from(format.channels).unwrap_or(u16::MAX),
        sample_rate: format.rate,
        buffer_size: format.buffer.map_or(BufferSize::Default, BufferSize::Fixed),
    }
}

fn input<T>(
    device: &cpal::Device,
    format: &Format,
    mut callback: InputCallback,
    health: &Arc<Health>,
    begun: Option<Instant>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + Send,
    f32: FromSample<T>,
{
    let clock = Clock::of(format, begun);
    let channels = format.channels;
    let mut scratch = Scratch::new();
    let (calls, errors) = (Arc::clone(health), Arc::clone(health));
    device.build_input_stream::<T, _, _>(
        config(format),
        move |samples: &[T], info: &InputCallbackInfo| {
            let times = info.timestamp();
            let delay = times.callback.checked_duration_since(times.capture);
            calls.called(samples.len() / channels, delay);
            let now = clock.now(times.callback);
            scratch.read(samples, channels, |part| callback(part, now));
        },
        move |error| note(&errors, &error),
        Some(PATIENCE),
    )
}

fn output<T>(
    device: &cpal::Device,
    format: &Format,
    mut callback: OutputCallback,
    health: &Arc<Health>,
    begun: Option<Instant>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32> + Send,
{
    let clock = Clock::of(format, begun);
    let channels = format.channels;
    let mut scratch = Scratch::new();
    let (calls, errors) = (Arc::clone(health), Arc::clone(health));
    device.build_output_stream::<T, _, _>(
        config(format),
        move |samples: &mut [T], info: &OutputCallbackInfo| {
            let times = info.timestamp();
            let delay = times.playback.checked_duration_since(times.callback);
            calls.called(samples.len() / channels, delay);
            let now = clock.now(times.callback);
            scratch.write(samples, channels, |part| callback(part, now));
        },
        move |error| note(&errors, &error),
        Some(PATIENCE),
    )
}

/// What time it is in a callback.
#[derive(Clone, Copy)]
struct Clock {
    begun: Instant,
    /// JACK calls both sides in one cycle and says when that began, without the scheduler's jitter.
    shared: bool,
}

impl Clock {
    fn of(format: &Format, begun: Option<Instant>) -> Self {
        Self {
            begun: begun.unwrap_or_else(Instant::now),
            shared: format.id.starts_with("jack:"),
        }
    }

    fn now(self, callback: StreamInstant) -> Now {
        let nanos = u64::try_from(callback.as_nanos()).unwrap_or(u64::MAX);
        Now {
            called: self.begun.elapsed(),
            cycle: self.shared.then(|| Duration::from_nanos(nanos)),
        }
    }
}

/// Takes note of what an error callback says. It may be called very often.
fn note(health: &Health, error: &cpal::Error) {
    match error.kind() {
        ErrorKind::Xrun => health.xrun(),
        // The stream goes on: without priority, or with another device, which the list tells.
        ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => health.lose(Loss::Device),
        ErrorKind::StreamInvalidated => health.lose(Loss::Invalid),
        // ALSA says so of a moment's trouble as of its end; which it is, the callbacks tell.
        _ => health.xrun(),
    }
}

fn opened(
    made: Result<cpal::Stream, cpal::Error>,
    format: &Format,
    health: Arc<Health>,
    times: usize,
) -> Result<Box<dyn Stream>, SoundError> {
    match made {
        Ok(stream) => Ok(Box::new(Running {
            stream: Some(stream),
            health,
            name: format.name.clone(),
            times,
        })),
        Err(error) => Err(SoundError::Refused {
            device: format.name.clone(),
            reason: error.to_string(),
        }),
    }
}

/// A stream of cpal's.
struct Running {
    stream: Option<cpal::Stream>,
    health: Arc<Health>,
    name: String,
    /// Buffers that a callback may get at once.
    times: usize,
}

impl Stream for Running {
    fn play(&mut self) -> Result<(), SoundError> {
        let played = self.stream.as_ref().map_or(Ok(()), StreamTrait::play);
        played.map_err(|error| SoundError::Refused {
            device: self.name.clone(),
            reason: error.to_string(),
        })
    }

    fn longest(&self) -> Option<usize> {
        let granted = self.stream.as_ref()?.buffer_size().ok()?;
        Some(granted as usize * self.times)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A drop is reported as a loss by some hosts.
        self.health.close();
        let Some(stream) = self.stream.take() else {
            return;
        };
        let (done, ended) = mpsc::channel();
        let thread = std::thread::Builder::new().name("limpid-farewell".to_owned());
        let started = thread.spawn(move || {
            drop(stream);
            let _ = done.send(());
        });
        // ALSA's streams over a server that died never return; they are left behind.
        if started.is_ok() {
            let _ = ended.recv_timeout(FAREWELL);
        }
    }
}

/// Shortest and longest buffer of a device.
fn buffers(size: SupportedBufferSize) -> Option<(u32, u32)> {
    match size {
        SupportedBufferSize::Range { min, max } => Some((min, max)),
        SupportedBufferSize::Unknown => None,
    }
}
