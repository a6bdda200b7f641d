//! The real library and the models that the tests run with.

#![allow(dead_code, reason = "every test binary uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use limpid_engine::network::Model;
use limpid_engine::runtime::{Runtime, Search};

/// The ONNX Runtime of this machine. Nothing is skipped where it is missing.
pub(crate) fn runtime() -> Runtime {
    let fetched = concat!(env!("CARGO_MANIFEST_DIR"), "/../.limpid");
    match Runtime::load(&Search::new().folder(fetched)) {
        Ok(runtime) => runtime,
        Err(e) => {
            panic!("these tests run real models; `cargo xtask setup` fetches the library: {e}")
        }
    }
}

/// A folder for one test's files, empty; `name` is the test's own among those of its file.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(env!("CARGO_CRATE_NAME"))
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    if let Err(e) = fs::create_dir_all(&folder) {
        panic!("no folder for a test: {e}");
    }
    folder
}

/// A model that `training/fixtures/make_models.py` made.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.onnx"))
}

/// The same, loaded.
pub(crate) fn model(name: &str) -> Model {
    match Model::load(&runtime(), &fixture(name)) {
        Ok(model) => model,
        Err(e) => panic!("a fixture that must load: {e}"),
    }
}

/// Values between -0.1 and 0.1 that look like nothing, the same on every run.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut x = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| 0.1 * next()).collect()
}
