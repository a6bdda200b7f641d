//! Streams, run by the real ONNX Runtime.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::Path;
use std::thread;

use limpid_engine::contract::Kind;
use limpid_engine::network::{Batching, MAX_BATCH, Model, Network, NetworkError, Stream};
use support::{model, noise, runtime};

const BINS: usize = 481;
/// Values of one hop, in and out, of the fixtures with one tap.
const HOP: usize = 2 * BINS;

/// Steps one hop at a time.
fn hop_by_hop(stream: &mut Stream, input: &[f32]) -> Vec<f32> {
    let (input_len, output_len) = (stream.input_len(), stream.output_len());
    let mut output = vec![f32::NAN; input.len() / input_len * output_len];
    let hops = input.chunks(input_len).zip(output.chunks_mut(output_len));
    for (input, output) in hops {
        stream.step(input, output).unwrap();
    }
    output
}

fn all_at_once(stream: &mut Stream, input: &[f32]) -> Vec<f32> {
    let mut output = vec![f32::NAN; input.len() / stream.input_len() * stream.output_len()];
    stream.step(input, &mut output).unwrap();
    output
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn a_mask_that_changes_nothing_is_one_at_every_bin() {
    let mut stream = model("identity_k1").open_stream().unwrap();
    assert_eq!((stream.input_len(), stream.output_len()), (HOP, HOP));
    let output = all_at_once(&mut stream, &noise(HOP, 1));
    assert!(output[..BINS].iter().all(|&re| re == 1.0));
    assert!(output[BINS..].iter().all(|&im| im == 0.0));
}

#[test]
fn a_filter_of_three_taps_comes_out_tap_by_tap() {
    let model = model("identity_k3");
    assert!(matches!(
        model.contract().kind,
        Kind::Spectral { taps: 3, .. }
    ));
    let mut stream = model.open_stream().unwrap();
    assert_eq!(stream.output_len(), 3 * HOP);
    let output = all_at_once(&mut stream, &noise(HOP, 1));
    assert!(output[..BINS].iter().all(|&re| re == 1.0));
    assert!(output[BINS..].iter().all(|&other| other == 0.0));
}

#[test]
fn a_waveform_model_gives_its_window_back() {
    let model = model("waveform_identity");
    let mut stream = model.open_stream().unwrap();
    let input = noise(480, 1);
    assert_eq!(all_at_once(&mut stream, &input), input);
}

#[test]
fn several_windows_of_a_waveform_model_come_out_one_after_the_other() {
    let mut stream = model("waveform_identity").open_stream_batched(8).unwrap();
    assert_eq!(*stream.batching(), Batching::OneHopModel);
    let input = noise(3 * 480, 1);
    assert_eq!(all_at_once(&mut stream, &input), input);
}

#[test]
fn a_state_is_carried_from_hop_to_hop() {
    let mut stream = model("accumulator").open_stream().unwrap();
    let input = noise(3 * HOP, 1);
    let output = hop_by_hop(&mut stream, &input);
    for i in 0..HOP {
        let sum = input[i] + input[HOP + i] + input[2 * HOP + i];
        assert_eq!(output[2 * HOP + i], sum);
    }
}

#[test]
fn states_are_matched_by_name_not_by_place() {
    let mut stream = model("delay").open_stream().unwrap();
    let input = noise(4 * HOP, 1);
    let output = hop_by_hop(&mut stream, &input);
    assert!(output[..2 * HOP].iter().all(|&v| v == 0.0));
    assert_eq!(output[2 * HOP..], input[..2 * HOP]);
}

#[test]
fn loading_leaves_no_trace_in_a_stream() {
    // The trial at loading has run noise through the model, opening a batch likewise.
    let model = model("recurrent");
    let input = noise(5 * HOP, 1);
    let mut fresh = model.open_stream().unwrap();
    let mut batched = model.open_stream_batched(4).unwrap();
    let mut reset = model.open_stream().unwrap();
    hop_by_hop(&mut reset, &noise(9 * HOP, 2));
    reset.reset();
    let expected = bits(&hop_by_hop(&mut fresh, &input));
    assert_eq!(bits(&hop_by_hop(&mut batched, &input)), expected);
    assert_eq!(bits(&hop_by_hop(&mut reset, &input)), expected);
}

#[test]
fn reset_goes_back_to_zeros() {
    let mut stream = model("accumulator").open_stream().unwrap();
    let input = noise(HOP, 1);
    hop_by_hop(&mut stream, &input);
    stream.reset();
    assert_eq!(hop_by_hop(&mut stream, &input), input);
}

/// On which the speed of files rests.
#[test]
fn the_shipped_model_takes_16_hops_a_call() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models/limpid.onnx");
    let model = Model::load(&runtime(), &file).unwrap();
    let stream = model.open_stream_batched(16).unwrap();
    assert_eq!(*stream.batching(), Batching::Several(16));
}

#[test]
fn batches_of_4_and_16_give_the_same_bits_as_hop_by_hop() {
    let model = model("recurrent");
    // No multiple of either, so that the last hops go one by one.
    let input = noise(39 * HOP, 2);
    let expected = bits(&hop_by_hop(&mut model.open_stream().unwrap(), &input));
    for batch in [4, 16] {
        let mut stream = model.open_stream_batched(batch).unwrap();
        assert_eq!(*stream.batching(), Batching::Several(batch));
        assert_eq!(stream.batch(), batch);
        assert_eq!(bits(&all_at_once(&mut stream, &input)), expected);
    }
}

#[test]
fn hops_may_come_in_any_number_to_a_batched_stream() {
    let model = model("recurrent");
    let input = noise(40 * HOP, 3);
    let expected = bits(&hop_by_hop(&mut model.open_stream().unwrap(), &input));
    let mut stream = model.open_stream_batched(4).unwrap();
    let mut rest = &input[..];
    let mut output = Vec::new();
    for hops in [1, 4, 2, 9, 3, 8, 13] {
        let (now, later) = rest.split_at(hops * HOP);
        output.extend(all_at_once(&mut stream, now));
        rest = later;
    }
    assert!(rest.is_empty());
    assert_eq!(bits(&output), expected);
}

#[test]
fn a_stream_for_one_hop_takes_several_one_after_the_other() {
    let model = model("accumulator");
    let input = noise(7 * HOP, 1);
    let expected = hop_by_hop(&mut model.open_stream().unwrap(), &input);
    assert_eq!(
        all_at_once(&mut model.open_stream().unwrap(), &input),
        expected
    );
}

#[test]
fn a_model_of_one_hop_says_so_instead_of_batching() {
    let model = model("accumulator");
    assert!(!model.takes_several_hops());
    let stream = model.open_stream_batched(4).unwrap();
    assert_eq!(*stream.batching(), Batching::OneHopModel);
    assert_eq!(stream.batch(), 1);
}

#[test]
fn an_absurd_batch_is_taken_as_the_largest() {
    let stream = model("identity_k1")
        .open_stream_batched(usize::MAX)
        .unwrap();
    assert_eq!(stream.batch(), MAX_BATCH);
}

#[test]
fn a_model_that_gives_other_bits_in_a_batch_runs_hop_by_hop() {
    let model = model("unequal");
    let mut stream = model.open_stream_batched(4).unwrap();
    assert_eq!(*stream.batching(), Batching::Unequal);
    // Each spectrum less the mean of its call: nothing, when each has a call of its own.
    let output = all_at_once(&mut stream, &noise(8 * HOP, 1));
    assert!(output.iter().all(|&v| v == 0.0));
}

#[test]
fn a_model_that_fails_in_a_batch_runs_hop_by_hop() {
    let model = model("baked");
    let mut stream = model.open_stream_batched(4).unwrap();
    assert!(matches!(stream.batching(), Batching::Refused(why) if !why.is_empty()));
    let input = noise(8 * HOP, 1);
    assert_eq!(all_at_once(&mut stream, &input), input);
}

#[test]
fn an_input_of_no_whole_hops_is_refused() {
    let mut stream = model("accumulator").open_stream().unwrap();
    for received in [0, 1, HOP - 1, HOP + 1] {
        let refusal = stream.step(&vec![0.0; received], &mut vec![0.0; HOP]);
        let one_hop = HOP;
        assert_eq!(
            refusal,
            Err(NetworkError::InputLength { one_hop, received })
        );
    }
}

#[test]
fn an_output_with_other_room_than_the_hops_need_is_refused() {
    let mut stream = model("accumulator").open_stream().unwrap();
    for received in [0, HOP, 3 * HOP] {
        let refusal = stream.step(&vec![0.0; 2 * HOP], &mut vec![0.0; received]);
        let expected = 2 * HOP;
        assert_eq!(
            refusal,
            Err(NetworkError::OutputLength { expected, received })
        );
    }
}

#[test]
fn an_input_that_is_no_number_is_refused_before_it_is_remembered() {
    // The runtime's GRU makes finite numbers of these, so nobody would notice afterwards.
    let model = model("recurrent");
    let input = noise(2 * HOP, 1);
    let expected = bits(&hop_by_hop(&mut model.open_stream().unwrap(), &input));

    let mut stream = model.open_stream().unwrap();
    let mut output = hop_by_hop(&mut stream, &input[..HOP]);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut broken = noise(HOP, 9);
        broken[3] = bad;
        let tensor = "spectrum".to_owned();
        let refusal = stream.step(&broken, &mut vec![0.0; HOP]);
        assert_eq!(refusal, Err(NetworkError::NotFinite { tensor }));
    }
    output.extend(hop_by_hop(&mut stream, &input[HOP..]));
    assert_eq!(bits(&output), expected);
}

#[test]
fn a_step_that_fails_leaves_the_memory_as_it_was() {
    let model = model("recurrent");
    let (before, after) = (noise(5 * HOP, 1), noise(HOP, 2));
    let mut untouched = model.open_stream().unwrap();
    hop_by_hop(&mut untouched, &before);
    let expected = bits(&hop_by_hop(&mut untouched, &after));

    // With more hops than the batch the failure comes after other runs of the same call.
    for (batch, hops) in [(1, 1), (1, 5), (4, 4), (4, 5), (4, 11)] {
        let mut stream = model.open_stream_batched(batch).unwrap();
        all_at_once(&mut stream, &before);
        let mut beyond = noise(hops * HOP, 3);
        beyond[(hops - 1) * HOP] = 1e20;
        let refusal = stream.step(&beyond, &mut vec![0.0; hops * HOP]);
        let tensor = "filter".to_owned();
        assert_eq!(refusal, Err(NetworkError::NotFinite { tensor }));
        assert_eq!(
            bits(&hop_by_hop(&mut stream, &after)),
            expected,
            "{batch} {hops}"
        );
    }
}

#[test]
fn a_memory_that_would_overflow_stays_as_it_was() {
    let mut stream = model("accumulator").open_stream().unwrap();
    let quiet = noise(HOP, 1);
    hop_by_hop(&mut stream, &quiet);
    // The first sum holds, the second does not.
    let refusal = stream.step(&vec![f32::MAX; 2 * HOP], &mut vec![0.0; 2 * HOP]);
    let tensor = "next.sum".to_owned();
    assert_eq!(refusal, Err(NetworkError::NotFinite { tensor }));
    assert_eq!(hop_by_hop(&mut stream, &vec![0.0; HOP]), quiet);
}

#[test]
fn streams_in_two_threads_do_not_disturb_each_other() {
    let model = model("recurrent");
    // More than most machines have cores, so that streams take turns with the sessions.
    let seeds = 1..=24;
    let expected: Vec<_> = seeds.clone().map(|seed| run_alone(&model, seed)).collect();
    let together: Vec<_> = thread::scope(|scope| {
        let model = &model;
        let threads: Vec<_> = seeds
            .map(|seed| scope.spawn(move || run_alone(model, seed)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(together, expected);
}

fn run_alone(model: &limpid_engine::network::Model, seed: u32) -> Vec<u32> {
    let mut stream = model.open_stream().unwrap();
    bits(&hop_by_hop(&mut stream, &noise(300 * HOP, seed)))
}

#[test]
fn a_stream_goes_on_in_another_thread() {
    let mut stream = model("accumulator").open_stream().unwrap();
    let input = noise(2 * HOP, 1);
    hop_by_hop(&mut stream, &input[..HOP]);
    let last = input[HOP..].to_vec();
    let output = thread::spawn(move || hop_by_hop(&mut stream, &last))
        .join()
        .unwrap();
    assert_eq!(output[7], input[7] + input[HOP + 7]);
}

#[test]
fn a_stream_outlives_its_model() {
    let model = model("accumulator");
    let mut stream = model.open_stream().unwrap();
    drop(model);
    let input = noise(HOP, 1);
    assert_eq!(all_at_once(&mut stream, &input), input);
}
