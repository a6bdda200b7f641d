//! What the program remembers from one start to the next, in the platform's folder for settings.
//!
//! `settings.json` in `~/.config/limpid` on Linux, `~/Library/Application Support/limpid` on macOS,
//! `%APPDATA%\limpid\config` on Windows. A file that cannot be read is set aside under another name
//! and said; the program starts as if for the first time. Writing replaces the file as a whole.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use limpid_engine::controls::{Controls, Parameter};
use serde::{Deserialize, Serialize};

use crate::audio::Kept;

/// What is remembered. What a file does not say is as at the first start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The microphone; the system's when there is none.
    pub input: Option<Kept>,
    pub output: Output,
    /// The output that was named last, here or there: what `limpid live --output` takes.
    pub speaker: Option<Kept>,
    /// Frames.
    pub buffer: Option<u32>,
    /// Milliseconds; what suits the sound system and the model when there is none.
    pub safety: Option<f64>,
    /// Name or file.
    pub model: PathBuf,
    /// Texts of the controls, by their ids.
    pub controls: Vec<(String, String)>,
    /// `system`, `light` or `dark`.
    pub theme: String,
    pub scale: f32,
}

/// Where the sound goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Output {
    #[default]
    Nothing,
    VirtualMicrophone,
    Device(Kept),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            input: None,
            output: Output::default(),
            speaker: None,
            buffer: None,
            safety: None,
            model: crate::places::DEFAULT_MODEL.into(),
            controls: Vec::new(),
            theme: "system".to_owned(),
            scale: 1.0,
        }
    }
}

impl Settings {
    /// Where the controls stand. Texts that mean nothing leave theirs as at the start.
    pub fn controls(&self) -> Controls {
        let mut controls = Controls::default();
        for (id, text) in &self.controls {
            if let Ok(parameter) = Parameter::from_id(id) {
                let _ = parameter.set_text(&mut controls, text);
            }
        }
        // Nobody wants to begin with the sound untouched and wonder why.
        controls.bypass = false;
        controls
    }

    pub fn set_controls(&mut self, controls: &Controls) {
        self.controls = Parameter::ALL
            .iter()
            .map(|parameter| (parameter.id().to_owned(), parameter.text(controls)))
            .collect();
    }
}

/// The file of the settings; `None` where the system has no place for it.
pub fn file() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "limpid")?;
    Some(folders.config_dir().join("settings.json"))
}

/// Reads the settings; with a sentence when there were some that could not be read.
pub fn load(file: &Path) -> (Settings, Option<String>) {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return (Settings::default(), None),
        Err(error) => return aside(file, &error.to_string()),
    };
    match serde_json::from_str(&text) {
        Ok(settings) => (settings, None),
        Err(error) => aside(file, &error.to_string()),
    }
}

/// The first settings again; the file that is there gets another name.
fn aside(file: &Path, reason: &str) -> (Settings, Option<String>) {
    let kept = file.with_extension("broken.json");
    let what = match fs::rename(file, &kept) {
        Ok(()) => format!("it was kept as {}", kept.display()),
        Err(error) => format!("it could not be set aside either: {error}"),
    };
    let told = format!(
        "The settings in {} cannot be read ({reason}); {what}. Limpid starts with new ones.",
        file.display()
    );
    (Settings::default(), Some(told))
}

/// Writes the settings.
///
/// # Errors
/// When the system refuses; the file before is still there.
pub fn save(file: &Path, settings: &Settings) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let text = serde_json::to_string_pretty(settings)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use limpid_engine::controls::Solo;

    use super::*;

    #[test]
    fn what_is_saved_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/settings.json");
        assert_eq!(load(&file), (Settings::default(), None));
        let mut settings = Settings {
            input: Some(Kept {
                id: "pulseaudio:mic".to_owned(),
                name: "Mic".to_owned(),
            }),
            output: Output::VirtualMicrophone,
            buffer: Some(256),
            ..Settings::default()
        };
        let controls = Controls {
            voice_db: 3.0,
            background_db: -18.0,
            solo: Solo::Background,
            link: false,
            bypass: false,
        };
        settings.set_controls(&controls);
        save(&file, &settings).expect("a file");
        let (back, told) = load(&file);
        assert_eq!((&back, told), (&settings, None));
        assert_eq!(back.controls(), controls);
    }

    #[test]
    fn a_broken_file_is_set_aside_with_a_notice() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.json");
        for broken in ["", "{", "[1]", "{\"safety\": \"high\"}", "\u{0}\u{0}"] {
            fs::write(&file, broken).expect("a file");
            let (settings, told) = load(&file);
            assert_eq!(settings, Settings::default());
            let told = told.expect("a notice");
            assert!(told.contains("settings.broken.json"), "{told}");
            assert!(!file.exists());
            let kept = fs::read_to_string(folder.path().join("settings.broken.json"));
            assert_eq!(kept.expect("a file"), broken);
        }
    }

    #[test]
    fn settings_of_another_version_are_read_as_far_as_they_are_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.json");
        fs::write(&file, "{\"buffer\": 128, \"colour\": \"green\"}").expect("a file");
        let (settings, told) = load(&file);
        assert_eq!(told, None);
        assert_eq!(settings.buffer, Some(128));
    }
}
