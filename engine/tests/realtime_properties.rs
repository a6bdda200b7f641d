//! Whatever a host does: finite, aligned, and the same as the enhancer alone.

mod common;
mod realtime_support;

use limpid_engine::controls::{Controls, Solo};
use limpid_engine::realtime::Mode;
use proptest::prelude::*;
use realtime_support::{Planar, call, direct, enhancer, stream};

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
}
