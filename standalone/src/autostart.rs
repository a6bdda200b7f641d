//! `limpid autostart`: the virtual microphone from the login on, without a window.
//!
//! An entry of the desktop's own (XDG autostart), which every desktop on Linux reads and shows in its
//! settings, where it can be switched off as well.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::AutostartCommand;
use crate::failure::Failure;
use crate::say;

/// What is started, besides the program's own path.
const ARGUMENTS: &str = "live --virtual-mic --wait --quiet";

/// Writes the entry, takes it away, or tells whether it is there.
pub fn run(command: AutostartCommand) -> Result<(), Failure> {
    let file = file()?;
    let text = match command {
        AutostartCommand::On => on(&file)?,
        AutostartCommand::Off => off(&file)?,
        AutostartCommand::Status => status(&file)?,
    };
    say::line(&text)
}

fn file() -> Result<PathBuf, Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::Live(
            "autostart is for the virtual microphone, which there is on Linux alone; put Limpid \
             into the login items of this system instead"
                .to_owned(),
        ));
    }
    let folders = directories::BaseDirs::new().ok_or_else(|| {
        Failure::Live("the system does not say where your settings are; set HOME".to_owned())
    })?;
    Ok(folders.config_dir().join("autostart/limpid.desktop"))
}

fn on(file: &Path) -> Result<String, Failure> {
    let program = std::env::current_exe().map_err(|error| refused(file, &error))?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| refused(file, &error))?;
    }
    fs::write(file, entry(&program)).map_err(|error| refused(file, &error))?;
    Ok(format!(
        "on: `limpid {ARGUMENTS}` starts with your next login ({})",
        file.display()
    ))
}

fn off(file: &Path) -> Result<String, Failure> {
    match fs::remove_file(file) {
        Ok(()) => Ok("off: nothing starts at your login any more".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok("off, as before".to_owned()),
        Err(error) => Err(refused(file, &error)),
    }
}

fn status(file: &Path) -> Result<String, Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok("off".to_owned()),
        Err(error) => return Err(refused(file, &error)),
    };
    // The desktop's own settings switch an entry off so.
    let switched_off = ["Hidden=true", "X-GNOME-Autostart-enabled=false"];
    if text.lines().any(|line| switched_off.contains(&line.trim())) {
        return Ok(format!(
            "off: {} was switched off in the desktop's settings",
            file.display()
        ));
    }
    let program = text
        .lines()
        .find_map(|line| line.strip_prefix("Exec="))
        .unwrap_or_default();
    Ok(format!("on: {program} ({})", file.display()))
}

/// The entry, by the Desktop Entry Specification 1.5.
fn entry(program: &Path) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Limpid microphone\n\
         Comment=Makes a noisy microphone clear\nExec={} {ARGUMENTS}\nTerminal=false\n\
         X-GNOME-Autostart-enabled=true\n",
        quoted(&program.to_string_lossy())
    )
}

/// As the specification wants a word that may hold anything.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            // A backslash is taken apart twice: as a string, then as a quoted word.
            '"' | '`' | '$' => quoted.push_str("\\\\"),
            '\\' => quoted.push_str("\\\\\\"),
            '%' => quoted.push('%'),
            _ => {}
        }
        quoted.push(letter);
    }
    quoted + "\""
}

fn refused(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Live(format!("cannot change {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use super::*;

    #[test]
    fn an_entry_comes_and_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("autostart/limpid.desktop");
        assert_eq!(status(&file).expect("a status"), "off");
        assert!(on(&file).expect("on").starts_with("on"));
        let there = status(&file).expect("a status");
        assert!(there.contains("live --virtual-mic --wait"), "{there}");
        assert!(off(&file).expect("off").starts_with("off"));
        assert_eq!(off(&file).expect("off"), "off, as before");
    }

    #[test]
    fn an_entry_that_the_desktop_has_switched_off_is_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("limpid.desktop");
        fs::write(
            &file,
            format!("{}Hidden=true\n", entry(Path::new("/usr/bin/limpid"))),
        )
        .expect("a file");
        assert!(status(&file).expect("a status").starts_with("off"));
    }

    #[test]
    fn odd_paths_are_quoted() {
        let text = entry(Path::new("/opt/my apps/50%/limpid"));
        assert!(
            text.contains("Exec=\"/opt/my apps/50%%/limpid\" live"),
            "{text}"
        );
    }
}
