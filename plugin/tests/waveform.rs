//! A waveform model in the plugin, in a host of each format: latency to the sample, and what the engine
//! makes of a file.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use host::{
    Bundle, Host, Play, enhanced, fixture, impulse, in_both_hosts, random_blocks, runtime, speech,
};
use limpid_engine::controls::Controls;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::network::{Model, Network};
use limpid_engine::realtime::{default_reserve, latency};

in_both_hosts!(
    the_textbook_s_model_runs_under_its_name_as_the_engine_runs_it,
    an_impulse_comes_out_at_the_reported_latency,
    a_render_is_the_engine_s_bit_for_bit,
);

/// A model for 16 kHz that smooths over three samples.
const MODEL: &str = "waveform_smooth";
const OWN: u32 = 16_000;

/// A session that was saved with the model, opened in a host.
fn opened<H: Host>(rate: u32, longest: usize) -> H {
    let mut host = H::shared(Play::offline(rate, longest));
    let wanted = serde_json::json!({ "name": "own", "path": fixture(MODEL) });
    open_with(&mut host, &wanted);
    host
}

fn open_with<H: Host>(host: &mut H, model: &serde_json::Value) {
    let wanted = model.to_string();
    let state = serde_json::json!({
        "version": "0.1.0",
        "params": {},
        "fields": { "format": "1", "model": wanted },
    });
    host.deactivate();
    assert!(host.restore_json(&state.to_string()));
    host.activate();
}

/// The UNet1D that is shipped: found by its name, as late as its windows and blocks say, and the same
/// sound as `limpid enhance` makes with it.
fn the_textbook_s_model_runs_under_its_name_as_the_engine_runs_it<H: Host>() {
    const NAME: &str = "textbook-narrow";
    let file = Bundle::shared(H::FORMAT)
        .data
        .join(format!("models/{NAME}.onnx"));
    let model = Model::load(&runtime(), &file).expect("a model");
    for rate in [OWN, 44_100, 48_000] {
        let longest = 512;
        // The recording begins in silence.
        let one = speech(rate as usize).split_off(rate as usize * 3 / 4);
        let other: Vec<f32> = one.iter().rev().copied().collect();
        let input = [one, other];
        let latency = latency_of(&model, rate, longest);
        // A machine with no time to spare may find the model too slow, but not always.
        let opened = (0..20).find_map(|_| {
            let mut host = H::shared(Play::offline(rate, longest));
            open_with(&mut host, &serde_json::json!({ "name": NAME }));
            (host.latency() == latency).then_some(host)
        });
        let mut host = opened.unwrap_or_else(|| panic!("{NAME} never plays at {rate} Hz"));
        let output = host.run(&input, &[], random_blocks(4, longest));
        let expected = enhanced(&file, &input, rate, &Controls::default());
        for (got, expected) in output.iter().zip(&expected) {
            let got = &got[latency..];
            assert!(got.iter().any(|y| y.abs() > 0.001));
            assert!(got == &expected[..got.len()], "{rate} Hz");
        }
        let json = host.json();
        let saved = json["fields"]["model"].as_str().expect("a text");
        assert!(saved.contains(model.sha256()), "{saved}");
    }
}

/// By the formula of ARCHITECTURE.md, L = S + max(longest block, reserve).
fn latency_of(model: &Model, rate: u32, longest: usize) -> usize {
    let network: Box<dyn Network> = Box::new(model.open_stream().expect("a stream"));
    let enhancer = Enhancer::new(model.contract(), vec![network], rate, 1).expect("an enhancer");
    let (hop, overlap) = (enhancer.hop(), enhancer.latency());
    let reserve = default_reserve(&model.contract().kind);
    latency(rate, longest, reserve, hop, overlap)
}

fn an_impulse_comes_out_at_the_reported_latency<H: Host>() {
    for rate in [OWN, 8_000, 44_100, 48_000, 96_000] {
        for block in [64, 480, 2_048] {
            let mut host = opened::<H>(rate, block);
            let latency = host.latency();
            let at = latency + 77;
            let input = vec![impulse(at, at + 2 * latency + 4_096); 2];
            let output = host.run(&input, &[], random_blocks(3, block));
            let loudest = (0..input[0].len())
                .max_by(|a, b| output[0][*a].abs().total_cmp(&output[0][*b].abs()))
                .expect("samples");
            // To the sample at the model's own rate, within one where resamplers stand round it.
            let off = loudest.abs_diff(at + latency);
            assert!(
                off <= usize::from(rate != OWN),
                "{rate} Hz, blocks of up to {block}: reported {latency}, came after {}",
                loudest - at
            );
            if rate == OWN {
                assert!((output[0][loudest] - 0.5).abs() < 1e-3);
            }
        }
    }
}

fn a_render_is_the_engine_s_bit_for_bit<H: Host>() {
    for rate in [OWN, 44_100, 48_000] {
        let one = speech(rate as usize);
        let other: Vec<f32> = one.iter().rev().copied().collect();
        let input = [one, other];
        let expected = enhanced(&fixture(MODEL), &input, rate, &Controls::default());
        for (longest, seed) in [(512, 1), (17, 2), (4_096, 3)] {
            let mut host = opened::<H>(rate, longest);
            let latency = host.latency();
            let output = host.run(&input, &[], random_blocks(seed, longest));
            for (got, expected) in output.iter().zip(&expected) {
                let got = &got[latency..];
                assert!(got.iter().any(|y| y.abs() > 0.01));
                assert!(
                    got == &expected[..got.len()],
                    "{rate} Hz, blocks of up to {longest}"
                );
            }
        }
    }
}
