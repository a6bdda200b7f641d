//! `cargo xtask install`: the bundles where hosts look for them, and away again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::layout::{Format, Layout, System, installed_in, user_folder};
use crate::bundle::{self, Order, put};
use crate::failure::Failure;
use crate::project;

/// Installs both formats, or takes them away with `--remove`.
pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => {
            let user = user()?;
            put_in_place(&bundle::run_all(&Order::default())?, &user)?;
            Ok(())
        }
        ["--remove"] => take_away(&user()?),
        _ => Err(Failure::Usage(
            "install takes --remove or nothing".to_owned(),
        )),
    }
}

fn user() -> Result<PathBuf, Failure> {
    user_folder(System::here()).ok_or_else(|| Failure::File {
        path: project::root().to_owned(),
        source: std::io::Error::other("the system does not say where your files are"),
    })
}

/// Copies the bundles of both formats to where hosts of the user look, in place of those that are there;
/// gives their folders.
pub fn put_in_place(bundles: &[PathBuf], user: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut installed = Vec::new();
    for (bundle, format) in bundles.iter().zip(Format::ALL) {
        let place = place(format, user);
        // Whole or not at all: what is installed stays until the new one lies beside it.
        let beside = beside(&place);
        clear(&beside)?;
        copy(bundle, &beside)?;
        clear(&place)?;
        fs::rename(&beside, &place).map_err(Failure::file(&place))?;
        println!("{} installed: {}", format.name(), place.display());
        installed.push(place);
    }
    Ok(installed)
}

/// Takes away what [`put_in_place`] has put there; what is not there is no failure.
pub fn take_away(user: &Path) -> Result<(), Failure> {
    for format in Format::ALL {
        let place = place(format, user);
        clear(&beside(&place))?;
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
fn place(format: Format, user: &Path) -> PathBuf {
    let root = Layout::of(format, System::here(), std::env::consts::ARCH).root;
    installed_in(format, System::here(), user).join(root)
}

/// Where a bundle lies until all of it is there.
fn beside(place: &Path) -> PathBuf {
    place.with_file_name(".limpid-new")
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use super::*;

    /// Two bundles of one file each, and a user who has nothing.
    fn scene(name: &str) -> (Vec<PathBuf>, PathBuf) {
        let folder = std::env::temp_dir().join(format!("limpid-{name}-{}", std::process::id()));
        let bundles = ["vst3", "clap"].map(|format| {
            let bundle = folder.join("bundled").join(format);
            fs::create_dir_all(bundle.join("inside")).expect("a folder");
            fs::write(bundle.join("inside/plugin"), format).expect("a file");
            bundle
        });
        (bundles.to_vec(), folder.join("user"))
    }

    #[test]
    fn an_installation_takes_the_place_of_the_one_before_and_of_nothing_else() {
        let (bundles, user) = scene("replaced");
        let installed = put_in_place(&bundles, &user).expect("an installation");
        let neighbour = installed[1].with_file_name("other.clap");
        fs::write(&neighbour, "another's").expect("a file");
        fs::write(installed[1].join("of an older version"), "").expect("a file");
        put_in_place(&bundles, &user).expect("a second installation");
        assert!(!installed[1].join("of an older version").exists());
        for (folder, content) in installed.iter().zip(["vst3", "clap"]) {
            let file = folder.join("inside/plugin");
            assert_eq!(fs::read_to_string(file).expect("a plugin"), content);
        }
        take_away(&user).expect("a removal");
        assert!(neighbour.exists() && installed.iter().all(|folder| !folder.exists()));
        fs::remove_dir_all(user.parent().expect("a folder")).expect("a folder to remove");
    }

    #[test]
    fn an_installation_that_fails_leaves_the_one_before() {
        let (mut bundles, user) = scene("kept");
        let installed = put_in_place(&bundles, &user).expect("an installation");
        bundles[0].push("that is not there");
        assert!(put_in_place(&bundles, &user).is_err());
        assert!(
            installed
                .iter()
                .all(|folder| folder.join("inside/plugin").exists())
        );
        fs::remove_dir_all(user.parent().expect("a folder")).expect("a folder to remove");
    }

    #[test]
    fn taking_away_what_is_not_there_is_no_failure() {
        let (_, user) = scene("absent");
        take_away(&user).expect("a removal");
        fs::remove_dir_all(user.parent().expect("a folder")).expect("a folder to remove");
    }
}
