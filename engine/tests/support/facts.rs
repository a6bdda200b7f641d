//! What good models say of themselves, to be spoiled one thing at a time.

#![allow(dead_code, reason = "every test binary uses its own part")]

use limpid_engine::contract::{Dimension, ElementType, ModelFacts, TensorFact};

use Dimension::{Fixed, Named};

pub(crate) fn tensor(name: &str, shape: &[Dimension]) -> TensorFact {
    TensorFact {
        name: name.to_owned(),
        element: ElementType::Float32,
        shape: shape.to_vec(),
    }
}

pub(crate) fn hops() -> Dimension {
    Named("hops".to_owned())
}

fn facts(metadata: &[(&str, &str)]) -> ModelFacts {
    let common = [
        ("contract", "1"),
        ("name", "A model"),
        ("version", "1.2"),
        ("licence", "MIT"),
        ("description", "Made for a test.\nTwo lines."),
    ];
    let entries = common.iter().chain(metadata);
    ModelFacts {
        metadata: entries
            .map(|(key, value)| (format!("limpid.{key}"), (*value).to_owned()))
            .collect(),
        ..ModelFacts::default()
    }
}

/// 20 ms windows, 10 ms hops, a filter of 3 taps, two states.
pub(crate) fn spectral() -> ModelFacts {
    ModelFacts {
        inputs: vec![
            tensor("spectrum", &[hops(), Fixed(2), Fixed(481)]),
            tensor("state.gru", &[Fixed(1), Fixed(16), Fixed(48)]),
            tensor("state.level", &[Fixed(1)]),
        ],
        outputs: vec![
            tensor("filter", &[hops(), Fixed(3), Fixed(2), Fixed(481)]),
            tensor("next.level", &[Fixed(1)]),
            tensor("next.gru", &[Fixed(1), Fixed(16), Fixed(48)]),
        ],
        ..facts(&[
            ("kind", "spectral"),
            ("window_ms", "20"),
            ("hop_ms", "10"),
            ("synthesis_ms", "20"),
            ("bins", "481"),
        ])
    }
}

pub(crate) fn waveform() -> ModelFacts {
    let shape = [Fixed(1), Fixed(1), Fixed(512)];
    ModelFacts {
        inputs: vec![tensor("frame", &shape)],
        outputs: vec![tensor("frame_out", &shape)],
        ..facts(&[
            ("kind", "waveform"),
            ("sample_rate", "16000"),
            ("window", "512"),
            ("hop", "128"),
        ])
    }
}

pub(crate) fn with(mut facts: ModelFacts, key: &str, value: &str) -> ModelFacts {
    facts
        .metadata
        .insert(format!("limpid.{key}"), value.to_owned());
    facts
}

pub(crate) fn without(mut facts: ModelFacts, key: &str) -> ModelFacts {
    facts.metadata.remove(&format!("limpid.{key}"));
    facts
}
