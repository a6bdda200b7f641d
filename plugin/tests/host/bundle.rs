//! An installed plugin in a folder of the test's own, laid out as `cargo xtask bundle` does it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use limpid_engine::runtime::{LibraryFacts, Runtime, Search};

/// The plugin formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Clap,
    Vst3,
}

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
    pub fn shared(format: Format) -> &'static Self {
        static CLAP: OnceLock<Bundle> = OnceLock::new();
        static VST3: OnceLock<Bundle> = OnceLock::new();
        match format {
            Format::Clap => CLAP.get_or_init(|| Self::new(format, "shared")),
            Format::Vst3 => VST3.get_or_init(|| Self::new(format, "shared")),
        }
    }

    /// The shipped model.
    pub fn model(&self) -> PathBuf {
        self.data.join("models/limpid.onnx")
    }

    /// With the library and the shipped models; `name` is the test's own.
    pub fn new(format: Format, name: &str) -> Self {
        let bundle = Self::without_library(format, name);
        let facts = LibraryFacts::current().expect("a system that Limpid runs on");
        link(runtime().path(), &bundle.data.join(facts.file_name));
        bundle
    }

    /// With the models alone.
    pub fn without_library(format: Format, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(env!("CARGO_CRATE_NAME"))
            .join(name);
        let here = |file: &str| format!("Contents/{}-{file}", std::env::consts::ARCH);
        let (root, plugin, data) = match format {
            Format::Clap => ("Limpid", "Limpid.clap".to_owned(), "Limpid-data"),
            Format::Vst3 if cfg!(windows) => {
                ("Limpid.vst3", here("win/Limpid.vst3"), "Contents/Resources")
            }
            Format::Vst3 => ("Limpid.vst3", here("linux/Limpid.so"), "Contents/Resources"),
        };
        let root = folder.join(root);
        let (plugin, data) = (root.join(plugin), root.join(data));
        let _ = fs::remove_dir_all(&root);
        for folder in [plugin.parent().expect("a folder"), &data.join("models")] {
            fs::create_dir_all(folder).expect("a folder for the bundle");
        }
        // A copy: the system's loader takes two names of one file for one library.
        fs::copy(built(), &plugin).expect("the plugin's library");
        for entry in fs::read_dir(project("assets/models")).expect("the shipped models") {
            let path = entry.expect("a file").path();
            if path.extension().is_some_and(|e| e == "onnx") {
                let name = path.file_name().expect("a name");
                link(&path, &data.join("models").join(name));
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
