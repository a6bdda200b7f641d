//! Finds the ONNX Runtime library, verifies it, and loads it once a process.
//!
//! The library is not linked but opened at run time, so that a plugin without it still opens and says
//! what is missing. It must be exactly the official build of version 1.23.2 that [`LibraryFacts`]
//! describes: size and SHA-256 are checked **before** the file is opened as a library, because the
//! system's loader dies with the whole process on a file that was cut short. The check guards against
//! damage and mix-ups, not against somebody who can replace files between the check and the loading.
//! Later versions are not taken on purpose: from 1.29 on the official builds carry an uploader.
//!
//! Everything that goes wrong is a [`RuntimeError`]; nothing here panics. What was loaded stays loaded
//! until the process ends, however many [`Runtime`]s come and go. No logger is installed: the
//! library would call it after a plugin that installed it is gone.

mod error;
mod library;
mod search;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fmt, fs};

use ort::environment::Environment;

pub use error::RuntimeError;
pub use library::LibraryFacts;
pub use search::{FILE_VARIABLE, Search, system_data_folders, user_data_folder};
pub use verify::verify;

/// What was loaded. The runtime allows one environment a process, for ever: once dropped, no other can
/// be made. So it stands here and is never dropped.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// The loaded ONNX Runtime: proof that sessions can be made. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
    path: PathBuf,
    facts: LibraryFacts,
}

impl Runtime {
    /// Finds, verifies and loads the library, or gives the one that is loaded already.
    ///
    /// Takes tens of milliseconds the first time (the file is hashed) and blocks while another thread
    /// does the same; not for an audio thread.
    ///
    /// # Errors
    /// See [`RuntimeError`]. A failure leaves everything as it was, and a later call may succeed.
    pub fn load(search: &Search) -> Result<Self, RuntimeError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            return match search.named_file() {
                Some(asked) => runtime.clone().if_it_is(&asked),
                None => Ok(runtime.clone()),
            };
        }
        let facts = LibraryFacts::current()?;
        let path = search.find(facts)?;
        let runtime = open(&path, facts)?;
        Ok(loaded.insert(runtime).clone())
    }

    /// Loads a build of the library that the caller describes, for those who build their own.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub fn load_build(path: &Path, facts: &LibraryFacts) -> Result<Self, RuntimeError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            return runtime.clone().if_it_is(path);
        }
        let runtime = open(path, facts)?;
        Ok(loaded.insert(runtime).clone())
    }

    /// The file that was loaded.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Version of the library, such as `1.23.2`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.facts.version
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn if_it_is(self, asked: &Path) -> Result<Self, RuntimeError> {
        if same_file(&self.path, asked) {
            Ok(self)
        } else {
            Err(RuntimeError::OtherAlreadyLoaded {
                loaded: self.path,
                asked: asked.to_owned(),
            })
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("version", &self.facts.version)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The only place that lets `ort` load anything. Every other use of `ort` needs a [`Runtime`], which
/// only exists after this succeeded: `ort` panics when it is used before.
fn open(path: &Path, facts: &LibraryFacts) -> Result<Runtime, RuntimeError> {
    verify(path, facts)?;
    // Relative to here, not to the program's folder, which is what `ort` would try first.
    let path = std::path::absolute(path).map_err(|source| RuntimeError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let refused = |reason: String| RuntimeError::Refused {
        path: path.clone(),
        reason,
    };
    let builder = ort::init_from(&path).map_err(|e| refused(e.to_string()))?;
    let environment = builder
        .with_name("limpid")
        .with_telemetry(false)
        .build()
        .map_err(|e| refused(e.to_string()))?;
    Ok(Runtime {
        environment,
        path,
        facts: facts.clone(),
    })
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
