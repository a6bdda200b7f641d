//! Sessions on devices that come and go as the test wants.

#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use limpid_engine::controls::Controls;
use limpid_engine::network::Model;

use super::{Command, Live, Order, OutputOrder};
use crate::audio::null::World;
use crate::audio::{Choice, Direction, Wish};
use crate::live::recorder::{Paths, Series};
use crate::live::{MAIN, load_model};

/// Long beyond what anything here takes, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn identity() -> PathBuf {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine");
    engine.join("tests/fixtures/identity_k1.onnx")
}

fn model() -> Model {
    load_model(&identity()).expect("a model of the engine's tests")
}

fn wish(choice: Choice) -> Wish {
    Wish {
        choice,
        buffer: None,
        channels: None,
    }
}

pub(super) fn order(output: Option<Choice>) -> Order {
    let output = output.map(|choice| OutputOrder {
        wish: wish(choice),
        provide: None,
    });
    Order {
        input: wish(Choice::Default),
        provide_input: None,
        input_may_rest: false,
        outputs: [output, None],
        safety: Some(Duration::from_millis(20)),
        record: None,
        controls: Controls::default(),
        on_demand: false,
        patient: false,
    }
}

fn start(world: &World, order: Order) -> Live {
    start_with(world, order, &identity())
}

/// A session of another model.
pub(super) fn start_with(world: &World, order: Order, model: &Path) -> Live {
    let model = load_model(model).expect("a model");
    Live::start(order, model, world.system()).expect("a session")
}

/// Waits until `done`, or fails with what happened instead.
#[track_caller]
pub(super) fn until(live: &Live, what: &str, mut done: impl FnMut(&Live) -> bool) {
    let begun = Instant::now();
    while !done(live) {
        assert!(
            begun.elapsed() < PATIENCE,
            "{what} has not happened: {:?}, {:?}",
            live.board.glance(),
            live.events()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn sounds(world: &World) -> impl FnMut(&Live) -> bool + '_ {
    |_| world.played().iter().any(|x| *x != 0.0)
}

/// Names of what is open: the input's, then the output's.
fn names(live: &Live) -> (Option<String>, Option<String>) {
    let glance = live.board.glance();
    let [output, _] = glance.outputs;
    (glance.input.map(|s| s.name), output.map(|s| s.name))
}

#[test]
fn what_the_microphone_hears_is_played_and_told() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Default)));
    until(&live, "sound", sounds(&world));
    until(&live, "a latency", |live| {
        let latency = live.board.glance().latency;
        latency.is_some_and(|latency| latency.bridge > Duration::ZERO)
    });
    assert!(live.board.peaks().voice > 0.0);
    assert_eq!(names(&live), (Some("mic".into()), Some("speaker".into())));
    let counts = live.finish();
    assert!(counts.hops > 0);
    assert_eq!(world.open(), 0);
}

#[test]
fn without_an_output_nothing_is_played() {
    let world = World::new();
    let live = start(&world, order(None));
    until(&live, "a level", |live| live.board.peaks().voice > 0.0);
    assert_eq!(world.opened(), 1);
}

#[test]
fn fifty_starts_and_stops_leave_nothing_open() {
    let world = World::new();
    for _ in 0..50 {
        let live = start(&world, order(Some(Choice::Default)));
        until(&live, "an output", |live| names(live).1.is_some());
        drop(live);
        assert_eq!(world.open(), 0);
    }
    assert_eq!(world.opened(), 100);
}

#[test]
fn a_microphone_that_is_unplugged_resumes_when_it_is_back() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Named("null:speaker".into()))));
    for silently in [false, true] {
        until(&live, "sound", sounds(&world));
        world.unplug("mic", silently);
        until(&live, "the loss", |live| names(live).0.is_none());
        let events = live.events();
        assert!(events.iter().any(|e| e.warning), "{events:?}");
        world.plug(Direction::Input, "mic");
        until(&live, "the return", |live| names(live).0.is_some());
        world.played();
    }
    until(&live, "sound", sounds(&world));
}

#[test]
fn an_output_that_is_unplugged_resumes_when_it_is_back() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Named("speaker".into()))));
    for silently in [false, true] {
        until(&live, "sound", sounds(&world));
        world.unplug("speaker", silently);
        until(&live, "the loss", |live| names(live).1.is_none());
        // The microphone goes on, for the recording and the meters.
        assert!(names(&live).0.is_some());
        world.plug(Direction::Output, "speaker");
        until(&live, "the return", |live| names(live).1.is_some());
        world.played();
    }
    until(&live, "sound", sounds(&world));
}

#[test]
fn the_system_s_default_is_followed_and_a_device_of_choice_is_not_left() {
    let world = World::new();
    world.plug(Direction::Input, "headset");
    let live = start(&world, order(Some(Choice::Named("speaker".into()))));
    until(&live, "the microphone", |live| names(live).0.is_some());
    world.plug(Direction::Output, "headphones");
    world.set_default(Direction::Input, "headset");
    world.set_default(Direction::Output, "headphones");
    until(&live, "the headset", |live| {
        names(live) == (Some("headset".into()), Some("speaker".into()))
    });
    let events = live.events();
    assert!(
        events
            .iter()
            .any(|e| e.text.contains("headset now, not mic")),
        "{events:?}"
    );
    // It is what the user asked for.
    assert!(events.iter().all(|e| !e.warning), "{events:?}");
}

#[test]
fn what_a_part_of_a_name_has_meant_is_not_replaced_by_another_that_has_it() {
    let world = World::new();
    world.plug(Direction::Input, "red headset");
    let mut order = order(None);
    order.input.choice = Choice::Named("headset".into());
    let live = start(&world, order);
    let red = Some("red headset".to_owned());
    until(&live, "the headset", |live| names(live).0 == red);
    world.unplug("red headset", false);
    world.plug(Direction::Input, "blue headset");
    until(&live, "the reason", |live| {
        let waiting = live.board.glance().waiting;
        waiting.iter().any(|reason| reason.contains("is not there"))
    });
    assert_eq!(names(&live).0, None);
    world.plug(Direction::Input, "red headset");
    until(&live, "the headset", |live| names(live).0 == red);
}

#[test]
fn a_server_that_is_away_is_waited_for_although_there_is_another() {
    let world = World::new();
    world.plug_spare("card");
    let live = start(&world, order(Some(Choice::Default)));
    let both = (Some("mic".to_owned()), Some("speaker".to_owned()));
    until(&live, "both", |live| names(live) == both);
    world.set_server(false);
    until(&live, "the reason", |live| {
        let waiting = live.board.glance().waiting;
        let on_null = "there is no input device on null";
        waiting.iter().any(|reason| reason.contains(on_null))
    });
    assert_eq!(names(&live), (None, None));
    world.set_server(true);
    until(&live, "both", |live| names(live) == both);
    // Another choice is not bound to it.
    world.set_server(false);
    live.tell(Command::Input(Choice::Default));
    until(&live, "the card", |live| {
        names(live).0 == Some("card".into())
    });
}

#[test]
fn a_default_that_no_user_means_is_passed_over_and_that_is_told_once() {
    let world = World::new();
    world.hide_default(Direction::Input, true);
    world.plug(Direction::Input, "headset");
    let live = start(&world, order(None));
    let mut told = 0;
    for _ in 0..2 {
        until(&live, "the headset", |live| {
            names(live).0 == Some("headset".into())
        });
        let events = live.events();
        let passed = |e: &&super::Event| e.warning && e.text.contains("input is mic, which is");
        told += events.iter().filter(passed).count();
        world.unplug("headset", false);
        until(&live, "the loss", |live| names(live).0.is_none());
        world.plug(Direction::Input, "headset");
    }
    assert_eq!(told, 1);
}

#[test]
fn a_model_that_cannot_be_had_leaves_the_one_before() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Default)));
    until(&live, "sound", sounds(&world));
    let before = live.board.glance().model;
    live.tell(Command::Model("no/such/model.onnx".into()));
    until(&live, "the refusal", |live| {
        let events = live.events();
        events
            .iter()
            .any(|e| e.warning && e.text.ends_with("The model before plays on"))
    });
    let glance = live.board.glance();
    assert_eq!((glance.model, glance.model_file), (before, None));
    assert!(glance.input.is_some());
    live.tell(Command::Model(identity()));
    until(&live, "the model", |live| {
        live.board.glance().model_file == Some(identity())
    });
    world.played();
    until(&live, "sound", sounds(&world));
}

#[test]
fn devices_are_changed_while_it_runs() {
    let world = World::new();
    world.plug(Direction::Input, "headset");
    let live = start(&world, order(None));
    until(&live, "the microphone", |live| names(live).0.is_some());
    live.tell(Command::Input(Choice::Named("headset".into())));
    live.tell(Command::Output(
        MAIN,
        order(Some(Choice::Default)).outputs[MAIN].take(),
    ));
    until(&live, "both", |live| {
        names(live) == (Some("headset".into()), Some("speaker".into()))
    });
    until(&live, "sound", sounds(&world));
    live.tell(Command::Output(MAIN, None));
    until(&live, "silence", |live| names(live).1.is_none());
}

#[test]
fn nothing_runs_until_somebody_listens() {
    let world = World::new();
    let mut order = order(Some(Choice::Default));
    order.on_demand = true;
    let live = start(&world, order);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(world.opened(), 0);
    assert!(live.board.glance().idle);
    live.tell(Command::Demand(true));
    until(&live, "sound", sounds(&world));
    live.tell(Command::Demand(false));
    until(&live, "rest", |_| world.open() == 0);
    assert!(live.board.glance().idle);
}

#[test]
fn no_device_is_refused_at_once_or_waited_for() {
    let world = World::default();
    let refused = Live::start(order(None), model(), world.system()).err();
    let text = refused.expect("a refusal").to_string();
    assert!(text.contains("there is no input device"), "{text}");
    let mut patient = order(None);
    patient.patient = true;
    let live = start(&world, patient);
    until(&live, "the reason", |live| {
        !live.board.glance().waiting.is_empty()
    });
    world.plug(Direction::Input, "mic");
    until(&live, "the microphone", |live| names(live).0.is_some());
}

#[test]
fn a_recording_lines_up_over_a_loss_and_is_whole() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let paths = Paths {
        noisy: folder.path().join("noisy.wav"),
        voice: folder.path().join("voice.wav"),
    };
    let mut order = order(None);
    order.record = Some(Series::new(paths.clone(), false));
    // Everything at 0 dB: what comes out is what went in.
    order.controls.background_db = 0.0;
    let live = start(&world, order);
    let seconds = |live: &Live| live.board.glance().recording.map_or(0.0, |(_, s)| s);
    until(&live, "a recording", |live| seconds(live) > 0.5);
    let before = seconds(&live);
    world.unplug("mic", false);
    until(&live, "the loss", |live| names(live).0.is_none());
    world.plug(Direction::Input, "mic");
    until(&live, "more of it", |live| seconds(live) > before + 0.5);
    drop(live);
    let read = |path| {
        let mut reader = hound::WavReader::open(path).expect("a file");
        let samples: Result<Vec<f32>, _> = reader.samples::<f32>().collect();
        samples.expect("samples")
    };
    let (noisy, voice) = (read(&paths.noisy), read(&paths.voice));
    assert_eq!(noisy.len(), voice.len());
    assert!(noisy.iter().any(|x| *x != 0.0));
    let worst = noisy.iter().zip(&voice).map(|(a, b)| (a - b).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-5);
}

/// Makes gaps until the session finds them too many, and gives its sentence.
fn raised(live: &Live, mut gap: impl FnMut(&Live)) -> String {
    let begun = Instant::now();
    loop {
        gap(live);
        std::thread::sleep(Duration::from_millis(200));
        let events = live.events();
        if let Some(event) = events.into_iter().find(|e| e.text.contains("was raised")) {
            assert!(event.warning);
            return event.text;
        }
        assert!(begun.elapsed() < PATIENCE, "{:?}", live.board.glance());
    }
}

#[track_caller]
fn assert_brought_back(live: &Live) {
    assert!(live.board.glance().safety_raised);
    live.tell(Command::Reset);
    until(live, "the safety of before", |live| {
        live.board.glance().safety == [Duration::from_millis(20); 2]
    });
    assert!(!live.board.glance().safety_raised);
    until(live, "the sentence", |live| {
        let events = live.events();
        events
            .iter()
            .any(|e| e.text == "the safety is 20 ms again, as asked for")
    });
}

#[test]
fn a_microphone_that_stalls_raises_the_safety_of_the_bridge_and_r_brings_it_back() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Default)));
    until(&live, "sound", sounds(&world));
    let before = live.board.glance().latency.expect("a latency").enhancer;
    let text = raised(&live, |_| {
        world.stall(Direction::Input, Duration::from_millis(100));
    });
    let told = "the safety of the bridge to the output was raised from 20 to 40 ms";
    assert!(text.contains(told), "{text}");
    let glance = live.board.glance();
    assert_eq!(glance.safety.map(|s| s.as_millis()), [20, 40]);
    assert_eq!(glance.latency.expect("a latency").enhancer, before);
    assert!(glance.counts.underruns >= 3);
    assert_brought_back(&live);
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_that_stalls_raises_the_safety_of_the_enhancer_and_r_brings_it_back() {
    use std::sync::atomic::Ordering;
    let world = World::new();
    let live = start(&world, order(None));
    until(&live, "hops", |live| live.board.glance().counts.hops > 0);
    let before = live.board.glance().latency.expect("a latency").enhancer;
    let text = raised(&live, |live| {
        let shown = live.board.shown();
        let input = shown.input.as_ref().expect("an input");
        input.priority.held_up.store(60, Ordering::Relaxed);
    });
    let told = "the safety of the enhancer was raised from 20 to 40 ms";
    assert!(text.contains(told), "{text}");
    let glance = live.board.glance();
    assert_eq!(glance.safety.map(|s| s.as_millis()), [40, 20]);
    let now = glance.latency.expect("a latency").enhancer;
    assert_eq!((now - before).as_millis(), 20);
    assert!(glance.counts.misses >= 3);
    assert_brought_back(&live);
    assert_eq!(
        live.board.glance().latency.expect("a latency").enhancer,
        before
    );
}

#[test]
fn the_system_s_output_is_followed() {
    let world = World::new();
    let live = start(&world, order(Some(Choice::Default)));
    until(&live, "the output", |live| names(live).1.is_some());
    world.plug(Direction::Output, "headphones");
    world.set_default(Direction::Output, "headphones");
    until(&live, "the headphones", |live| {
        names(live) == (Some("mic".into()), Some("headphones".into()))
    });
    let events = live.events();
    let told = |e: &super::Event| e.text.contains("output is headphones now, not speaker");
    assert!(events.iter().any(told), "{events:?}");
    assert!(events.iter().all(|e| !e.warning), "{events:?}");
    world.played();
    until(&live, "sound", sounds(&world));
}
