//! The ONNX Runtime library, once loaded; and what is no such library. What must happen in a process
//! that has loaded nothing stands in `runtime_search.rs`.

#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use limpid_engine::runtime::{LibraryFacts, Runtime, RuntimeError, Search, verify};
use support::{folder, runtime};

fn facts() -> &'static LibraryFacts {
    LibraryFacts::current().unwrap()
}

/// A copy of the library, changed before it is written.
fn changed_library(name: &str, change: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(runtime().path()).unwrap();
    change(&mut bytes);
    let path = folder(name).join(facts().file_name);
    fs::write(&path, bytes).unwrap();
    path
}

fn refusal(path: &Path) -> RuntimeError {
    verify(path, facts()).unwrap_err()
}

#[test]
fn the_library_is_told_by_version_and_path() {
    let runtime = runtime();
    assert_eq!(runtime.version(), "1.23.2");
    assert!(runtime.path().is_absolute());
    assert!(runtime.path().is_file());
}

#[test]
fn whoever_asks_at_the_same_time_gets_the_same_library() {
    let threads: Vec<_> = (0..8)
        .map(|_| thread::spawn(|| runtime().path().to_owned()))
        .collect();
    let paths: HashSet<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(paths.len(), 1);
}

#[test]
fn a_search_finds_the_loaded_library_wherever_it_would_look() {
    let first = runtime();
    let second = Runtime::load(&Search::new().folder("/no/such/folder")).unwrap();
    assert_eq!(first.path(), second.path());
}

#[test]
fn the_loaded_file_may_be_named_again() {
    let first = runtime();
    let second = Runtime::load(&Search::new().file(first.path())).unwrap();
    assert_eq!(first.path(), second.path());
}

#[test]
fn another_file_cannot_be_loaded_as_well() {
    let copy = folder("another").join(facts().file_name);
    fs::copy(runtime().path(), &copy).unwrap();
    for refusal in [
        Runtime::load(&Search::new().file(&copy)).unwrap_err(),
        Runtime::load_build(&copy, facts()).unwrap_err(),
    ] {
        assert!(
            matches!(&refusal, RuntimeError::OtherAlreadyLoaded { asked, .. } if *asked == copy),
            "{refusal}"
        );
    }
}

#[test]
fn the_true_library_is_recognised() {
    verify(runtime().path(), facts()).unwrap();
}

#[test]
fn a_library_that_was_cut_short_is_refused_by_its_size() {
    let path = changed_library("cut", |bytes| bytes.truncate(bytes.len() / 2));
    let refusal = refusal(&path);
    assert!(
        matches!(refusal, RuntimeError::WrongSize { expected, found, .. } if found == expected / 2),
        "{refusal}"
    );
}

#[test]
fn a_library_with_one_other_bit_is_refused_by_its_hash() {
    let path = changed_library("bit", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let refusal = refusal(&path);
    assert!(
        matches!(&refusal, RuntimeError::WrongHash { found, .. } if found.len() == 64),
        "{refusal}"
    );
    assert!(refusal.to_string().contains(&path.display().to_string()));
}

#[test]
fn a_folder_is_no_library() {
    let refusal = refusal(&folder("folder"));
    assert!(matches!(refusal, RuntimeError::NotAFile { .. }));
}

#[cfg(unix)]
#[test]
fn a_device_is_no_library() {
    // Never opened: reading it would not end.
    let refusal = refusal("/dev/zero".as_ref());
    assert!(matches!(refusal, RuntimeError::NotAFile { .. }));
}

#[test]
fn a_file_that_is_not_there_is_no_library() {
    let refusal = refusal(&folder("nothing").join("nothing.so"));
    assert!(matches!(refusal, RuntimeError::Missing { .. }));
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_followed_is_unreadable() {
    let link = folder("loop").join("library.so");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let refusal = refusal(&link);
    assert!(
        matches!(refusal, RuntimeError::Unreadable { .. }),
        "{refusal}"
    );
}

#[test]
fn every_build_has_its_own_facts() {
    let all = LibraryFacts::ALL;
    assert_eq!(all.len(), 5);
    let hashes: HashSet<_> = all.iter().map(|f| f.sha256).collect();
    let systems: HashSet<_> = all.iter().map(|f| (f.os, f.arch)).collect();
    assert_eq!((hashes.len(), systems.len()), (5, 5));
    for facts in all {
        assert_eq!(facts.sha256.len(), 64);
        assert!(
            facts
                .sha256
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );
        assert_eq!(facts.version, "1.23.2");
        // A name that no other program uses for its copy.
        assert!(facts.file_name.starts_with("limpid_onnxruntime_1_23_2."));
    }
}
