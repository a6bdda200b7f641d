//! What is refused as a model, and what a good one tells of itself.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::fs;
use std::path::Path;

use limpid_engine::contract::{self, ContractError, Dimension, ElementType};
use limpid_engine::network::{MAX_MODEL_BYTES, Model, ModelError};
use support::{fixture, folder, model, runtime};

fn refusal(name: &str) -> ModelError {
    Model::load(&runtime(), &fixture(name)).unwrap_err()
}

fn refusal_of_bytes(bytes: &[u8]) -> ModelError {
    Model::from_bytes(&runtime(), "bytes", bytes).unwrap_err()
}

#[test]
fn a_model_is_known_by_the_hash_of_its_file() {
    let model = model("identity_k1");
    let bytes = fs::read(fixture("identity_k1")).unwrap();
    let same = Model::from_bytes(&runtime(), "a copy", bytes).unwrap();
    assert_eq!(model.sha256(), same.sha256());
    assert_eq!(model.sha256().len(), 64);
    assert_ne!(model.sha256(), support::model("identity_k3").sha256());
    assert_eq!(same.label(), "a copy");
    assert!(model.label().ends_with("identity_k1.onnx"));
    assert_eq!(model.contract().name, "identity_k1");
}

#[test]
fn a_model_tells_what_a_hop_costs() {
    let cost = model("identity_k1").cost();
    assert_eq!(cost.hop.as_millis(), 10);
    assert!(!cost.step.is_zero());
    assert!(cost.quickest <= cost.step && cost.is_within(cost.load()));
    let least = cost.quickest.as_secs_f64() / cost.hop.as_secs_f64();
    assert!(!cost.is_within(least / 2.0));
    assert!(cost.to_string().contains("for 10.00 ms of sound"), "{cost}");
}

#[test]
fn a_missing_file_is_named() {
    let path = folder("missing").join("none.onnx");
    let refusal = Model::load(&runtime(), &path).unwrap_err();
    assert!(matches!(&refusal, ModelError::Missing { .. }));
    assert!(refusal.to_string().contains("none.onnx"));
}

#[test]
fn a_folder_is_no_model() {
    let refusal = Model::load(&runtime(), &folder("folder")).unwrap_err();
    assert!(matches!(refusal, ModelError::NotAFile { .. }));
}

#[cfg(unix)]
#[test]
fn a_device_is_no_model() {
    let refusal = Model::load(&runtime(), "/dev/zero".as_ref()).unwrap_err();
    assert!(matches!(refusal, ModelError::NotAFile { .. }));
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_followed_is_unreadable() {
    let link = folder("loop").join("model.onnx");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let refusal = Model::load(&runtime(), &link).unwrap_err();
    assert!(
        matches!(refusal, ModelError::Unreadable { .. }),
        "{refusal}"
    );
}

#[test]
fn an_empty_file_is_no_model() {
    let path = folder("empty").join("empty.onnx");
    fs::write(&path, []).unwrap();
    let refusal = Model::load(&runtime(), &path).unwrap_err();
    assert!(matches!(refusal, ModelError::Empty { .. }));
}

#[test]
fn a_huge_file_is_refused_unread() {
    let path = folder("huge").join("huge.onnx");
    let file = fs::File::create(&path).unwrap();
    file.set_len(MAX_MODEL_BYTES + 1).unwrap();
    let refusal = Model::load(&runtime(), &path).unwrap_err();
    assert!(matches!(refusal, ModelError::TooLarge { .. }));
}

#[test]
fn other_files_are_no_models() {
    let wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0";
    for bytes in [b"not a model".as_slice(), wav, &[0xff; 4096]] {
        assert!(matches!(
            refusal_of_bytes(bytes),
            ModelError::NotAModel { .. }
        ));
    }
}

#[test]
fn the_runtimes_own_format_is_refused() {
    let bytes = b"\x18\0\0\0ORTM\0\0\0\0 and so on";
    let refusal = refusal_of_bytes(bytes);
    assert!(refusal.to_string().contains(".ort"), "{refusal}");
}

#[test]
fn weights_in_another_file_are_refused_though_the_file_is_there() {
    // Relative to the folder that tests run in, where the runtime would look for it.
    let beside = Path::new("tests/fixtures/outside_weights.bin");
    assert!(beside.is_file());
    let refusal = refusal("outside_weights");
    assert!(
        matches!(refusal, ModelError::WeightsOutside { .. }),
        "{refusal}"
    );
}

#[test]
fn no_cut_of_a_model_brings_the_process_down() {
    let whole = fs::read(fixture("recurrent")).unwrap();
    for end in (1..whole.len()).step_by(7) {
        refusal_of_bytes(&whole[..end]);
    }
}

#[test]
fn no_damaged_byte_brings_the_process_down() {
    let whole = fs::read(fixture("delay")).unwrap();
    let runtime = runtime();
    for place in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0xff;
        // Damage may leave a model that works; the point is that this call comes back.
        if let Ok(model) = Model::from_bytes(&runtime, "damaged", bytes) {
            assert!(model.open_stream().is_ok());
        }
    }
}

#[test]
fn a_model_without_our_metadata_lacks_the_contract() {
    let refusal = refusal("no_metadata");
    assert!(
        matches!(&refusal, ModelError::Contract { source: ContractError::MissingKey { key, .. }, .. }
            if key == "limpid.contract"),
        "{refusal}"
    );
}

#[test]
fn a_model_of_another_precision_is_refused() {
    let refusal = refusal("double");
    assert!(
        matches!(
            &refusal,
            ModelError::Contract {
                source: ContractError::NotFloat32 { .. },
                ..
            }
        ),
        "{refusal}"
    );
}

#[test]
fn a_state_of_free_length_is_refused() {
    let refusal = refusal("free_state");
    assert!(
        matches!(
            &refusal,
            ModelError::Contract {
                source: ContractError::StateNotStatic { .. },
                ..
            }
        ),
        "{refusal}"
    );
}

#[test]
fn a_free_axis_of_another_name_is_refused() {
    let refusal = refusal("other_axis");
    assert!(
        matches!(
            &refusal,
            ModelError::Contract {
                source: ContractError::WrongHopsAxis { .. },
                ..
            }
        ),
        "{refusal}"
    );
}

#[test]
fn a_model_that_gives_another_shape_than_it_says_does_not_run() {
    let refusal = refusal("lying_shape");
    assert!(
        matches!(&refusal, ModelError::DoesNotRun { .. }),
        "{refusal}"
    );
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let refusal = refusal("nan_weights");
    assert!(
        matches!(&refusal, ModelError::NotFinite { tensor, .. } if tensor == "filter"),
        "{refusal}"
    );
}

#[test]
fn a_model_that_breaks_on_silence_is_refused() {
    let refusal = refusal("nan_on_silence");
    assert!(
        matches!(
            &refusal,
            ModelError::NotFinite {
                signal: "silence",
                ..
            }
        ),
        "{refusal}"
    );
}

#[test]
fn a_memory_that_grows_beyond_all_bounds_is_refused() {
    let refusal = refusal("infinite_state");
    assert!(
        matches!(&refusal, ModelError::NotFinite { tensor, .. } if tensor == "next.level"),
        "{refusal}"
    );
}

#[test]
fn a_model_can_be_inspected_though_it_breaks_the_contract() {
    let facts = Model::inspect(&runtime(), &fixture("double")).unwrap();
    let spectrum = facts.input("spectrum").unwrap();
    assert!(matches!(&spectrum.element, ElementType::Other(name) if !name.is_empty()));
    assert_eq!(spectrum.shape[0], Dimension::Named("hops".to_owned()));
    assert_eq!(facts.metadata["limpid.kind"], "spectral");
    let unmet = contract::report(&facts)
        .into_iter()
        .filter(|row| !row.is_met());
    assert_eq!(unmet.count(), 1);
}

#[test]
fn the_file_is_not_needed_after_loading() {
    let path = folder("moved").join("model.onnx");
    fs::copy(fixture("identity_k1"), &path).unwrap();
    let model = Model::load(&runtime(), &path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(model.open_stream().is_ok());
}
