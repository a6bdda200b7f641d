//! Where the library may lie, and in which order the places are tried.

use std::env;
use std::path::{Path, PathBuf};

use super::{LibraryFacts, RuntimeError};

/// Environment variable that names the library's file and goes before every folder.
pub const FILE_VARIABLE: &str = "LIMPID_ONNXRUNTIME";

/// Where to look for the library.
///
/// The order: the file that the caller names; the file named in `LIMPID_ONNXRUNTIME`; the folders
/// that the caller names (beside the plugin or the program); `limpid` in the user's data folder;
/// `limpid` in the system's data folders. In folders the file must have Limpid's own name
/// ([`LibraryFacts::file_name`]), a named file may have any. A named file is the only place: when it
/// is wrong, that is said, and nothing else is tried. Likewise the first folder that has the file
/// decides.
#[derive(Debug, Clone, Default)]
pub struct Search {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Search {
    /// The variable, the user's folder, the system's folders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This file and no other place.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// One more folder, after those named before.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folders.push(path.into());
        self
    }

    /// The paths that would be tried on this system, in order.
    #[must_use]
    pub fn places(&self, facts: &LibraryFacts) -> Vec<PathBuf> {
        if let Some(file) = self.named_file() {
            return vec![file];
        }
        let user = user_data_folder().into_iter();
        let folders = self
            .folders
            .iter()
            .cloned()
            .chain(user)
            .chain(system_data_folders());
        folders.map(|folder| folder.join(facts.file_name)).collect()
    }

    /// The file that the caller or the variable names.
    pub(super) fn named_file(&self) -> Option<PathBuf> {
        self.file.clone().or_else(|| {
            let value = env::var_os(FILE_VARIABLE).filter(|v| !v.is_empty())?;
            Some(value.into())
        })
    }

    pub(super) fn find(&self, facts: &LibraryFacts) -> Result<PathBuf, RuntimeError> {
        if let Some(path) = self.named_file() {
            return if is_there(&path) {
                Ok(path)
            } else {
                Err(RuntimeError::Missing { path })
            };
        }
        let searched = self.places(facts);
        match searched.iter().find(|path| is_there(path)) {
            Some(path) => Ok(path.clone()),
            None => Err(RuntimeError::NotFound {
                file_name: facts.file_name,
                searched,
            }),
        }
    }
}

/// Whether anything has that name, be it a folder or a file that may not be read: what is wrong with
/// it is said later, rather than passed over. A link that leads nowhere is not there.
fn is_there(path: &Path) -> bool {
    !matches!(path.metadata(), Err(e) if e.kind() == std::io::ErrorKind::NotFound)
}

/// Limpid's folder among the user's data: `$XDG_DATA_HOME/limpid` (default `~/.local/share/limpid`),
/// on macOS `~/Library/Application Support/limpid`, on Windows `%LOCALAPPDATA%\limpid`.
///
/// `None` when the system does not say where the user's files are.
#[must_use]
pub fn user_data_folder() -> Option<PathBuf> {
    let home = || env::home_dir().filter(|home| home.is_absolute());
    let base = if cfg!(windows) {
        absolute_variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        absolute_variable("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("limpid"))
}

/// Limpid's folders among the system's data: `limpid` in each of `$XDG_DATA_DIRS` (default
/// `/usr/local/share` and `/usr/share`), on macOS in `/Library/Application Support`, on Windows in
/// `%PROGRAMDATA%`.
#[must_use]
pub fn system_data_folders() -> Vec<PathBuf> {
    let bases: Vec<PathBuf> = if cfg!(windows) {
        absolute_variable("PROGRAMDATA").into_iter().collect()
    } else if cfg!(target_os = "macos") {
        vec!["/Library/Application Support".into()]
    } else {
        match env::var_os("XDG_DATA_DIRS").filter(|v| !v.is_empty()) {
            Some(list) => env::split_paths(&list)
                .filter(|p| p.is_absolute())
                .collect(),
            None => vec!["/usr/local/share".into(), "/usr/share".into()],
        }
    };
    bases.into_iter().map(|base| base.join("limpid")).collect()
}

/// The XDG base directory specification: relative paths in these variables are invalid and ignored.
fn absolute_variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
