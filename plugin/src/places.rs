//! Where the plugin finds the library and the models: relative to itself, then where users and
//! systems keep them.
//!
//! | | library | models |
//! |---|---|---|
//! | VST3, CLAP on macOS | `Contents/Resources`, on macOS `Contents/Frameworks` | `Contents/Resources/models` |
//! | CLAP on Linux and Windows | `Limpid-data` beside the file | `Limpid-data/models` |
//! | for all plugins of a user | `limpid` in the user's data folder | `limpid/models` there |
//! | for all users | `limpid` in the system's data folders | `limpid/models` there |
//!
//! A host may load the plugin by a relative path or through a link, so its own path is made absolute
//! and free of links once, when the first instance is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use limpid_engine::runtime::{Search, system_data_folders, user_data_folder};

static OWN: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Notes the plugin's own path, before anybody changes the working folder.
pub(crate) fn remember() {
    own();
}

fn own() -> Option<&'static Path> {
    OWN.get_or_init(|| fs::canonicalize(process_path::get_dylib_path()?).ok())
        .as_deref()
}

/// The search for the library.
pub(crate) fn library() -> Search {
    let folders = own().map(beside).unwrap_or_default();
    folders.into_iter().fold(Search::new(), Search::folder)
}

/// Folders of models, in order, whether or not they are there.
pub(crate) fn model_folders() -> Vec<PathBuf> {
    let beside = own().map(beside).unwrap_or_default().into_iter();
    beside
        .chain(user_data_folder())
        .chain(system_data_folders())
        .map(|folder| folder.join("models"))
        .collect()
}

/// The folder in which users keep models of their own.
pub(crate) fn own_models() -> PathBuf {
    let user = user_data_folder().unwrap_or_else(|| PathBuf::from("limpid"));
    user.join("models")
}

/// The folders that belong to a plugin whose library file is `plugin`.
fn beside(plugin: &Path) -> Vec<PathBuf> {
    let Some(folder) = plugin.parent() else {
        return Vec::new();
    };
    let mut folders = vec![folder.join("Limpid-data")];
    let contents = folder.parent().filter(|c| c.ends_with("Contents"));
    if let Some(contents) = contents {
        folders.insert(0, contents.join("Resources"));
        folders.push(contents.join("Frameworks"));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_s_resources_go_before_a_folder_beside_it() {
        let folders = beside(Path::new("/x/Limpid.vst3/Contents/x86_64-linux/Limpid.so"));
        assert_eq!(folders[0], Path::new("/x/Limpid.vst3/Contents/Resources"));
    }

    /// Of those that cannot be run here: where the bundles of `cargo xtask bundle` have their parts.
    #[test]
    fn on_macos_and_windows_the_parts_are_looked_for_where_bundles_have_them() {
        for root in ["/x/Limpid.vst3", "/x/Limpid.clap"] {
            let folders = beside(&Path::new(root).join("Contents/MacOS/Limpid"));
            for part in ["Contents/Resources", "Contents/Frameworks"] {
                assert!(folders.contains(&Path::new(root).join(part)), "{root}");
            }
        }
        let folders = beside(Path::new("/x/Limpid.vst3/Contents/x86_64-win/Limpid.vst3"));
        assert_eq!(folders[0], Path::new("/x/Limpid.vst3/Contents/Resources"));
        let folders = beside(Path::new("/x/CLAP/Limpid/Limpid.clap"));
        assert_eq!(folders, [Path::new("/x/CLAP/Limpid/Limpid-data")]);
    }

    #[test]
    fn a_lone_file_has_its_data_beside_it() {
        let folders = beside(Path::new("/home/me/.clap/Limpid/Limpid.clap"));
        assert_eq!(folders, [Path::new("/home/me/.clap/Limpid/Limpid-data")]);
    }
}
