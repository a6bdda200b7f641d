//! The whole window without a screen, on devices that are not there: what is clicked, and what comes of it.

#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape, Vec2};
use limpid_panel::{DEFAULT_SIZE, ModelChoice, Shell, install_fonts};

use super::hands::Hands;
use super::{Surroundings, Window, bar};
use crate::audio::null::World;
use crate::audio::{Direction, Kept};
use crate::settings::{self, Output, Settings};

/// Long beyond what anything here takes, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A window that only exists here.
struct Scene {
    context: Context,
    window: Window,
    events: Vec<Event>,
    begun: Instant,
    /// What was drawn in the last frame, and where.
    texts: Vec<(String, Pos2)>,
}

/// Where `folder` keeps everything, on the devices of `world`.
fn surroundings(world: &World, folder: &Path) -> Surroundings {
    let world = world.clone();
    Surroundings {
        file: Some(folder.join("settings.json")),
        recordings: Some(folder.to_owned()),
        sound: Arc::new(move || world.system()),
    }
}

impl Scene {
    fn open(surroundings: &Surroundings) -> Self {
        let context = Context::default();
        install_fonts(&context);
        let (settings, told) = surroundings.settings();
        let hands = Hands::new(settings, surroundings.clone(), told, context.clone());
        Self {
            context,
            window: Window::new(hands),
            events: Vec::new(),
            begun: Instant::now(),
            texts: Vec::new(),
        }
    }

    fn frame(&mut self) {
        let [width, height] = DEFAULT_SIZE;
        let size = Vec2::new(width, height + bar::HEIGHT);
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(self.begun.elapsed().as_secs_f64()),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..RawInput::default()
        };
        let window = &mut self.window;
        let mut output = self.context.run_ui(input, |ui| window.draw(ui));
        output.textures_delta.clear();
        self.texts.clear();
        for shape in &output.shapes {
            collect(&shape.shape, &mut self.texts);
        }
    }

    /// Where a text is drawn.
    fn find(&self, text: &str) -> Option<Pos2> {
        let mut all = self.texts.iter();
        all.find(|(drawn, _)| drawn.trim() == text)
            .map(|(_, at)| *at)
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        self.frame();
        while !done(self) {
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} has not happened: {:?}, {:?}",
                self.window.hands.glance,
                self.texts
            );
            std::thread::sleep(Duration::from_millis(10));
            self.frame();
        }
    }

    /// Waits for a text and clicks on it.
    #[track_caller]
    fn click(&mut self, text: &str) {
        self.until(text, |scene| scene.find(text).is_some());
        // What has just opened may still move.
        self.frame();
        let pos = self.find(text).expect("a text that was there");
        self.events.push(Event::PointerMoved(pos));
        self.frame();
        for pressed in [true, false] {
            self.events.push(Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
            self.frame();
        }
    }

    /// Names of the microphone, the output and what one hears oneself.
    fn open_devices(&self) -> [Option<String>; 3] {
        let glance = &self.window.hands.glance;
        let [output, monitor] = &glance.outputs;
        [&glance.input, output, monitor].map(|side| Some(side.as_ref()?.name.clone()))
    }

    fn shows(&self, words: &str) -> bool {
        self.texts.iter().any(|(drawn, _)| drawn.contains(words))
    }
}

fn collect(shape: &Shape, texts: &mut Vec<(String, Pos2)>) {
    match shape {
        Shape::Text(text) => {
            let middle = Rect::from_min_size(text.pos, text.galley.size()).center();
            texts.push((text.galley.text().to_owned(), middle));
        }
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, texts)),
        _ => {}
    }
}

/// As after a first start, but with a model that answers at once.
fn begin(folder: &Path) {
    begin_with("identity_k1", folder);
}

fn fixture(model: &str) -> PathBuf {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine");
    engine.join(format!("tests/fixtures/{model}.onnx"))
}

fn begin_with(model: &str, folder: &Path) {
    let settings = Settings {
        model: fixture(model),
        ..Settings::default()
    };
    settings::save(&folder.join("settings.json"), &settings).expect("a file");
}

fn named(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn what_is_chosen_is_used_and_is_there_at_the_next_start_but_hearing_it() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    world.plug(Direction::Input, "headset");
    world.plug(Direction::Output, "headphones");
    let around = surroundings(&world, folder.path());
    let mut scene = Scene::open(&around);
    scene.until("the microphone", |s| s.open_devices()[0] == named("mic"));
    // Nothing is played until somebody says so.
    assert_eq!(scene.open_devices()[1..], [None, None]);
    assert_eq!(world.opened(), 1);

    scene.click("mic");
    scene.click("headset");
    scene.until("the headset", |s| s.open_devices()[0] == named("headset"));
    scene.click("To nothing");
    scene.click("headphones");
    scene.until("the output", |s| s.open_devices()[1] == named("headphones"));
    scene.click("Auto");
    scene.click("128 frames");
    scene.click("Hear it");
    scene.until("the monitor", |s| s.open_devices()[2] == named("speaker"));
    scene.until("sound", |_| world.played().iter().any(|x| *x != 0.0));
    scene.window.hands.save();
    drop(scene);

    let mut scene = Scene::open(&around);
    scene.until("both devices", |s| {
        s.open_devices()[..2] == [named("headset"), named("headphones")]
    });
    scene.until("the choices", |s| {
        ["headset", "To headphones", "128"]
            .iter()
            .all(|text| s.find(text).is_some())
    });
    // Headphones come off.
    assert_eq!(scene.open_devices()[2], None);
    assert!(!scene.window.hands.monitor);
}

#[test]
fn what_is_chosen_while_it_starts_is_done_once_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    world.plug(Direction::Input, "headset");
    world.plug(Direction::Output, "headphones");
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    let kept = |name: &str| Kept {
        id: format!("null:{name}"),
        name: name.to_owned(),
    };
    // Nothing runs before the first frame.
    let hands = &mut scene.window.hands;
    hands.choose_input(Some(kept("headset")));
    hands.choose_output(Output::Device(kept("headphones")));
    hands.listen(true);
    let file = fixture("waveform_identity");
    hands.choose_model(ModelChoice {
        name: "another".to_owned(),
        path: file.clone(),
    });
    let devices = ["headset", "headphones", "speaker"].map(named);
    scene.until("all three", |s| s.open_devices() == devices);
    scene.until("the model", |s| s.window.hands.settings.model == file);
}

#[test]
fn a_model_that_does_not_load_is_told_and_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the microphone", |s| s.open_devices()[0] == named("mic"));
    scene.window.hands.choose_model(ModelChoice {
        name: "broken".to_owned(),
        path: folder.path().join("broken.onnx"),
    });
    scene.until("the notice", |s| s.shows("The model before plays on"));
    assert_eq!(scene.window.hands.settings.model, fixture("identity_k1"));
}

#[test]
fn a_device_of_another_sound_system_is_kept_under_its_own_name() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    world.plug_spare("card");
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the microphone", |s| s.open_devices()[0] == named("mic"));
    scene.click("mic");
    scene.click("card (spare)");
    scene.until("the card", |s| s.open_devices()[0] == named("card"));
    let kept = scene.window.hands.settings.input.clone();
    assert_eq!(kept.expect("a choice").name, "card");
}

#[test]
fn record_writes_two_files() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the microphone", |s| s.open_devices()[0].is_some());
    scene.click("Record");
    scene.until("half a second of it", |s| {
        let recording = &s.window.hands.glance.recording;
        recording
            .as_ref()
            .is_some_and(|(_, seconds)| *seconds > 0.5)
    });
    scene.click("0:00");
    scene.until("its end", |s| s.window.hands.glance.recording.is_none());
    scene.until("the names", |s| s.shows("Limpid 1 voice.wav"));
    drop(scene);
    for name in ["Limpid 1 noisy.wav", "Limpid 1 voice.wav"] {
        let reader = hound::WavReader::open(folder.path().join(name)).expect("a WAV file");
        assert!(reader.len() > 20_000, "{name}: {}", reader.len());
    }
}

#[test]
fn broken_settings_are_told_and_the_first_ones_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("settings.json");
    std::fs::write(&broken, "{\"input\": 7,").expect("a file");
    let world = World::new();
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the notice", |s| {
        s.shows("cannot be read") && s.shows("settings.broken.json")
    });
    scene.until("an empty choice", |s| s.find("To nothing").is_some());
}

#[test]
fn a_microphone_that_is_gone_is_told_until_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    begin(folder.path());
    let world = World::new();
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the microphone", |s| s.open_devices()[0].is_some());
    world.unplug("mic", false);
    scene.until("the notice", |s| s.shows("Limpid tries again by itself"));
    world.plug(Direction::Input, "mic");
    scene.until("no notice", |s| !s.shows("Limpid tries again by itself"));
    // Nor one to be put away, of what is no more.
    scene.until("no notice", |s| !s.shows("is gone"));
    scene.until("the microphone", |s| s.open_devices()[0].is_some());
}

#[test]
fn the_link_does_nothing_for_a_model_that_hears_each_channel_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    begin_with("waveform_identity", folder.path());
    let world = World::new();
    let mut scene = Scene::open(&surroundings(&world, folder.path()));
    scene.until("the microphone", |s| s.open_devices()[0] == named("mic"));
    scene.click("Link");
    assert!(scene.window.hands.controls().link);
}
