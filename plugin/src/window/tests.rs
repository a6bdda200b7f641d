//! What the window says, word for word, without a window: the plugin behind it is whole, with the real
//! library. What is missing or damaged is so for a process, so each case has one of its own.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_engine::realtime::{Mode, Status};
use limpid_engine::runtime::{FILE_VARIABLE, LibraryFacts};
use limpid_panel::NoticeKind;

use super::*;
use crate::Limpid;
use crate::stream::{Glance, Shape};

/// Says which case a process is for.
const CASE: &str = "LIMPID_TEST_NOTICE";

const PASSES: &str = "The sound passes through unchanged until this is mended.";

const SHAPE: Shape = Shape {
    sample_rate: 48_000,
    channels: 2,
    longest_block: 512,
    mode: Mode::RealTime,
};

/// The user's data folder of a case, with the library and the models that are shipped.
struct Home(PathBuf);

impl Home {
    fn new(case: &str) -> Self {
        let name = format!("limpid-notices-{}-{case}", std::process::id());
        let home = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(home.models()).expect("a folder");
        let library = std::env::var_os(FILE_VARIABLE).map_or_else(
            || project(&format!(".limpid/{}", file_name())),
            PathBuf::from,
        );
        fs::copy(library, home.library()).expect("the library of `cargo xtask setup`");
        let shipped = project("assets/models/limpid.onnx");
        fs::copy(shipped, home.models().join("limpid.onnx")).expect("a model");
        home
    }

    fn library(&self) -> PathBuf {
        self.0.join("limpid").join(file_name())
    }

    fn models(&self) -> PathBuf {
        self.0.join("limpid/models")
    }

    /// Runs a case in a process that finds nothing but this.
    fn runs(&self, case: &str) {
        let output = Command::new(std::env::current_exe().expect("the test's own path"))
            .args(["--exact", "window::tests::a_case"])
            .args(["--nocapture", "--ignored"])
            .env_remove(FILE_VARIABLE)
            .env("XDG_DATA_HOME", &self.0)
            .env("XDG_DATA_DIRS", "/nowhere")
            .env(CASE, case)
            .output()
            .expect("the test again");
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "see above");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // In the system's folder for such things, where it harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn file_name() -> &'static str {
    LibraryFacts::current()
        .expect("a system that Limpid runs on")
        .file_name
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn fixture(name: &str) -> PathBuf {
    project(&format!("engine/tests/fixtures/{name}.onnx"))
}

/// Where the user of this process keeps models.
fn models() -> PathBuf {
    crate::places::own_models()
}

#[test]
#[ignore = "run by the others, each in a process of its own"]
fn a_case() {
    match std::env::var(CASE).as_deref() {
        Ok("no-library") => no_library(),
        Ok("damaged-library") => damaged_library(),
        Ok("no-model") => no_model(),
        Ok("gone") => gone(),
        Ok("other-version") => other_version(),
        Ok("refused") => refused(),
        Ok("too-slow") => too_slow(),
        Ok("other-latency") => other_latency(),
        Ok("own-model") => own_model(),
        _ => {}
    }
}

/// An instance that plays, and its window's hands.
struct Instance {
    plugin: Limpid,
    hands: Hands,
}

impl Instance {
    fn wanting(wanted: Option<Wanted>) -> Self {
        let mut plugin = Limpid::default();
        if let Some(wanted) = wanted {
            plugin.librarian.wish().choose(wanted);
        }
        plugin.start(SHAPE);
        let plugged = Plugged {
            parameters: Arc::clone(&plugin.parameters),
            stream: Arc::clone(&plugin.stream),
            wish: plugin.librarian.wish(),
        };
        let window = Window::new(plugged, Arc::default(), WindowThread::default());
        Self {
            plugin,
            hands: window.hands,
        }
    }

    fn says(&self) -> String {
        self.hands.notice().map(|n| n.text).unwrap_or_default()
    }

    /// Chooses a file as a user does, and waits for what comes of it.
    fn choose(&mut self, path: &Path) {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let name = name.into_owned();
        let path = path.to_owned();
        self.hands.choose_model(ModelChoice { name, path });
        self.until("nothing was said", |instance| !instance.says().is_empty());
    }

    fn until(&self, failure: &str, so: impl Fn(&Self) -> bool) {
        for _ in 0..2_000 {
            if so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{failure}");
    }

    /// What a session that is saved now says of its model.
    fn saved(&self) -> Wanted {
        self.plugin.parameters.model.get()
    }

    /// The first model plays on, and is what would be saved.
    fn plays_on(&self) {
        assert!(self.hands.model().starts_with("limpid "));
        assert_eq!(
            (self.saved().file_name(), self.saved().path),
            ("limpid", None)
        );
        assert!(!self.saved().sha256.is_empty());
    }
}

fn named(name: &str) -> Option<Wanted> {
    Some(Wanted {
        name: name.into(),
        ..Wanted::default()
    })
}

#[test]
fn a_missing_library_is_told_with_the_place_where_it_belongs() {
    let home = Home::new("no-library");
    fs::remove_file(home.library()).expect("a file to remove");
    home.runs("no-library");
}

fn no_library() {
    let instance = Instance::wanting(None);
    let beside = std::env::current_exe().expect("a path");
    let folder = beside.with_file_name("Limpid-data");
    let expected = format!(
        "{PASSES} The ONNX Runtime library {} was not found; install Limpid again, or put it into {}.",
        file_name(),
        folder.display()
    );
    let notice = instance.hands.notice().expect("a notice");
    assert_eq!(notice.text, expected);
    assert_eq!(notice.kind, NoticeKind::Warning);
    assert!(!notice.dismissible, "its cause lasts");
    assert_eq!(instance.hands.facts().sound, Sound::PassedThrough);
    assert_eq!(instance.hands.model(), "");
}

#[test]
fn a_damaged_library_is_told_with_its_length() {
    let home = Home::new("damaged-library");
    fs::write(home.library(), b"cut short").expect("a file");
    home.runs("damaged-library");
}

fn damaged_library() {
    let says = Instance::wanting(None).says();
    assert!(says.starts_with(PASSES), "{says}");
    let ends = "; it is damaged or another build, install Limpid again.";
    assert!(
        says.contains(" has 9 bytes, ONNX Runtime 1.23.2 has "),
        "{says}"
    );
    assert!(says.ends_with(ends), "{says}");
}

#[test]
fn no_model_at_all_is_told_with_the_place_where_it_belongs() {
    let home = Home::new("no-model");
    fs::remove_file(home.models().join("limpid.onnx")).expect("a file to remove");
    home.runs("no-model");
}

fn no_model() {
    let expected = format!(
        "{PASSES} The model limpid was not found; install Limpid again, or put limpid.onnx into {}.",
        models().display()
    );
    assert_eq!(Instance::wanting(None).says(), expected);
}

#[test]
fn a_session_whose_model_is_gone_is_told_what_runs_instead() {
    Home::new("gone").runs("gone");
}

fn gone() {
    let path = PathBuf::from("/nowhere/own.onnx");
    let instance = Instance::wanting(Some(Wanted {
        name: "own".into(),
        path: Some(path.clone()),
        ..Wanted::default()
    }));
    let expected = "The model /nowhere/own.onnx does not exist. The model limpid runs instead.";
    assert_eq!(instance.says(), expected);
    assert!(instance.hands.model().starts_with("limpid "));
    // It keeps the name, for the machine that has it.
    assert_eq!(instance.saved().path, Some(path));

    let instance = Instance::wanting(named("theirs"));
    let expected = format!(
        "The model theirs was not found; install Limpid again, or put theirs.onnx into {}. The \
         model limpid runs instead.",
        models().display()
    );
    assert_eq!(instance.says(), expected);
}

#[test]
fn another_version_of_a_model_than_was_heard_is_told() {
    Home::new("other-version").runs("other-version");
}

fn other_version() {
    let mut instance = Instance::wanting(Some(Wanted {
        name: "limpid".into(),
        sha256: "00".into(),
        ..Wanted::default()
    }));
    let expected = "This is another version of the model limpid than the session was saved with.";
    assert_eq!(instance.says(), expected);
    // What has been read may be put away.
    instance.hands.dismiss_notice();
    assert_eq!(instance.says(), "");
}

#[test]
fn a_file_that_is_refused_by_choice_leaves_the_model_before() {
    Home::new("refused").runs("refused");
}

fn refused() {
    let mut instance = Instance::wanting(None);
    let broken = models().join("broken.onnx");
    fs::write(&broken, b"no model").expect("a file");
    instance.choose(&broken);
    let says = instance.says();
    let begins =
        "broken.onnx is not a model that ONNX Runtime can read (damaged, cut short, or no .onnx): ";
    assert!(says.contains(begins), "{says}");
    assert!(says.ends_with(" The model before plays on."), "{says}");
    instance.until("the wish stays", |i| {
        i.saved().path.is_none() && i.saved().file_name() == "limpid"
    });
    instance.plays_on();

    instance.choose(&fixture("no_metadata"));
    let says = instance.says();
    assert!(
        says.contains(" is not a model for Limpid: the metadata has no `limpid.contract`; "),
        "{says}"
    );
    assert!(says.ends_with(" The model before plays on."), "{says}");
}

#[test]
fn a_model_that_is_too_slow_is_refused_with_its_figures() {
    Home::new("too-slow").runs("too-slow");
}

/// The shipped model, which takes a fifth of a millisecond or so, for hops of half that.
fn too_slow() {
    let mut instance = Instance::wanting(None);
    let mut bytes = fs::read(models().join("limpid.onnx")).expect("a model");
    bytes.extend(metadata("limpid.hop_ms", "0.1"));
    let slow = models().join("slow.onnx");
    fs::write(&slow, bytes).expect("a model");
    instance.choose(&slow);
    let says = instance.says();
    assert!(says.starts_with("slow takes "), "{says}");
    let ends = " ms of computing for 0.10 ms of sound on this computer, which is too slow for real \
                time; choose another model. The model before plays on.";
    assert!(says.ends_with(ends), "{says}");
    instance.plays_on();
}

/// An entry of `metadata_props` (14) in an ONNX file: a message with a key (1) and a value (2), each with
/// a length of one byte. Of two entries with one key the later counts.
fn metadata(key: &str, value: &str) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("a short text");
        [&[number << 3 | 2, length], bytes].concat()
    };
    field(
        14,
        &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat(),
    )
}

#[test]
fn a_model_of_another_latency_is_told_and_no_more_once_it_plays() {
    Home::new("other-latency").runs("other-latency");
}

fn other_latency() {
    let mut instance = Instance::wanting(None);
    let other = fixture("waveform_identity");
    instance.choose(&other);
    let expected = |asked: &str| {
        format!(
            "waveform_identity 1.0 · up to 24 kHz has another latency. It takes over when the host \
             next starts the plugin anew{asked}; until then the present model plays."
        )
    };
    assert_eq!(instance.says(), expected(""));
    assert!(instance.hands.model().starts_with("limpid "));
    // Once, to whoever looks first: the audio thread or a window.
    assert!(instance.plugin.stream.restart_is_due());
    assert!(!instance.plugin.stream.restart_is_due());
    assert_eq!(instance.says(), expected(", which it has been asked for"));

    // Who comes back to what plays is not told of it any more, and no activation is asked for.
    instance.hands.choose_model(ModelChoice {
        name: "limpid".into(),
        path: models().join("limpid.onnx"),
    });
    let plays = |i: &Instance| i.says().is_empty() && i.saved().path.is_none();
    instance.until("it still waits", plays);
    assert!(!instance.plugin.stream.restart_is_due());

    instance.choose(&other);
    assert!(instance.hands.links());
    instance.plugin.start(SHAPE);
    assert_eq!(instance.says(), "");
    assert!(instance.hands.model().starts_with("waveform_identity "));
    assert!(!instance.hands.links(), "it hears each channel by itself");
    assert!(!instance.plugin.stream.restart_is_due());
}

#[test]
fn a_model_in_the_user_s_folder_is_in_the_list_and_can_be_chosen() {
    let home = Home::new("own-model");
    let own = home.models().join("theirs.onnx");
    fs::copy(fixture("identity_k1"), own).expect("a model");
    home.runs("own-model");
}

fn own_model() {
    let mut instance = Instance::wanting(None);
    let list = instance.hands.models();
    let names: Vec<&str> = list.iter().map(|choice| choice.name.as_str()).collect();
    assert_eq!(names, ["limpid", "theirs"]);
    instance.hands.choose_model(list[1].clone());
    instance.until("it was not taken", |i| i.hands.model() == "identity_k1 1.0");
    instance.until("it is not saved", |i| !i.saved().sha256.is_empty());
    // By its name: the folder may lie elsewhere on another machine.
    assert_eq!(
        (instance.saved().file_name(), instance.saved().path),
        ("theirs", None)
    );
    assert_eq!(instance.says(), "");
}

#[test]
fn a_failure_while_playing_is_told_with_its_reason() {
    let failed = Some("out of memory".to_owned());
    let status = Status {
        failed,
        ..Status::default()
    };
    let glance = Glance {
        status,
        ..Glance::default()
    };
    let notice = notice::of(glance, true).expect("a notice");
    let expected = "The model has failed, and the sound passes through unchanged: out of memory.";
    assert_eq!(notice.text, expected);
    assert!(!notice.dismissible);
}

#[test]
fn a_worker_without_priority_is_told_of_once_something_was_missed() {
    let glance = |misses| Glance {
        status: Status {
            misses,
            ..Status::default()
        },
        priority: Some("Operation not permitted (os error 1)".into()),
        ..Glance::default()
    };
    assert_eq!(notice::of(glance(0), false), None);
    let notice = notice::of(glance(1), false).expect("a notice");
    assert_eq!(
        notice.text,
        "Some sound was not computed in time, and the system gives the worker no priority over other \
         programs: Operation not permitted (os error 1). Use larger blocks, or allow it real-time priority."
    );
    assert_eq!(notice.kind, NoticeKind::Information);
    assert!(notice.dismissible);
    assert_eq!(notice::of(glance(1), true), None, "it was put away");
}
