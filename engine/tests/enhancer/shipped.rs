//! The model that ships, in the real runtime.

use super::common::{SYMMETRIC, noise};
use super::{bits, cut, support};
use limpid_engine::contract::Kind;
use limpid_engine::enhancer::{Enhancer, Parts};
use limpid_engine::network::{Model, Network};
use std::path::Path;

/// Hops that the runtime takes at once.
const BATCH: usize = 8;

fn model() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models/limpid.onnx");
    Model::load(&support::runtime(), &path).unwrap()
}

fn enhancer(model: &Model, rate: u32, batch: usize) -> Enhancer {
    let networks = (0..2)
        .map(|_| Box::new(model.open_stream_batched(batch).unwrap()) as Box<dyn Network>)
        .collect();
    Enhancer::new(model.contract(), networks, rate, 2)
        .unwrap()
        .with_batch(batch)
}

#[test]
fn several_hops_at_once_are_the_same_bits_at_every_rate() {
    let model = model();
    for rate in [8_000, 44_100, 48_000, 96_000] {
        let (mut single, mut several) = (enhancer(&model, rate, 1), enhancer(&model, rate, BATCH));
        let length = 250 * single.hop();
        let mut input = noise(u64::from(rate), 2 * length);
        // Long enough for a rest, from one channel before the other.
        input[length / 4..length * 7 / 8].fill(0.0);
        input[length + length / 5..length + length * 3 / 4].fill(0.0);
        input[length / 8] = f32::NAN;
        for link in [true, false] {
            let one: Parts = cut(&mut single, &input, link, &[1]);
            let many = cut(&mut several, &input, link, &[3, 8, 40]);
            assert_eq!(
                bits(&one.voice),
                bits(&many.voice),
                "{rate} Hz, link {link}"
            );
            assert_eq!(bits(&one.dry), bits(&many.dry));
        }
        assert_eq!((single.faults(), several.faults()), (0, 0));
    }
}

#[test]
fn it_is_heard_within_twenty_milliseconds() {
    let model = model();
    assert!(matches!(model.contract().kind, Kind::Spectral { frames, .. } if frames == SYMMETRIC));
    let enhancer = enhancer(&model, 48_000, 1);
    assert_eq!(enhancer.hop() + enhancer.latency(), 960);
}
