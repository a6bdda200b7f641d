//! The model contract, judged from what a file says; no model is run.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

#[path = "support/facts.rs"]
mod facts;

use facts::{hops, spectral, tensor, waveform, with, without};
use limpid_engine::contract::{
    Contract, ContractError, Dimension, ElementType, Kind, ModelFacts, StateShape, TensorFact,
    check,
};
use limpid_engine::frames::FrameSpec;

use Dimension::{Fixed, Named, Unknown};

/// The spectral model with one input replaced, by its place.
fn with_input(place: usize, tensor: TensorFact) -> ModelFacts {
    let mut facts = spectral();
    facts.inputs[place] = tensor;
    facts
}

fn with_output(place: usize, tensor: TensorFact) -> ModelFacts {
    let mut facts = spectral();
    facts.outputs[place] = tensor;
    facts
}

fn refusal(facts: &ModelFacts) -> ContractError {
    check(facts).unwrap_err()
}

#[test]
fn a_spectral_model_is_read_whole() {
    let contract = check(&spectral()).unwrap();
    let state = |name: &str, shape: &[usize]| StateShape {
        name: name.to_owned(),
        shape: shape.to_vec(),
    };
    let expected = Contract {
        kind: Kind::Spectral {
            frames: FrameSpec {
                window_ms: 20.0,
                hop_ms: 10.0,
                synthesis_ms: 20.0,
            },
            bins: 481,
            taps: 3,
        },
        name: "A model".to_owned(),
        version: "1.2".to_owned(),
        licence: "MIT".to_owned(),
        description: "Made for a test.\nTwo lines.".to_owned(),
        states: vec![state("gru", &[1, 16, 48]), state("level", &[1])],
    };
    assert_eq!(contract, expected);
    assert_eq!(contract.kind.input_shape(4), [4, 2, 481]);
    assert_eq!(contract.kind.output_shape(4), [4, 3, 2, 481]);
    assert_eq!(contract.kind.hop_seconds(), 0.01);
}

#[test]
fn a_waveform_model_is_read_whole() {
    let contract = check(&waveform()).unwrap();
    let expected = Kind::Waveform {
        sample_rate: 16_000,
        window: 512,
        hop: 128,
    };
    assert_eq!(contract.kind, expected);
    assert_eq!(contract.kind.input_len(), 512);
    assert_eq!(contract.kind.output_len(), 512);
    assert_eq!(contract.kind.hop_seconds(), 0.008);
}

#[test]
fn hops_may_be_one_instead_of_free() {
    let mut facts = with_input(0, tensor("spectrum", &[Fixed(1), Fixed(2), Fixed(481)]));
    facts.outputs[0] = tensor("filter", &[Fixed(1), Fixed(1), Fixed(2), Fixed(481)]);
    assert!(check(&facts).is_ok());
}

#[test]
fn the_free_axis_of_the_output_may_have_any_name() {
    for axis in [Named("Reshapefilter_dim_0".to_owned()), Unknown] {
        let filter = tensor("filter", &[axis, Fixed(3), Fixed(2), Fixed(481)]);
        assert!(check(&with_output(0, filter)).is_ok());
    }
}

#[test]
fn outputs_that_nobody_asks_for_are_allowed() {
    let mut facts = spectral();
    facts.outputs.push(tensor("attention", &[Unknown]));
    assert!(check(&facts).is_ok());
}

#[test]
fn each_key_must_be_there() {
    let spectral_keys = [
        "contract",
        "kind",
        "name",
        "version",
        "licence",
        "description",
        "window_ms",
        "hop_ms",
        "synthesis_ms",
        "bins",
    ];
    let waveform_keys = ["sample_rate", "window", "hop"];
    let cases = spectral_keys.map(|key| (key, spectral()));
    let others = waveform_keys.map(|key| (key, waveform()));
    for (name, facts) in cases.into_iter().chain(others) {
        let refusal = refusal(&without(facts, name));
        assert!(
            matches!(&refusal, ContractError::MissingKey { key, .. } if *key == format!("limpid.{name}")),
            "{name}: {refusal}"
        );
    }
}

#[test]
fn each_value_must_be_what_its_key_means() {
    let cases = [
        ("contract", "one"),
        ("contract", "1.0"),
        ("contract", ""),
        ("name", ""),
        ("name", "   "),
        ("name", "two\nlines"),
        ("name", "a \u{1b}[31mcoloured name"),
        ("version", "\t"),
        ("licence", "\0"),
        ("description", ""),
        ("window_ms", "twenty"),
        ("window_ms", "NaN"),
        ("window_ms", "inf"),
        ("window_ms", "-20"),
        ("window_ms", "501"),
        ("hop_ms", "0"),
        ("hop_ms", "0.05"),
        ("synthesis_ms", "20 ms"),
        ("bins", "481.0"),
        ("bins", "1"),
        ("bins", "99999999999999999999"),
    ];
    for (name, bad) in cases {
        let refusal = refusal(&with(spectral(), name, bad));
        assert!(
            matches!(&refusal, ContractError::BadValue { key, .. } if *key == format!("limpid.{name}")),
            "{name} = {bad:?}: {refusal}"
        );
        assert!(!refusal.to_string().contains('\u{1b}'));
    }
    for (name, bad) in [("sample_rate", "7999"), ("window", "-1"), ("hop", "0")] {
        let refusal = refusal(&with(waveform(), name, bad));
        assert!(matches!(refusal, ContractError::BadValue { .. }), "{name}");
    }
}

#[test]
fn another_contract_is_refused_by_its_number() {
    let refusal = refusal(&with(spectral(), "contract", "2"));
    assert_eq!(refusal, ContractError::OtherContract { found: 2 });
}

#[test]
fn an_unknown_kind_is_named() {
    let refusal = refusal(&with(spectral(), "kind", "Spectral"));
    let found = "Spectral".to_owned();
    assert_eq!(refusal, ContractError::UnknownKind { found });
}

#[test]
fn windows_are_whole_numbers_of_hops() {
    for key in ["window_ms", "synthesis_ms"] {
        let refusal = refusal(&with(with(spectral(), "window_ms", "40"), key, "25"));
        assert!(
            matches!(refusal, ContractError::NotWholeHops { .. }),
            "{key}: {refusal}"
        );
    }
    let refusal = refusal(&with(waveform(), "hop", "100"));
    assert!(matches!(refusal, ContractError::NotWholeHops { .. }));
}

#[test]
fn a_window_shorter_than_a_hop_is_no_whole_number_of_hops() {
    let refusal = refusal(&with(spectral(), "hop_ms", "50"));
    assert!(
        matches!(refusal, ContractError::NotWholeHops { .. }),
        "{refusal}"
    );
}

#[test]
fn what_is_overlap_added_covers_two_hops_at_least() {
    let refusal_spectral = refusal(&with(spectral(), "synthesis_ms", "10"));
    assert!(matches!(refusal_spectral, ContractError::TooFewHops { .. }));
    let refusal_waveform = refusal(&with(waveform(), "hop", "512"));
    assert!(matches!(refusal_waveform, ContractError::TooFewHops { .. }));
}

#[test]
fn the_synthesis_is_not_longer_than_the_window() {
    let refusal = refusal(&with(spectral(), "synthesis_ms", "30"));
    assert!(matches!(
        refusal,
        ContractError::SynthesisLongerThanWindow { .. }
    ));
}

#[test]
fn a_short_synthesis_in_a_long_window_is_allowed() {
    let facts = with(with(spectral(), "hop_ms", "5"), "synthesis_ms", "10");
    assert!(check(&facts).is_ok());
}

#[test]
fn the_input_must_be_there() {
    let mut facts = spectral();
    facts.inputs.remove(0);
    let refusal = refusal(&facts);
    assert!(matches!(&refusal, ContractError::MissingInput { name, .. } if name == "spectrum"));
}

#[test]
fn the_output_must_be_there() {
    for (mut facts, expected) in [(spectral(), "filter"), (waveform(), "frame_out")] {
        facts.outputs.remove(0);
        let refusal = refusal(&facts);
        assert!(
            matches!(&refusal, ContractError::MissingOutput { name, .. } if name == expected),
            "{refusal}"
        );
    }
}

#[test]
fn an_input_that_nobody_feeds_is_refused() {
    let mut facts = spectral();
    facts.inputs.push(tensor("speaker", &[Fixed(256)]));
    let name = "speaker".to_owned();
    assert_eq!(refusal(&facts), ContractError::UnknownInput { name });
}

#[test]
fn a_state_must_come_out_again() {
    let mut facts = spectral();
    facts.outputs.retain(|t| t.name != "next.gru");
    let name = "gru".to_owned();
    assert_eq!(refusal(&facts), ContractError::StateWithoutNext { name });
}

#[test]
fn a_state_that_comes_out_must_go_in() {
    let mut facts = spectral();
    facts.inputs.retain(|t| t.name != "state.level");
    let name = "level".to_owned();
    assert_eq!(refusal(&facts), ContractError::NextWithoutState { name });
}

#[test]
fn a_state_has_a_known_shape() {
    for axis in [hops(), Unknown, Fixed(0)] {
        let refusal_in = refusal(&with_input(
            2,
            tensor("state.level", std::slice::from_ref(&axis)),
        ));
        assert!(
            matches!(refusal_in, ContractError::StateNotStatic { .. }),
            "{refusal_in}"
        );
        let refusal_out = refusal(&with_output(1, tensor("next.level", &[axis])));
        assert!(
            matches!(refusal_out, ContractError::StateNotStatic { .. }),
            "{refusal_out}"
        );
    }
}

#[test]
fn a_state_keeps_its_shape() {
    let refusal = refusal(&with_output(1, tensor("next.level", &[Fixed(1), Fixed(1)])));
    assert!(matches!(refusal, ContractError::StateUnlikeNext { .. }));
}

#[test]
fn the_shapes_are_those_of_the_contract() {
    let wrong_inputs: [&[Dimension]; 5] = [
        &[],
        &[hops(), Fixed(481), Fixed(2)],
        &[hops(), Fixed(2), Fixed(257)],
        &[hops(), Fixed(2), Unknown],
        &[hops(), Fixed(1), Fixed(2), Fixed(481)],
    ];
    for shape in wrong_inputs {
        let refusal = refusal(&with_input(0, tensor("spectrum", shape)));
        assert!(
            matches!(refusal, ContractError::WrongShape { .. }),
            "{refusal}"
        );
    }
    let wrong_outputs: [&[Dimension]; 6] = [
        &[hops(), Fixed(2), Fixed(481)],
        &[hops(), Fixed(0), Fixed(2), Fixed(481)],
        &[hops(), Unknown, Fixed(2), Fixed(481)],
        &[hops(), Fixed(1), Fixed(481), Fixed(2)],
        &[hops(), Fixed(1), Fixed(2), Fixed(480)],
        // One hop whatever goes in.
        &[Fixed(1), Fixed(1), Fixed(2), Fixed(481)],
    ];
    for shape in wrong_outputs {
        let refusal = refusal(&with_output(0, tensor("filter", shape)));
        assert!(
            matches!(refusal, ContractError::WrongShape { .. }),
            "{refusal}"
        );
    }
    for shape in [
        [Fixed(1), Fixed(1), Fixed(511)],
        [Named("n".into()), Fixed(1), Fixed(512)],
    ] {
        let mut facts = waveform();
        facts.inputs[0] = tensor("frame", &shape);
        assert!(matches!(refusal(&facts), ContractError::WrongShape { .. }));
    }
}

#[test]
fn the_axis_of_hops_has_its_name() {
    for axis in [Named("time".to_owned()), Unknown, Fixed(4)] {
        let refusal = refusal(&with_input(
            0,
            tensor("spectrum", &[axis, Fixed(2), Fixed(481)]),
        ));
        assert!(
            matches!(refusal, ContractError::WrongHopsAxis { .. }),
            "{refusal}"
        );
    }
}

#[test]
fn everything_is_float32() {
    for name in ["spectrum", "state.gru", "filter", "next.level"] {
        let mut facts = spectral();
        for tensor in facts.inputs.iter_mut().chain(&mut facts.outputs) {
            if tensor.name == name {
                tensor.element = ElementType::Other("float16".to_owned());
            }
        }
        let refusal = refusal(&facts);
        assert!(
            matches!(&refusal, ContractError::NotFloat32 { tensor, .. } if tensor == name),
            "{refusal}"
        );
    }
}

#[test]
fn a_tensor_of_absurd_size_is_refused() {
    for huge in [1 << 20, usize::MAX] {
        let mut facts = with_input(2, tensor("state.level", &[Fixed(huge), Fixed(2)]));
        facts.outputs[1] = tensor("next.level", &[Fixed(huge), Fixed(2)]);
        let refusal = refusal(&facts);
        assert!(
            matches!(refusal, ContractError::TooLarge { .. }),
            "{refusal}"
        );
    }
}
