//! Whatever a host does: finite, aligned, and the same as the enhancer alone.

mod common;
mod realtime_support;

use limpid_engine::controls::{Controls, Solo};
use limpid_engine::realtime::Mode;
use proptest::prelude::*;
use realtime_support::{HandClock, Planar, Valve, call, direct, enhancer, sine, stream, stream_by};

/// What a host does next.
#[derive(Debug, Clone)]
enum Act {
    Block(usize),
    Set(Controls),
    Reset,
}

fn fader() -> impl Strategy<Value = f32> {
    prop_oneof![Just(f32::NEG_INFINITY), -60.0f32..12.0, Just(0.0)]
}

fn setting() -> impl Strategy<Value = Controls> {
    let solo = prop_oneof![
        4 => Just(Solo::None),
        1 => Just(Solo::Voice),
        1 => Just(Solo::Background)
    ];
    (fader(), fader(), solo, any::<bool>()).prop_map(|(voice_db, background_db, solo, link)| {
        Controls {
            voice_db,
            background_db,
            solo,
            link,
            bypass: false,
        }
    })
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        20 => (0usize..1_500).prop_map(Act::Block),
        10 => (0usize..64).prop_map(Act::Block),
        6 => setting().prop_map(Act::Set),
        1 => Just(Act::Reset),
    ];
    prop::collection::vec(act, 1..80)
}

/// What happens to a host in real time.
#[derive(Debug, Clone)]
enum Event {
    Block(usize),
    Stall,
    GoOn,
    Reset,
    Bypass(bool),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        30 => (0usize..700).prop_map(Event::Block),
        3 => Just(Event::Stall),
        5 => Just(Event::GoOn),
        1 => Just(Event::Reset),
        2 => any::<bool>().prop_map(Event::Bypass),
    ];
    prop::collection::vec(event, 1..200)
}

/// Opens the valve when a test ends, however it ends: the worker is waited for then.
struct Opened(Valve);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Input, output, and where the controls were set, since a reset.
struct Epoch {
    input: Planar,
    output: Planar,
    changes: Vec<(usize, Controls)>,
}

impl Epoch {
    fn new(channels: usize, controls: Controls) -> Self {
        Self {
            input: vec![Vec::new(); channels],
            output: vec![Vec::new(); channels],
            changes: vec![(0, controls)],
        }
    }

    /// The last word at a position counts.
    fn set(&mut self, controls: Controls) {
        let at = self.input[0].len();
        self.changes.retain(|c| c.0 != at);
        self.changes.push((at, controls));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_host_hears_what_the_enhancer_alone_gives(
        channels in 1usize..4,
        longest in 1usize..700,
        seed in any::<u64>(),
        first in setting(),
        acts in acts(),
    ) {
        let mut stream = stream(enhancer(channels, || common::spectral_memory(1)), longest);
        let latency = stream.port.latency();
        let mut epochs = vec![Epoch::new(channels, first)];
        let mut controls = first;
        for (n, act) in acts.iter().enumerate() {
            let epoch = epochs.last_mut().unwrap();
            match act {
                Act::Block(length) => {
                    let mut block: Planar = (0..channels)
                        .map(|c| common::noise(seed ^ (n * 8 + c) as u64, *length))
                        .collect();
                    for (kept, new) in epoch.input.iter_mut().zip(&block) {
                        kept.extend(new);
                    }
                    call(&mut stream.port, &mut block, 0..*length, &controls, Mode::Offline);
                    for (kept, new) in epoch.output.iter_mut().zip(&block) {
                        kept.extend(new);
                    }
                }
                Act::Set(new) => {
                    controls = *new;
                    epoch.set(controls);
                }
                Act::Reset => {
                    stream.port.reset();
                    epochs.push(Epoch::new(channels, controls));
                }
            }
        }
        prop_assert_eq!(stream.worker.status().misses, 0);
        for mut epoch in epochs {
            // What has not come out yet is asked for with silence.
            let played = epoch.output[0].len();
            for channel in &mut epoch.input {
                channel.extend(vec![0.0; 480]);
            }
            let mut alone = enhancer(channels, || common::spectral_memory(1));
            let expected = direct(&mut alone, latency, &epoch.input, &epoch.changes);
            for (channel, (output, expected)) in epoch.output.iter().zip(&expected).enumerate() {
                prop_assert!(output[..] == expected[..played], "channel {}", channel);
            }
        }
    }

    #[test]
    fn no_input_and_no_setting_makes_the_output_infinite(
        values in prop::collection::vec(any::<f32>(), 1..2_000),
        voice in any::<f32>(),
        background in any::<f32>(),
        bypass in any::<bool>(),
    ) {
        let mut stream = stream(enhancer(1, || common::spectral_memory(1)), 333);
        let controls = Controls {
            voice_db: voice,
            background_db: background,
            bypass,
            ..Controls::default()
        };
        let mut audio = vec![values];
        audio[0].extend(vec![0.0; 4_800]);
        let length = audio[0].len();
        call(&mut stream.port, &mut audio, 0..length, &controls, Mode::Offline);
        prop_assert!(audio[0].iter().all(|y| y.is_finite()));
    }

    #[test]
    fn in_real_time_the_output_is_the_aligned_input_between_half_and_whole(
        longest in 1usize..600,
        events in events(),
    ) {
        // The network halves; covers are as loud as the last hop, or whole before there was one;
        // bypass is whole. Whatever happens when, nothing else may be heard, nor anything that is
        // not aligned.
        let valve = Valve::default();
        let clock = HandClock::default();
        let through = enhancer(1, || valve.guard(common::spectral_gain(1, 0.5)));
        let mut stream = stream_by(through, longest, clock.clone());
        let _opened = Opened(valve.clone());
        let latency = stream.port.latency();
        let tone = sine(300.0, 0.5, 150_000);
        let mut controls = Controls::default();
        let mut position = 0;
        for event in events {
            match event {
                Event::Block(length) => {
                    // What is longer than announced is ahead of the clock, which stands still.
                    let length = length.min(longest);
                    let mut block = vec![tone[position..position + length].to_vec()];
                    call(&mut stream.port, &mut block, 0..length, &controls, Mode::RealTime);
                    clock.play(length);
                    for (n, &y) in (position..).zip(&block[0]) {
                        let aligned = n.checked_sub(latency).map_or(0.0, |n| tone[n]);
                        let off = (y - 0.75 * aligned).abs() - 0.25 * aligned.abs();
                        prop_assert!(off < 3e-3, "{} for {} at {}", y, aligned, n);
                    }
                    position += length;
                }
                Event::Stall => valve.close(),
                Event::GoOn => {
                    valve.open();
                    std::thread::yield_now();
                }
                Event::Reset => {
                    stream.port.reset();
                    position = 0;
                }
                Event::Bypass(bypass) => controls.bypass = bypass,
            }
        }
    }
}
