//! The model contract as a table, and rules that hold for whatever a file says.

#[path = "support/facts.rs"]
mod facts;

use facts::{spectral, tensor, waveform, with, without};
use limpid_engine::contract::{ContractError, Dimension::Fixed, Kind, ModelFacts, check, report};
use limpid_engine::frames::RATES;
use proptest::prelude::*;

#[test]
fn the_report_ticks_everything_of_a_good_model() {
    for facts in [spectral(), waveform()] {
        let rows = report(&facts);
        assert!(rows.len() > 10);
        assert!(rows.iter().all(|row| row.is_met()), "{rows:?}");
    }
}

#[test]
fn the_report_shows_every_fault_at_once() {
    let mut facts = without(with(spectral(), "contract", "9"), "licence");
    facts.inputs.push(tensor("speaker", &[Fixed(256)]));
    facts.outputs.retain(|t| t.name != "next.gru");
    let rows = report(&facts);
    let problems: Vec<_> = rows.iter().filter_map(|row| row.problem.as_ref()).collect();
    assert!(
        matches!(
            problems[..],
            [
                ContractError::OtherContract { .. },
                ContractError::MissingKey { .. },
                ContractError::StateWithoutNext { .. },
                ContractError::UnknownInput { .. },
            ]
        ),
        "{problems:?}"
    );
}

#[test]
fn the_report_of_a_foreign_model_has_what_it_lacks() {
    let rows = report(&ModelFacts::default());
    assert!(
        rows.iter()
            .all(|row| !row.is_met() && row.found == "nothing"),
        "{rows:?}"
    );
    assert!(
        rows.iter()
            .any(|row| row.requirement.contains("limpid.kind"))
    );
}

proptest! {
    #[test]
    fn durations_that_pass_make_frames_at_every_rate(
        hop in 1_u32..2000, windows in 0.5_f64..12.0, synthesis in 0.5_f64..12.0, whole in any::<bool>(),
        rate in RATES,
    ) {
        let hop = f64::from(hop) / 10.0;
        let times = |n: f64| hop * if whole { n.round() } else { n };
        let facts = with(with(with(
            spectral(), "hop_ms", &hop.to_string()),
            "window_ms", &times(windows).to_string()),
            "synthesis_ms", &times(synthesis).to_string());
        if let Ok(contract) = check(&facts) {
            let Kind::Spectral { frames, .. } = contract.kind else { unreachable!() };
            prop_assert!(frames.sizes(rate).is_ok());
        }
    }

    #[test]
    fn no_text_in_the_metadata_brings_the_check_down(key in "[a-z_]{1,8}", value in ".*") {
        for known in ["contract", "kind", "name", "window_ms", "hop_ms", "bins", key.as_str()] {
            let facts = with(spectral(), known, &value);
            let unmet = report(&facts).iter().filter(|row| !row.is_met()).count();
            prop_assert_eq!(check(&facts).is_err(), unmet > 0);
        }
    }
}
