//! The faders as numbers and as text.

use limpid_engine::controls::{
    Controls, FADER_TOP_DB, PRESETS, Preset, Solo, fader_db, fader_position, level_text,
    parse_level,
};
use proptest::prelude::*;

#[test]
fn the_bottom_of_a_fader_is_silence_and_reads_so() {
    assert_eq!(fader_db(0.0), f32::NEG_INFINITY);
    assert_eq!(fader_position(f32::NEG_INFINITY), 0.0);
    assert_eq!(level_text(f32::NEG_INFINITY), "silent");
    for word in ["silent", " Silent ", "-inf dB", "off", "-∞", "\u{2212}inf"] {
        assert_eq!(parse_level(word), Some(f32::NEG_INFINITY), "{word}");
    }
}

#[test]
fn a_level_that_is_no_number_is_silence_on_the_fader_and_refused_as_text() {
    assert_eq!(fader_position(f32::NAN), 0.0);
    assert_eq!(fader_db(f32::NAN), f32::NEG_INFINITY);
    for text in ["", "dB", "loud", "NaN", "1.2.3"] {
        assert_eq!(parse_level(text), None, "{text}");
    }
}

#[test]
fn levels_read_as_people_write_them() {
    for (text, db) in [
        ("0", 0.0),
        ("-18 dB", -18.0),
        ("\u{2212}3,5dB", -3.5),
        ("+99", FADER_TOP_DB),
    ] {
        assert_eq!(parse_level(text), Some(db), "{text}");
    }
    assert_eq!(level_text(-0.04), "0.0 dB");
    assert_eq!(level_text(3.5), "+3.5 dB");
}

#[test]
fn every_preset_is_found_by_its_id_and_by_where_it_puts_the_faders() {
    for preset in &PRESETS {
        assert_eq!(Preset::find(preset.id), Some(preset));
        assert_eq!(Preset::find(preset.name), Some(preset));
        let set = preset.apply(Controls::default());
        assert_eq!(Preset::matching(&set), Some(preset));
    }
    let moved = Controls {
        voice_db: -3.3,
        ..Controls::default()
    };
    assert_eq!(Preset::matching(&moved), None);
}

#[test]
fn every_solo_is_read_back_from_its_id_and_its_name() {
    for solo in Solo::ALL {
        assert_eq!(Solo::parse(solo.id()), Some(solo));
        assert_eq!(Solo::parse(solo.name()), Some(solo));
    }
}

proptest! {
    #[test]
    fn a_fader_gives_back_the_level_that_it_was_set_to(db in -59.9f32..12.0) {
        prop_assert!((fader_db(fader_position(db)) - db).abs() < 1e-3);
    }

    #[test]
    fn a_level_is_read_back_from_its_text_to_half_a_tenth(db in -59.9f32..12.0) {
        let read = parse_level(&level_text(db)).expect("its own text");
        prop_assert!((read - db).abs() < 0.051);
    }
}
