//! An installed plugin in a folder of the test's own, laid out as `cargo xtask bundle` does it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use limpid_engine::runtime::{LibraryFacts, Runtime, Search};

pub struct Bundle {
    /// The folder that holds everything.
    pub root: PathBuf,
    /// The plugin's file.
    pub plugin: PathBuf,
    /// Library and models.
    pub data: PathBuf,
}

impl Bundle {
    /// The one that all tests of a process may load.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Bundle> = OnceLock::new();
        SHARED.get_or_init(|| Self::new("shared"))
    }

    /// The shipped model.
    pub fn model(&self) -> PathBuf {
        self.data.join("models/limpid.onnx")
    }

    /// With the library and the shipped models; `name` is the test's own.
    pub fn new(name: &str) -> Self {
        let bundle = Self::without_library(name);
        let facts = LibraryFacts::current().expect("a system that Limpid runs on");
        link(runtime().path(), &bundle.data.join(facts.file_name));
        bundle
    }

    /// With the models alone.
    pub fn without_library(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(env!("CARGO_CRATE_NAME"))
            .join(name)
            .join("Limpid");
        let _ = fs::remove_dir_all(&root);
        let data = root.join("Limpid-data");
        fs::create_dir_all(data.join("models")).expect("a folder for the bundle");
        let plugin = root.join("Limpid.clap");
        // A copy: the system's loader takes two names of one file for one library.
        fs::copy(built(), &plugin).expect("the plugin's library");
        for entry in fs::read_dir(project("assets/models")).expect("the shipped models") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|e| e == "onnx") {
                link(
                    &path,
                    &data.join("models").join(path.file_name().expect("a name")),
                );
            }
        }
        Self { root, plugin, data }
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A model of the engine's tests.
pub fn fixture(name: &str) -> PathBuf {
    let path = project(&format!("engine/tests/fixtures/{name}.onnx"));
    path.canonicalize().expect("a fixture")
}

/// The runtime of this process, from wherever it was fetched to.
pub fn runtime() -> Runtime {
    let search = Search::new().folder(project(".limpid"));
    match Runtime::load(&search) {
        Ok(runtime) => runtime,
        Err(error) => panic!("`cargo xtask setup` fetches the library: {error}"),
    }
}

/// The plugin's library, as cargo has built it for these tests.
fn built() -> PathBuf {
    let file = format!(
        "{}limpid_plugin{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let test = std::env::current_exe().expect("the test's own path");
    let deps = test.parent().expect("a folder");
    deps.join(file)
}

/// A link, or a copy where there are none.
fn link(from: &Path, to: &Path) {
    let from = from.canonicalize().expect("a file to link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(from, to).expect("a link");
    #[cfg(not(unix))]
    fs::copy(from, to).expect("a copy");
}
