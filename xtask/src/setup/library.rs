//! The ONNX Runtime library: from its wheel into `.limpid`, checked twice.

use std::fs;
use std::path::{Path, PathBuf};

use limpid_engine::runtime::{LibraryFacts, verify};

use super::system::{self, PIP};
use crate::failure::Failure;
use crate::process::{command, output, run};
use crate::project;

/// Texts that go wherever the library goes, by their names in the wheel and here.
const TEXTS: [(&str, &str); 2] = [
    ("onnxruntime/LICENSE", "onnxruntime-LICENSE.txt"),
    (
        "onnxruntime/ThirdPartyNotices.txt",
        "onnxruntime-ThirdPartyNotices.txt",
    ),
];

/// Unpacks the members named after the wheel and the folder. A wheel is a zip, which Python reads.
const UNPACK: &str = "import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
for name in sys.argv[3:]:
    archive.extract(name, sys.argv[2])";

/// Fetches the library for this machine unless it is there and whole.
pub fn fetch() -> Result<(), Failure> {
    let facts = LibraryFacts::current()?;
    let folder = project::local();
    let library = folder.join(facts.file_name);
    if verify(&library, facts).is_ok() && TEXTS.iter().all(|(_, name)| folder.join(name).is_file())
    {
        println!(
            "ONNX Runtime {} is in place: {}",
            facts.version,
            library.display()
        );
        return Ok(());
    }
    system::require(&[PIP])?;
    println!(
        "Fetching ONNX Runtime {} with pip, for {}",
        facts.version,
        folder.display()
    );
    let work = folder.join("fetching");
    clear(&work)?;
    fs::create_dir_all(&work).map_err(Failure::file(&work))?;
    let wheel = download(facts, &work)?;
    unpack(facts, &wheel, &work)?;
    for (inner, name) in TEXTS {
        put(&work.join(inner), &folder.join(name))?;
    }
    let unpacked = work.join(facts.path_in_wheel);
    verify(&unpacked, facts)?;
    put(&unpacked, &library)?;
    clear(&work)?;
    println!(
        "ONNX Runtime {} installed and verified: {}",
        facts.version,
        library.display()
    );
    Ok(())
}

/// pip compares the wheel with the hashes in `onnxruntime.txt`. The Python version is that of the
/// wheel, whichever runs pip: the library inside is the same for all.
fn download(facts: &LibraryFacts, into: &Path) -> Result<PathBuf, Failure> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("onnxruntime.txt");
    let mut pip = command(
        "python3",
        &[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.12",
            "--implementation",
            "cp",
            "--platform",
            facts.wheel_platform,
            "--require-hashes",
            "--requirement",
        ],
    );
    run(pip.arg(requirements).arg("--dest").arg(into))?;
    let mut entries = fs::read_dir(into).map_err(Failure::file(into))?.flatten();
    let wheel = entries.find(|entry| entry.path().extension().is_some_and(|e| e == "whl"));
    wheel
        .map(|entry| entry.path())
        .ok_or_else(|| Failure::File {
            path: into.to_owned(),
            source: std::io::Error::other("pip left no wheel here"),
        })
}

fn unpack(facts: &LibraryFacts, wheel: &Path, into: &Path) -> Result<(), Failure> {
    let mut python = command("python3", &["-c", UNPACK]);
    python.arg(wheel).arg(into).arg(facts.path_in_wheel);
    python.args(TEXTS.map(|(inner, _)| inner));
    output(&mut python).map(|_| ())
}

fn put(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::rename(from, to).map_err(Failure::file(to))
}

fn clear(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(folder)(e)),
        _ => Ok(()),
    }
}
