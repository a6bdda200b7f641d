//! Where the ONNX Runtime library is looked for. Each case runs in a process of its own, for a process
//! can load the library once only, and the places depend on its environment.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_engine::runtime::{LibraryFacts, Runtime, RuntimeError, Search, verify};
use support::folder;

/// What a process is told to do: paths, `|` between them.
const NAMED: &str = "LIMPID_TEST_NAMED";
const BESIDE: &str = "LIMPID_TEST_BESIDE";
const BUILD: &str = "LIMPID_TEST_BUILD";
/// Before the process's answer, which stands among what the test harness prints.
const ANSWER: &str = "answer: ";

/// The process: tries one build after the other, then the search; prints what came of each.
#[test]
#[ignore = "the other tests run it, each in a process of its own"]
fn in_a_process_of_its_own() {
    let paths = |name| -> Vec<PathBuf> {
        let list = env::var(name).unwrap_or_default();
        list.split('|')
            .filter(|p| !p.is_empty())
            .map(PathBuf::from)
            .collect()
    };
    for path in paths(BUILD) {
        answer(Runtime::load_build(&path, &facts_of(&path)));
    }
    for path in paths(NAMED) {
        answer(Runtime::load(&Search::new().file(path)));
    }
    let search = paths(BESIDE)
        .into_iter()
        .fold(Search::new(), Search::folder);
    answer(Runtime::load(&search));
}

fn answer(outcome: Result<Runtime, RuntimeError>) {
    match outcome {
        Ok(runtime) => println!("{ANSWER}loaded {}", runtime.path().display()),
        Err(e) => {
            let variant = format!("{e:?}");
            let variant = variant
                .split([' ', '{'])
                .next()
                .unwrap_or_default()
                .to_owned();
            println!("{ANSWER}{variant}: {e}");
        }
    }
}

/// Facts that are true of any file, so that it passes the check and reaches the system's loader.
fn facts_of(path: &Path) -> LibraryFacts {
    let mut facts = LibraryFacts {
        bytes: path.metadata().unwrap().len(),
        ..facts().clone()
    };
    if let Err(RuntimeError::WrongHash { found, .. }) = verify(path, &facts) {
        facts.sha256 = found.leak();
    }
    facts
}

fn facts() -> &'static LibraryFacts {
    LibraryFacts::current().unwrap()
}

/// A process whose user and system have nothing of Limpid.
struct Process {
    command: Command,
    home: PathBuf,
}

impl Process {
    fn new(name: &str) -> Self {
        let home = folder(name);
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args([
                "in_a_process_of_its_own",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env_remove("LIMPID_ONNXRUNTIME")
            .env("HOME", home.join("home"))
            .env("XDG_DATA_HOME", home.join("user"))
            .env("XDG_DATA_DIRS", home.join("system"))
            .env("LOCALAPPDATA", home.join("user"))
            .env("PROGRAMDATA", home.join("system"));
        Self { command, home }
    }

    fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts something into a folder under the library's own name.
    fn put(self, folder: &str, content: Content) -> Self {
        content.write(&self.home.join(folder).join(facts().file_name));
        self
    }

    /// The process's answers; it must have lived to the end.
    fn answers(mut self) -> Vec<String> {
        let output = self.command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {text}", output.status);
        let answers = text.lines().filter_map(|line| line.split_once(ANSWER));
        answers.map(|(_, answer)| answer.to_owned()).collect()
    }

    fn answer(self) -> String {
        let answers = self.answers();
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.into_iter().next().unwrap()
    }
}

#[derive(Clone, Copy)]
enum Content {
    True,
    Cut,
    Text,
}

impl Content {
    fn write(self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let library = support::runtime().path().to_owned();
        match self {
            // A link where it can be: each copy has 22 MB.
            Self::True => {
                if fs::hard_link(&library, path).is_err() {
                    fs::copy(&library, path).unwrap();
                }
            }
            Self::Cut => {
                let bytes = fs::read(library).unwrap();
                fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
            }
            Self::Text => fs::write(path, "not a library").unwrap(),
        }
    }
}

fn loaded(path: &Path) -> String {
    format!("loaded {}", path.display())
}

#[test]
fn without_a_library_the_error_lists_every_place() {
    let process = Process::new("nowhere").env(BESIDE, "/beside/one|/beside/two");
    let home = process.home.clone();
    let answer = process.answer();
    assert!(answer.starts_with("NotFound: "), "{answer}");
    if cfg!(not(target_os = "macos")) {
        let name = facts().file_name;
        let places = [
            PathBuf::from("/beside/one").join(name),
            PathBuf::from("/beside/two").join(name),
            home.join("user/limpid").join(name),
            home.join("system/limpid").join(name),
        ];
        let listed = places.map(|p| p.display().to_string()).join(", ");
        assert!(answer.ends_with(&format!("Searched: {listed}")), "{answer}");
    }
}

#[test]
fn a_named_file_may_have_any_name() {
    let process = Process::new("named");
    let path = process.home.join("original name.so.1.23.2");
    Content::True.write(&path);
    let answers = process.env(NAMED, &path).answers();
    assert_eq!(answers, [loaded(&path), loaded(&path)]);
}

#[test]
fn a_named_file_that_is_missing_is_not_passed_over() {
    let process = Process::new("named_missing").put("beside", Content::True);
    let (path, beside) = (process.home.join("none.so"), process.home.join("beside"));
    let answers = process.env(NAMED, &path).env(BESIDE, &beside).answers();
    assert!(answers[0].starts_with("Missing: "), "{answers:?}");
    // Nothing was loaded by then, and the search is free to find the other.
    assert_eq!(answers[1], loaded(&beside.join(facts().file_name)));
}

#[test]
fn the_variable_goes_before_every_folder() {
    let process = Process::new("variable").put("beside", Content::True);
    let (path, beside) = (process.home.join("other.so"), process.home.join("beside"));
    Content::True.write(&path);
    let answer = process
        .env("LIMPID_ONNXRUNTIME", &path)
        .env(BESIDE, beside)
        .answer();
    assert_eq!(answer, loaded(&path));
}

#[test]
fn the_variable_is_not_passed_over_when_it_is_wrong() {
    let process = Process::new("variable_wrong").put("beside", Content::True);
    let (folder, beside) = (process.home.clone(), process.home.join("beside"));
    let answer = process
        .env("LIMPID_ONNXRUNTIME", folder)
        .env(BESIDE, beside)
        .answer();
    assert!(answer.starts_with("NotAFile: "), "{answer}");
}

#[test]
fn an_empty_variable_says_nothing() {
    let process = Process::new("variable_empty").put("beside", Content::True);
    let beside = process.home.join("beside");
    let answer = process
        .env("LIMPID_ONNXRUNTIME", "")
        .env(BESIDE, &beside)
        .answer();
    assert_eq!(answer, loaded(&beside.join(facts().file_name)));
}

#[test]
fn the_folder_beside_goes_before_the_users() {
    let process = Process::new("beside")
        .put("beside", Content::True)
        .put("user/limpid", Content::True);
    let beside = process.home.join("beside");
    let answer = process.env(BESIDE, &beside).answer();
    assert_eq!(answer, loaded(&beside.join(facts().file_name)));
}

#[test]
fn the_first_library_decides_though_a_later_one_is_whole() {
    let process = Process::new("damaged")
        .put("beside", Content::Text)
        .put("user/limpid", Content::True);
    let beside = process.home.join("beside");
    let answer = process.env(BESIDE, beside).answer();
    assert!(answer.starts_with("WrongSize: "), "{answer}");
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_users_folder_goes_before_the_systems() {
    let process = Process::new("user")
        .put("user/limpid", Content::True)
        .put("system/limpid", Content::Text);
    let path = process.home.join("user/limpid").join(facts().file_name);
    assert_eq!(process.answer(), loaded(&path));
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_systems_folder_is_the_last() {
    let process = Process::new("system").put("system/limpid", Content::True);
    let path = process.home.join("system/limpid").join(facts().file_name);
    assert_eq!(process.answer(), loaded(&path));
}

#[cfg(target_os = "linux")]
#[test]
fn a_relative_data_folder_is_ignored_for_the_one_in_home() {
    let process = Process::new("relative").put("home/.local/share/limpid", Content::True);
    let path = process
        .home
        .join("home/.local/share/limpid")
        .join(facts().file_name);
    assert_eq!(
        process.env("XDG_DATA_HOME", "relative").answer(),
        loaded(&path)
    );
}

#[test]
fn in_a_folder_the_library_has_our_name() {
    let process = Process::new("name");
    let beside = process.home.join("beside");
    Content::True.write(&beside.join("libonnxruntime.so.1.23.2"));
    let answer = process.env(BESIDE, beside).answer();
    assert!(answer.starts_with("NotFound: "), "{answer}");
}

#[test]
fn a_cut_library_is_refused_before_the_loader_dies_of_it() {
    // Loaded, it would end the process by a bus error.
    let process = Process::new("cut").put("beside", Content::Cut);
    let beside = process.home.join("beside");
    let answer = process.env(BESIDE, beside).answer();
    assert!(answer.starts_with("WrongSize: "), "{answer}");
}

#[test]
fn a_file_that_the_loader_refuses_does_not_stand_in_the_way_of_a_good_one() {
    let process = Process::new("refused").put("beside", Content::True);
    let (text, beside) = (process.home.join("text.so"), process.home.join("beside"));
    Content::Text.write(&text);
    let text_twice = format!("{0}|{0}", text.display());
    let answers = process
        .env(BUILD, text_twice)
        .env(BESIDE, &beside)
        .answers();
    assert!(answers[0].starts_with("Refused: "), "{answers:?}");
    assert!(answers[1].starts_with("Refused: "), "{answers:?}");
    assert_eq!(answers[2], loaded(&beside.join(facts().file_name)));
}
