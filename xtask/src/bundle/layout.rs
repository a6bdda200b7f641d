//! Where everything lies in a bundle, and where bundles are installed, on each system.
//!
//! A VST3 is a folder everywhere. A CLAP is a folder on macOS and a single file elsewhere, so there it
//! lies in a folder of its own with its data beside it. The plugin looks for its data relative to
//! itself; see `plugin/src/places.rs`, which these must agree with.

use std::env;
use std::path::{Path, PathBuf};

/// The plugin formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Steinberg's.
    Vst3,
    /// The CLever Audio Plug-in.
    Clap,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Vst3, Self::Clap];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vst3 => "VST3",
            Self::Clap => "CLAP",
        }
    }
}

/// The systems that plugins are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Any Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    MacOs,
}

impl System {
    /// The one that this runs on.
    pub fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// A bundle: everything below `root`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Which format.
    pub format: Format,
    /// Name of the folder.
    pub root: &'static str,
    /// The plugin's own library.
    pub plugin: String,
    /// Folder of models and licences.
    pub data: &'static str,
    /// Folder of the ONNX Runtime library; macOS signs what is in `Frameworks`.
    pub runtime: &'static str,
    /// Where the bundle's property list lies, on macOS.
    pub property_list: Option<&'static str>,
}

impl Layout {
    /// On a system and a processor (by the name that Rust has for it).
    pub fn of(format: Format, system: System, processor: &str) -> Self {
        match (format, system) {
            (_, System::MacOs) => Self {
                format,
                root: match format {
                    Format::Vst3 => "Limpid.vst3",
                    Format::Clap => "Limpid.clap",
                },
                plugin: "Contents/MacOS/Limpid".to_owned(),
                data: "Contents/Resources",
                runtime: "Contents/Frameworks",
                property_list: Some("Contents/Info.plist"),
            },
            (Format::Vst3, _) => Self {
                format,
                root: "Limpid.vst3",
                plugin: if system == System::Windows {
                    format!("Contents/{processor}-win/Limpid.vst3")
                } else {
                    format!("Contents/{processor}-linux/Limpid.so")
                },
                data: "Contents/Resources",
                runtime: "Contents/Resources",
                property_list: None,
            },
            (Format::Clap, _) => Self {
                format,
                root: "Limpid",
                plugin: "Limpid.clap".to_owned(),
                data: "Limpid-data",
                runtime: "Limpid-data",
                property_list: None,
            },
        }
    }
}

/// The folder of the user's own that places of installation are told from; `None` when the system does
/// not say where it is.
pub fn user_folder(system: System) -> Option<PathBuf> {
    match system {
        System::Linux | System::MacOs => env::home_dir(),
        System::Windows => env::var_os("LOCALAPPDATA").map(PathBuf::from),
    }
}

/// Where hosts look for a user's plugins.
pub fn installed_in(format: Format, system: System, user: &Path) -> PathBuf {
    user.join(match (system, format) {
        (System::Linux, Format::Vst3) => ".vst3".to_owned(),
        (System::Linux, Format::Clap) => ".clap".to_owned(),
        (System::MacOs, _) => format!("Library/Audio/Plug-Ins/{}", format.name()),
        (System::Windows, _) => format!("Programs/Common/{}", format.name()),
    })
}

/// The property list of a bundle on macOS.
pub fn property_list(version: &str, format: Format) -> String {
    let identifier = format!("org.limpid.limpid.{}", format.name().to_lowercase());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleDevelopmentRegion</key><string>en</string>
    <key>CFBundleExecutable</key><string>Limpid</string>
    <key>CFBundleIdentifier</key><string>{identifier}</string>
    <key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
    <key>CFBundleName</key><string>Limpid</string>
    <key>CFBundlePackageType</key><string>BNDL</string>
    <key>CFBundleShortVersionString</key><string>{version}</string>
    <key>CFBundleSignature</key><string>????</string>
    <key>CFBundleVersion</key><string>{version}</string>
    <key>LSMinimumSystemVersion</key><string>13.0</string>
    <key>NSHighResolutionCapable</key><true/>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts find a plugin at these paths and nowhere else (VST3 locations and CLAP's entry.h).
    #[test]
    fn each_system_has_the_plugin_where_hosts_look() {
        let plugin = |format, system, processor| {
            let layout = Layout::of(format, system, processor);
            format!("{}/{}", layout.root, layout.plugin)
        };
        for (format, system, processor, path) in [
            (
                Format::Vst3,
                System::Linux,
                "x86_64",
                "Limpid.vst3/Contents/x86_64-linux/Limpid.so",
            ),
            (
                Format::Vst3,
                System::Linux,
                "aarch64",
                "Limpid.vst3/Contents/aarch64-linux/Limpid.so",
            ),
            (
                Format::Vst3,
                System::Windows,
                "x86_64",
                "Limpid.vst3/Contents/x86_64-win/Limpid.vst3",
            ),
            (
                Format::Vst3,
                System::MacOs,
                "aarch64",
                "Limpid.vst3/Contents/MacOS/Limpid",
            ),
            (Format::Clap, System::Linux, "x86_64", "Limpid/Limpid.clap"),
            (
                Format::Clap,
                System::Windows,
                "x86_64",
                "Limpid/Limpid.clap",
            ),
            (
                Format::Clap,
                System::MacOs,
                "x86_64",
                "Limpid.clap/Contents/MacOS/Limpid",
            ),
        ] {
            assert_eq!(plugin(format, system, processor), path);
        }
    }

    #[test]
    fn the_framework_s_own_bundler_would_give_the_same_name() {
        let names = include_str!("../../../bundler.toml");
        let root = Layout::of(Format::Vst3, System::Linux, "x86_64").root;
        let name = root.trim_end_matches(".vst3");
        assert!(names.contains(&format!("[limpid-plugin]\nname = \"{name}\"")));
    }

    #[test]
    fn a_property_list_names_the_version_and_one_identifier_a_format() {
        let list = property_list("1.2.3", Format::Clap);
        assert!(list.contains("<string>1.2.3</string>"));
        assert!(list.contains("org.limpid.limpid.clap"));
    }

    #[test]
    fn bundles_are_installed_where_hosts_look_on_each_system() {
        let user = Path::new("user");
        for (system, vst3, clap) in [
            (System::Linux, "user/.vst3", "user/.clap"),
            (
                System::MacOs,
                "user/Library/Audio/Plug-Ins/VST3",
                "user/Library/Audio/Plug-Ins/CLAP",
            ),
            (
                System::Windows,
                "user/Programs/Common/VST3",
                "user/Programs/Common/CLAP",
            ),
        ] {
            assert_eq!(installed_in(Format::Vst3, system, user), Path::new(vst3));
            assert_eq!(installed_in(Format::Clap, system, user), Path::new(clap));
        }
    }
}
