//! `cargo xtask bundle`: both plugin formats with everything that they need inside.

pub mod layout;

use std::fs;
use std::path::{Path, PathBuf};

use limpid_engine::runtime::{LibraryFacts, verify};

use crate::failure::Failure;
use crate::process::{command, run};
use crate::{project, setup};

use layout::{Format, Layout, System};

/// What `bundle` can be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The quick build of development instead of the one to be used.
    pub debug: bool,
    /// Features of the plugin, as cargo takes them.
    pub features: Vec<String>,
}

impl Order {
    /// From what follows `bundle` on the command line.
    pub fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut order = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match (*argument, rest.as_slice().first()) {
                ("--debug", _) => order.debug = true,
                ("--features", Some(features)) => {
                    order.features.push((*features).to_owned());
                    rest.next();
                }
                _ => {
                    return Err(Failure::Usage(format!(
                        "bundle takes --debug and --features LIST, not {argument:?}"
                    )));
                }
            }
        }
        Ok(order)
    }
}

/// Builds the plugin and writes the bundles; gives their folders.
pub fn run_all(order: &Order) -> Result<Vec<PathBuf>, Failure> {
    setup::run()?;
    let plugin = build(order)?;
    let runtime = Library {
        file: project::library()?,
        facts: LibraryFacts::current()?,
    };
    verify(&runtime.file, runtime.facts)?;
    let into = project::target()
        .map_err(Failure::file("target"))?
        .join("bundled");
    let mut written = Vec::new();
    for format in Format::ALL {
        let layout = Layout::of(format, System::here(), std::env::consts::ARCH);
        let root = into.join(layout.root);
        write(&layout, &plugin, &runtime, &root)?;
        println!("{} written: {}", format.name(), root.display());
        written.push(root);
    }
    Ok(written)
}

/// Builds the plugin's library; gives its path.
fn build(order: &Order) -> Result<PathBuf, Failure> {
    let target = project::target().map_err(Failure::file("target"))?;
    let mut cargo = command("cargo", &["build", "--package", "limpid-plugin", "--lib"]);
    cargo.arg("--target-dir").arg(&target);
    if !order.debug {
        cargo.arg("--release");
    }
    for features in &order.features {
        cargo.arg("--features").arg(features);
    }
    run(&mut cargo)?;
    let profile = if order.debug { "debug" } else { "release" };
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Ok(target
        .join(profile)
        .join(format!("{prefix}limpid_plugin{suffix}")))
}

/// The ONNX Runtime library of the system that a bundle is for.
pub struct Library {
    /// Where it lies.
    pub file: PathBuf,
    /// What it is.
    pub facts: &'static LibraryFacts,
}

/// Writes one bundle, in place of the one before. Plugin and library are those of the layout's system.
pub fn write(
    layout: &Layout,
    plugin: &Path,
    library: &Library,
    root: &Path,
) -> Result<(), Failure> {
    match fs::remove_dir_all(root) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Failure::file(root)(e)),
        _ => {}
    }
    put(plugin, &root.join(&layout.plugin))?;
    let name = library.facts.file_name;
    put(&library.file, &root.join(layout.runtime).join(name))?;
    let data = root.join(layout.data);
    for model in onnx_files(&project::root().join("assets/models"))? {
        let name = model.file_name().unwrap_or_default();
        put(&model, &data.join("models").join(name))?;
    }
    licences(&data.join("licences"))?;
    if let Some(list) = layout.property_list {
        let text = layout::property_list(env!("CARGO_PKG_VERSION"), layout.format);
        let path = root.join(list);
        fs::write(&path, text).map_err(Failure::file(&path))?;
    }
    Ok(())
}

/// The licences of all that is in a bundle.
fn licences(into: &Path) -> Result<(), Failure> {
    let root = project::root();
    let local = project::local();
    let texts = [
        (root.join("LICENSE-MIT"), "LICENSE-MIT"),
        (root.join("LICENSE-APACHE"), "LICENSE-APACHE"),
        (root.join("panel/fonts/OFL.txt"), "Inter-OFL.txt"),
        (
            local.join("onnxruntime-LICENSE.txt"),
            "onnxruntime-LICENSE.txt",
        ),
        (
            local.join("onnxruntime-ThirdPartyNotices.txt"),
            "onnxruntime-ThirdPartyNotices.txt",
        ),
    ];
    for (text, name) in texts {
        put(&text, &into.join(name))?;
    }
    Ok(())
}

fn onnx_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(Failure::file(folder))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "onnx"))
        .collect();
    files.sort();
    Ok(files)
}

/// Copies a file, making the folders that it lies in.
pub fn put(from: &Path, to: &Path) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    }
    fs::copy(from, to).map(|_| ()).map_err(Failure::file(from))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use std::process::Command;

    use super::*;

    /// The plugin itself, and another system's library, are stood in for by a few bytes; all else is what
    /// is shipped.
    #[test]
    fn a_bundle_for_each_system_has_all_its_parts() {
        let folder = std::env::temp_dir().join(format!("limpid-bundles-{}", std::process::id()));
        let [plugin, stand_in] = ["plugin", "library"].map(|name| folder.join(name));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(&plugin, "a plugin").expect("a file");
        fs::write(&stand_in, "a library").expect("a file");
        for (system, processor, suffix) in [
            (System::Linux, "x86_64", "so"),
            (System::Windows, "x86_64", "dll"),
            (System::MacOs, "x86_64", "dylib"),
            (System::MacOs, "aarch64", "dylib"),
        ] {
            let library = Library {
                file: stand_in.clone(),
                facts: facts(system, processor),
            };
            for format in Format::ALL {
                let layout = Layout::of(format, system, processor);
                let root = folder.join(format!("{system:?}")).join(layout.root);
                write(&layout, &plugin, &library, &root).expect("a bundle");
                let data = root.join(layout.data);
                let runtime = format!("limpid_onnxruntime_1_23_2.{suffix}");
                for part in [
                    root.join(&layout.plugin),
                    root.join(layout.runtime).join(runtime),
                    data.join("models/limpid.onnx"),
                    data.join("models/limpid-live.onnx"),
                    data.join("models/textbook-narrow.onnx"),
                    data.join("licences/LICENSE-MIT"),
                    data.join("licences/onnxruntime-LICENSE.txt"),
                ] {
                    assert!(part.is_file(), "{} is missing", part.display());
                }
                if let Some(list) = layout.property_list {
                    names_the_executable(&root.join(list));
                }
            }
        }
        fs::remove_dir_all(&folder).expect("a folder to remove");
    }

    /// Of the official build for a system.
    fn facts(system: System, processor: &str) -> &'static LibraryFacts {
        let os = match system {
            System::Linux => "linux",
            System::Windows => "windows",
            System::MacOs => "macos",
        };
        let is_it = |facts: &&LibraryFacts| (facts.os, facts.arch) == (os, processor);
        LibraryFacts::ALL.iter().find(is_it).expect("a build")
    }

    /// Read by a parser of Apple's format that is not ours: Python's.
    fn names_the_executable(list: &Path) {
        const READ: &str = "import plistlib, sys
facts = plistlib.load(open(sys.argv[1], 'rb'))
assert facts['CFBundleExecutable'] == 'Limpid' and facts['CFBundlePackageType'] == 'BNDL'";
        let mut python = Command::new("python3");
        let read = python.args(["-c", READ]).arg(list).status();
        assert!(read.expect("Python").success());
    }
}
