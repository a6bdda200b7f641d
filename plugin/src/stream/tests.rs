//! Models that follow each other, seen from behind the port: here the misses are counted.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::path::Path;
use std::time::Duration;

use limpid_engine::controls::Controls;
use limpid_engine::realtime::Mode;
use limpid_engine::runtime::{Runtime, Search};

use super::Shape;
use crate::Limpid;
use crate::models::Wanted;

/// A model of the engine's tests, as the user chooses it.
fn fixture(name: &str) -> Wanted {
    let file = format!("../engine/tests/fixtures/{name}.onnx");
    Wanted {
        name: name.into(),
        path: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)),
        ..Wanted::default()
    }
}

/// A render waits for what it needs, so nothing is missed for want of time; what a change of models
/// dropped, lost or cut would be.
#[test]
fn a_hundred_models_follow_each_other_and_no_hop_is_missed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.limpid");
    // Once loaded it is the process's.
    Runtime::load(&Search::new().folder(here)).expect("the library of `cargo xtask setup`");
    let mut plugin = Limpid::default();
    let wish = plugin.librarian.wish();
    wish.choose(fixture("identity_k3"));
    plugin.start(Shape {
        sample_rate: 48_000,
        channels: 2,
        longest_block: 480,
        mode: Mode::Offline,
    });
    let mut port = plugin.port.take().expect("a stream");
    let controls = Controls::default();
    for round in 0..100 {
        let name = ["identity_k1", "identity_k3"][round % 2];
        wish.choose(fixture(name));
        let taken = (0..10_000).any(|_| {
            let mut sound = [[0.25f32; 480]; 2];
            let [left, right] = &mut sound;
            port.process(&mut [left, right], &controls, Mode::Offline);
            std::thread::sleep(Duration::from_millis(1));
            plugin.stream.glance().model == format!("{name} 1.0")
        });
        assert!(taken, "{name} was never taken, in round {round}");
    }
    let status = plugin.stream.glance().status;
    assert_eq!((status.misses, status.lost), (0, 0), "{status:?}");
    assert_eq!((status.failed, status.rejected), (None, None));
    assert!(status.hops > 100);
}
