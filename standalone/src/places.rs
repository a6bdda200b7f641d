//! Where the program finds the ONNX Runtime library and the models: one order for both.
//!
//! 1. The folder of the program (a portable archive).
//! 2. `lib/limpid` and `share/limpid` of the prefix whose `bin` holds the program (an installation).
//! 3. In a source tree: `.limpid` (what `cargo xtask setup` fetched) and `assets`.
//! 4. `limpid` in the user's data folder, then in the system's
//!    ([`user_data_folder`], [`system_data_folders`]).
//!
//! In each of them the library lies under Limpid's own name for it, and models lie in `models`. The
//! first that is there decides; when it is damaged that is said, and no other is tried. The variable
//! `LIMPID_ONNXRUNTIME` names another library file and goes before all.
//!
//! The source tree is the one that the program was built in (`target/debug/limpid` lies inside), or
//! that `cargo` says when it starts the program; nothing of it is compiled in. The working folder is
//! never searched: what is loaded must not depend on where a command was typed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use limpid_engine::runtime::{Search, system_data_folders, user_data_folder};

use crate::failure::Failure;

/// The model that is used unless another is named.
pub const DEFAULT_MODEL: &str = "limpid";

/// A model that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file's name without `.onnx`: what `--model` takes.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// The search for the library.
pub fn library() -> Search {
    folders().into_iter().fold(Search::new(), Search::folder)
}

/// The file that `--model` means: a path when it has a folder in it or ends in `.onnx`, else a name.
pub fn model(asked: &Path) -> Result<PathBuf, Failure> {
    let is_path = asked.components().count() > 1
        || asked.is_absolute()
        || asked
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("onnx"));
    if is_path {
        return Ok(asked.to_owned());
    }
    let mut file = asked.as_os_str().to_owned();
    file.push(".onnx");
    let searched: Vec<PathBuf> = model_folders().map(|folder| folder.join(&file)).collect();
    match searched.iter().find(|path| path.exists()) {
        Some(path) => Ok(path.clone()),
        None => Err(Failure::NoModel {
            name: asked.display().to_string(),
            searched,
        }),
    }
}

/// All models that a name can mean, by name.
pub fn models() -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for folder in model_folders() {
        // A folder that is not there has no models; one that may not be read has none for us.
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let Some(name) = path.file_stem().and_then(|s| s.to_str()) else {
                continue;
            };
            let is_model = path.extension().is_some_and(|e| e == "onnx");
            if is_model && !found.iter().any(|known| known.name == name) {
                found.push(Found {
                    name: name.to_owned(),
                    path: path.clone(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The folders in which models are looked for, in order, whether or not they are there.
pub fn model_folders() -> impl Iterator<Item = PathBuf> {
    folders()
        .into_iter()
        .chain(user_data_folder())
        .chain(system_data_folders())
        .map(|folder| folder.join("models"))
}

/// Points 1 to 3; the engine adds the user's and the system's folders to the library's search.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // Links are followed: a link in ~/bin to an unpacked archive is a common installation.
    let program = env::current_exe().and_then(fs::canonicalize).ok();
    let beside = program.as_deref().and_then(Path::parent);
    if let Some(beside) = beside {
        folders.push(beside.to_owned());
        if let Some(prefix) = beside.parent().filter(|_| beside.ends_with("bin")) {
            folders.push(prefix.join("lib/limpid"));
            folders.push(prefix.join("share/limpid"));
        }
    }
    let started_by_cargo = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let tree = [beside, started_by_cargo.as_deref()]
        .into_iter()
        .flatten()
        .find_map(source_tree);
    if let Some(tree) = tree {
        folders.push(tree.join(".limpid"));
        folders.push(tree.join("assets"));
    }
    folders
}

/// The innermost folder round `inside` that is Limpid's source tree.
fn source_tree(inside: &Path) -> Option<&Path> {
    inside
        .ancestors()
        .find(|folder| folder.join("Cargo.toml").is_file() && folder.join("assets/models").is_dir())
}
