//! Models and streams, run by the real ONNX Runtime.

mod support;

use limpid_engine::network::{Batching, Network};
use support::{model, noise};

const BINS: usize = 481;

#[test]
fn an_identity_of_one_tap_gives_one_at_every_bin() {
    let mut stream = model("identity_k1").open_stream().unwrap();
    let mut output = vec![9.0; 2 * BINS];
    stream.step(&noise(2 * BINS, 1), &mut output).unwrap();
    assert!(output[..BINS].iter().all(|&re| re == 1.0));
    assert!(output[BINS..].iter().all(|&im| im == 0.0));
}

#[test]
fn a_recurrent_model_gives_the_same_bits_in_batches_of_4_and_16_as_hop_by_hop() {
    let model = model("recurrent");
    let input = noise(37 * 2 * BINS, 2);
    let mut expected = vec![0.0; 37 * 2 * BINS];
    let mut one = model.open_stream().unwrap();
    for (i, o) in input.chunks(2 * BINS).zip(expected.chunks_mut(2 * BINS)) {
        one.step(i, o).unwrap();
    }
    for batch in [4, 16] {
        let mut stream = model.open_stream_batched(batch).unwrap();
        assert_eq!(*stream.batching(), Batching::Several(batch));
        let mut output = vec![0.0; expected.len()];
        stream.step(&input, &mut output).unwrap();
        assert!(
            output
                .iter()
                .zip(&expected)
                .all(|(a, b)| a.to_bits() == b.to_bits())
        );
    }
}
