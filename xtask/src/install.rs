//! `cargo xtask install`: the bundles where hosts look for them, and away again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::layout::{Format, Layout, System, installed_in};
use crate::bundle::{self, Order, put};
use crate::failure::Failure;
use crate::project;

/// Installs both formats, or takes them away with `--remove`.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => install(),
        ["--remove"] => remove(),
        _ => Err(Failure::Usage(
            "install takes --remove or nothing".to_owned(),
        )),
    }
}

fn install() -> Result<(), Failure> {
    let order = Order::default();
    for (bundle, format) in bundle::run_all(&order)?.into_iter().zip(Format::ALL) {
        let place = place(format)?;
        clear(&place)?;
        copy(&bundle, &place)?;
        println!("{} installed: {}", format.name(), place.display());
    }
    Ok(())
}

fn remove() -> Result<(), Failure> {
    for format in Format::ALL {
        let place = place(format)?;
        if place.exists() {
            clear(&place)?;
            println!("{} removed: {}", format.name(), place.display());
        } else {
            println!("{} is not installed: {}", format.name(), place.display());
        }
    }
    Ok(())
}

/// The folder that an installed bundle is.
fn place(format: Format) -> Result<PathBuf, Failure> {
    let root = Layout::of(format, System::here(), std::env::consts::ARCH).root;
    let folder = installed_in(format, System::here()).ok_or_else(|| Failure::File {
        path: project::root().to_owned(),
        source: std::io::Error::other("the system does not say where your files are"),
    })?;
    Ok(folder.join(root))
}

/// Takes a bundle away. Only what an installation writes has these names.
fn clear(place: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(place) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(place)(e)),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(Failure::file(from))? {
        let path = entry.map_err(Failure::file(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            put(&path, &target)?;
        }
    }
    Ok(())
}
