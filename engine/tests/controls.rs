//! Faders, texts, presets and the mixer.
#![allow(
    clippy::unwrap_used,
    reason = "a failure here is the failure of the test"
)]

mod common;

use common::{error_db, noise};
use limpid_engine::controls::{
    ControlError, Controls, Gains, Mixer, PRESETS, Parameter, Preset, RAMP_MS, Solo, fader,
};
use proptest::prelude::*;

/// Every value that a fader can stand at.
fn levels() -> impl Iterator<Item = f32> {
    std::iter::once(fader::SILENT).chain((-600..=120).map(|n| (f64::from(n) / 10.0) as f32))
}

#[test]
fn every_level_comes_back_from_position_and_from_text() {
    for db in levels() {
        assert_eq!(fader::nearest(db).to_bits(), db.to_bits());
        assert_eq!(
            fader::from_position(fader::to_position(db)).to_bits(),
            db.to_bits()
        );
        assert_eq!(
            fader::parse(&fader::text(db)).unwrap().to_bits(),
            db.to_bits()
        );
    }
}

#[test]
fn the_fader_law_rises_from_silence_to_12_db_with_0_db_at_three_quarters() {
    let positions: Vec<f32> = levels().map(fader::to_position).collect();
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!((positions[0], positions[positions.len() - 1]), (0.0, 1.0));
    assert_eq!(fader::to_position(0.0), 0.75);
    assert_eq!(fader::from_position(0.75), 0.0);
    for (outside, db) in [
        (-1.0, fader::SILENT),
        (2.0, 12.0),
        (f32::NAN, fader::SILENT),
    ] {
        assert_eq!(fader::from_position(outside), db);
    }
    let down: Vec<f32> = (0..=10_000)
        .map(|n| fader::from_position(n as f32 / 1e4))
        .collect();
    assert!(down.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn levels_are_written_with_sign_and_unit() {
    let cases = [
        (0.0, "0 dB"),
        (-0.0, "0 dB"),
        (-18.0, "-18 dB"),
        (-18.5, "-18.5 dB"),
        (3.0, "+3 dB"),
        (fader::SILENT, "silent"),
        (-60.04, "-60 dB"),
        (-61.0, "silent"),
        (99.0, "+12 dB"),
        (f32::NAN, "silent"),
    ];
    for (db, text) in cases {
        assert_eq!(fader::text(db), text);
    }
}

#[test]
fn levels_are_read_as_people_write_them() {
    let cases = [
        ("-18 dB", -18.0),
        ("-18", -18.0),
        (" -18DB ", -18.0),
        ("\u{2212}18 dB", -18.0),
        ("-18,5", -18.5),
        ("+3", 3.0),
        ("0", 0.0),
        ("-0.04", 0.0),
        ("12.0 db", 12.0),
        ("silent", fader::SILENT),
        ("Off", fader::SILENT),
        ("-inf dB", fader::SILENT),
        ("-\u{221e}", fader::SILENT),
    ];
    for (text, db) in cases {
        assert_eq!(fader::parse(text).unwrap(), db, "{text}");
    }
}

#[test]
fn a_text_that_is_no_level_is_refused_with_what_to_write_instead() {
    for text in ["", "loud", "dB", "1.2.3", "nan", "inf", "--3", "3 dBm"] {
        let refused = fader::parse(text).unwrap_err();
        assert_eq!(refused, ControlError::NotALevel(text.to_owned()));
    }
    assert_eq!(
        fader::parse("-70").unwrap_err().to_string(),
        "-70 dB is beyond the fader: it goes from -60 to +12 dB, and to \"silent\""
    );
    assert_eq!(fader::parse("+12.2"), Err(ControlError::OutOfRange(12.2)));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_any_number_finds_a_level(
        text in ".{0,12}", bits in any::<u32>(),
    ) {
        let number = f32::from_bits(bits);
        if let Ok(db) = fader::parse(&text) {
            prop_assert_eq!(fader::nearest(db).to_bits(), db.to_bits());
        }
        let level = fader::from_position(number);
        prop_assert_eq!(fader::from_position(fader::to_position(level)), level);
        let gains = Gains::from(&Controls { voice_db: number, ..Controls::default() });
        prop_assert!(gains.voice.is_finite() && gains.voice <= 4.0);
    }
}

/// Controls that stand nowhere near their defaults.
fn settings() -> Vec<Controls> {
    Solo::ALL
        .into_iter()
        .flat_map(|solo| {
            [(true, false), (false, true)].map(|(link, bypass)| Controls {
                voice_db: -3.2,
                background_db: -41.7,
                solo,
                link,
                bypass,
            })
        })
        .collect()
}

#[test]
fn every_control_comes_back_from_its_position_and_from_its_text() {
    for wanted in settings() {
        let (mut placed, mut written) = (Controls::default(), Controls::default());
        for parameter in Parameter::ALL {
            parameter.set_position(&mut placed, parameter.position(&wanted));
            parameter
                .set_text(&mut written, &parameter.text(&wanted))
                .unwrap();
        }
        assert_eq!(placed, wanted);
        assert_eq!(written, wanted);
    }
}

#[test]
fn the_ids_of_controls_and_presets_stay() {
    let ids = Parameter::ALL.map(Parameter::id);
    assert_eq!(ids, ["voice", "background", "solo", "link", "bypass"]);
    for parameter in Parameter::ALL {
        assert_eq!(Parameter::from_id(parameter.id()).unwrap(), parameter);
    }
    assert!(Parameter::from_id("gain").is_err());
    let ids = PRESETS.map(|preset| preset.id);
    assert_eq!(
        ids,
        [
            "voice-call",
            "podcast",
            "rescue",
            "gentle",
            "field-recording"
        ]
    );
}

#[test]
fn a_choice_is_the_nearest_to_its_position() {
    let mut controls = Controls::default();
    for (position, solo) in [
        (0.2, Solo::None),
        (0.3, Solo::Voice),
        (0.8, Solo::Background),
    ] {
        Parameter::Solo.set_position(&mut controls, position);
        assert_eq!(controls.solo, solo);
    }
    let choices = Parameter::ALL.map(Parameter::choices);
    assert_eq!(choices, [None, None, Some(3), Some(2), Some(2)]);
    let refused = Parameter::Link
        .set_text(&mut controls, "perhaps")
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "\"perhaps\" is not a switch: write \"on\" or \"off\""
    );
    assert!("both".parse::<Solo>().is_err());
}

#[test]
fn presets_are_found_by_id_and_by_name_however_written() {
    for preset in &PRESETS {
        for name in [preset.id, preset.name, &preset.name.to_uppercase()] {
            assert_eq!(Preset::find(name).unwrap(), preset);
        }
    }
    assert_eq!(Preset::find(" Voice_Call ").unwrap().id, "voice-call");
    assert_eq!(
        Preset::find("loud").unwrap_err().to_string(),
        "there is no preset \"loud\": \
         there are voice-call, podcast, rescue, gentle, field-recording"
    );
    assert!(Preset::find("").is_err());
}

#[test]
fn a_preset_sets_faders_and_link_ends_solo_and_leaves_bypass() {
    for controls in settings() {
        for preset in &PRESETS {
            let set = preset.apply(&controls);
            assert!(preset.is_set(&set));
            assert_eq!((set.solo, set.bypass), (Solo::None, controls.bypass));
            assert_eq!(PRESETS.iter().filter(|other| other.is_set(&set)).count(), 1);
            for db in [set.voice_db, set.background_db] {
                assert_eq!(fader::nearest(db), db);
            }
        }
    }
    assert!(PRESETS[0].is_set(&Controls::default()));
}

#[test]
fn gains_are_exact_at_0_db_and_at_silence_and_solo_overrules_the_faders() {
    let gains = |controls: Controls| {
        let Gains { voice, background } = Gains::from(&controls);
        (voice, background)
    };
    let still = Controls::default();
    assert_eq!(gains(still), (1.0, 0.0));
    assert_eq!(
        gains(Controls {
            background_db: 0.0,
            ..still
        }),
        (1.0, 1.0)
    );
    let both = Controls {
        voice_db: -20.0,
        background_db: 12.0,
        ..still
    };
    let (voice, background) = gains(both);
    assert!((voice - 0.1).abs() < 1e-7 && (background - 3.981_072).abs() < 1e-5);
    assert_eq!(
        gains(Controls {
            solo: Solo::Voice,
            ..both
        }),
        (1.0, 0.0)
    );
    assert_eq!(
        gains(Controls {
            solo: Solo::Background,
            ..both
        }),
        (0.0, 1.0)
    );
}

const RATE: u32 = 48_000;

fn mixed(mixer: &mut Mixer, voice: &[f32], dry: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; dry.len()];
    mixer.mix(voice, dry, &mut out);
    out
}

#[test]
fn both_faders_at_0_db_give_the_input_bit_for_bit_and_voice_plus_background_is_the_input() {
    let (voice, dry) = (noise(1, 48_000), noise(2, 48_000));
    let at = |voice_gain, background| {
        mixed(
            &mut Mixer::new(
                RATE,
                Gains {
                    voice: voice_gain,
                    background,
                },
            ),
            &voice,
            &dry,
        )
    };
    assert_eq!(at(1.0, 1.0), dry);
    assert_eq!(at(1.0, 0.0), voice);
    assert!(at(0.0, 0.0).iter().all(|&x| x == 0.0));
    let sum: Vec<f32> = at(1.0, 0.0)
        .iter()
        .zip(at(0.0, 1.0))
        .map(|(v, b)| v + b)
        .collect();
    assert!(error_db(&sum, &dry) < -130.0);
}

#[test]
fn a_ramp_lasts_its_time_and_ends_exactly() {
    let mut mixer = Mixer::new(
        RATE,
        Gains {
            voice: 0.0,
            background: 0.0,
        },
    );
    mixer.set(Gains {
        voice: 1.0,
        background: 0.0,
    });
    let out = mixed(&mut mixer, &[1.0; 2_000], &[0.0; 2_000]);
    let length = (RATE * RAMP_MS / 1000) as usize;
    assert!(
        out.windows(2)
            .take(length - 1)
            .all(|pair| pair[0] < pair[1])
    );
    assert!(out[length - 2] < 1.0 && out[length - 1] == 1.0 && out[1_999] == 1.0);
}

proptest! {
    #[test]
    fn gains_belong_to_samples_however_the_calls_are_cut(
        moves in prop::collection::vec((0usize..3_000, 0f32..4.0, 0f32..4.0), 1..6),
        cuts in prop::collection::vec(1usize..700, 1..6),
    ) {
        let (voice, dry) = (noise(1, 6_000), noise(2, 6_000));
        let run = |cuts: &[usize]| {
            let mut mixer = Mixer::new(RATE, Gains { voice: 1.0, background: 0.0 });
            let (mut out, mut cuts) = (vec![0.0; 6_000], cuts.iter().cycle());
            let mut from = 0;
            while from < 6_000 {
                // The last move at or before a sample holds, said again as often as one likes.
                let now = moves.iter().filter(|m| m.0 <= from).max_by_key(|m| m.0);
                if let Some(&(_, voice, background)) = now {
                    mixer.set(Gains { voice, background });
                }
                let next = moves.iter().map(|m| m.0).filter(|&at| at > from).min();
                let to = (from + cuts.next().unwrap()).min(next.unwrap_or(6_000)).min(6_000);
                mixer.mix(&voice[from..to], &dry[from..to], &mut out[from..to]);
                from = to;
            }
            out
        };
        prop_assert_eq!(run(&cuts), run(&[6_000]));
    }
}

#[test]
fn a_moved_fader_makes_no_click() {
    let step = std::f32::consts::TAU * 200.0 / RATE as f32;
    let tone: Vec<f32> = (0..RATE).map(|n| (n as f32 * step).sin()).collect();
    let none = vec![0.0; tone.len()];
    let mut mixer = Mixer::new(
        RATE,
        Gains {
            voice: 0.0,
            background: 0.0,
        },
    );
    let mut out = Vec::new();
    // To and fro between silence and full level, also in the middle of a ramp.
    for (n, chunk) in tone.chunks(500).enumerate() {
        let voice = if n % 5 < 2 { 1.0 } else { 0.0 };
        mixer.set(Gains {
            voice,
            background: 0.0,
        });
        out.extend(mixed(&mut mixer, chunk, &none[..chunk.len()]));
    }
    let worst = out
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    assert!(worst <= step + 1.0 / 960.0, "{worst} against {step}");
}

#[test]
fn automation_in_small_steps_follows_like_one_in_large_steps() {
    let glide = |every: usize| {
        let mut mixer = Mixer::new(
            RATE,
            Gains {
                voice: 0.0,
                background: 0.0,
            },
        );
        let mut last = 0.0;
        for from in (0..9_600).step_by(every) {
            let voice = (from + every) as f32 / 9_600.0;
            mixer.set(Gains {
                voice,
                background: 0.0,
            });
            last = *mixed(&mut mixer, &vec![1.0; every], &vec![0.0; every])
                .last()
                .unwrap();
        }
        last
    };
    let (fine, coarse) = (glide(16), glide(480));
    assert!(
        (fine - coarse).abs() < 0.06 && fine > 0.85,
        "{fine} {coarse}"
    );
}
