//! Callbacks neither allocate nor free, whatever they are sent while they run.

#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use limpid_engine::controls::Controls;
use limpid_engine::realtime::{self, Setup, Stream};

use super::bridge::{Plan, bridge};
use super::desk::Desk;
use super::feeder::{Chain, Lane, Parcel, feeder};
use super::giver::{Tap, giver};
use super::priority::Standing;
use super::recorder::{Paths, Recorder, Series};
use super::{load_model, model};
use crate::audio::Now;

const BLOCK: usize = 480;

fn stream() -> Stream {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine");
    let model = load_model(&engine.join("tests/fixtures/identity_k1.onnx")).expect("a model");
    let standing = Arc::new(Standing::default());
    let enhancer = model::enhancer(&model, 48_000, 1, &standing).expect("an enhancer");
    realtime::start(Setup::new(48_000, 1, BLOCK), enhancer).expect("a stream")
}

fn lane_and_tap() -> (Box<Lane>, Box<Tap>) {
    let plan = Plan {
        in_rate: 48_000,
        out_rate: 44_100,
        channels: 1,
        in_block: BLOCK,
        out_block: 441,
        safety: Duration::from_millis(5),
    };
    let (intake, outlet, _) = bridge(plan).expect("a bridge");
    let lane = Lane {
        intake,
        shared_clock: false,
    };
    let tap = Tap {
        outlet,
        channels: 1,
        shared_clock: false,
    };
    (Box::new(lane), Box::new(tap))
}

#[test]
fn neither_callback_allocates_or_frees_whatever_it_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = Paths {
        noisy: folder.path().join("noisy.wav"),
        voice: folder.path().join("voice.wav"),
    };
    let recorder = Recorder::begin(&Series::new(paths, false), 48_000, 1).expect("a recording");
    let desk = Arc::new(Desk::new(&Controls::default()));
    let (mut feeder, mut input) = feeder(1, 8192, desk);
    let (mut giver, mut output) = giver(2);
    let mut streams = Vec::new();
    let mut block = vec![0.0f32; BLOCK];
    let mut played = vec![0.0f32; 2 * 441];
    let mut loud = false;
    for count in 0..400u64 {
        // Anew now and then, as when something is chosen or a safety is raised.
        if count % 100 == 0 {
            let stream = stream();
            let chain = Chain::new(stream.port, 1);
            input.send(Parcel::Chain(Box::new(chain)));
            streams.push((stream.worker, stream.loader));
            let (lane, tap) = lane_and_tap();
            input.send(Parcel::Lane(0, Some(lane)));
            output.send(tap);
            input.send(Parcel::Tape((count != 300).then(|| recorder.tape())));
        }
        for (x, n) in block.iter_mut().zip(count * BLOCK as u64..) {
            // Digital silence, a stall that the bridge sets right, and sound.
            *x = if count / 50 % 3 == 1 {
                0.0
            } else {
                (n as f32 * 0.05).sin()
            };
        }
        let at = if count > 350 {
            10 * count + 200
        } else {
            10 * count
        };
        let now = Now {
            called: Duration::from_millis(at),
            cycle: None,
        };
        let fed = measure(|| feeder.feed(&block, now));
        assert_eq!(
            (fed.count_total, fed.count_current),
            (0, 0),
            "block {count}"
        );
        let given = measure(|| giver.give(&mut played, now));
        assert_eq!(
            (given.count_total, given.count_current),
            (0, 0),
            "block {count}"
        );
        loud |= played.iter().any(|x| x.abs() > 0.1);
        // The worker needs its time.
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(loud, "nothing was played");
}
