//! The program `pactl`, and what it prints.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

/// A module of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    pub index: u32,
    pub name: String,
    pub argument: String,
}

/// `pactl` in a language that can be read.
pub(super) fn command(words: &[&str]) -> Command {
    let mut command = Command::new("pactl");
    command.args(words).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs it to the end; gives what it printed.
pub(super) fn pactl(words: &[&str]) -> Result<String, String> {
    let output = command(words)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound if cfg!(target_os = "linux") => {
                "virtual devices are made by the program pactl, which is not there; install \
             pulseaudio-utils (it serves PipeWire, too)"
                    .to_owned()
            }
            ErrorKind::NotFound => {
                "virtual devices are made on Linux alone; docs/live.md names a virtual cable for \
             this system"
                    .to_owned()
            }
            _ => format!("pactl cannot be run: {error}"),
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "the sound server refuses: {} (pactl {}); is PulseAudio or PipeWire running?",
        said.trim(),
        words.join(" ")
    ))
}

/// Every module, in the order in which they were loaded.
pub(super) fn modules() -> Result<Vec<Module>, String> {
    Ok(parse_modules(&pactl(&["list", "short", "modules"])?))
}

pub(super) fn unload(index: u32) -> Result<(), String> {
    pactl(&["unload-module", &index.to_string()]).map(|_| ())
}

/// `INDEX TAB NAME TAB ARGUMENT TAB`. PipeWire's arguments may go over several lines.
fn parse_modules(text: &str) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, '\t');
        let index = fields.next().and_then(|field| field.parse().ok());
        match (index, fields.next()) {
            (Some(index), Some(name)) => modules.push(Module {
                index,
                name: name.to_owned(),
                argument: fields.next().unwrap_or("").trim().to_owned(),
            }),
            _ => {
                if let Some(last) = modules.last_mut() {
                    last.argument += line;
                }
            }
        }
    }
    modules
}

/// How many programs record from a source, of the output of `pactl list source-outputs` and
/// `pactl list short sources`. Those that have paused do not count.
pub(super) fn listeners(source: &str, sources: &str, outputs: &str) -> usize {
    let index = sources.lines().find_map(|line| {
        let mut fields = line.split('\t');
        let index = fields.next()?;
        (fields.next()? == source).then(|| index.to_owned())
    });
    let Some(index) = index else { return 0 };
    let (mut count, mut here) = (0, false);
    for line in outputs.lines().map(str::trim) {
        if line.starts_with("Source Output #") {
            here = false;
        } else if let Some(of) = line.strip_prefix("Source: ") {
            here = of == index;
        } else if line.starts_with("Corked: no") && here {
            count += 1;
        }
    }
    // PulseAudio tells of the source before it tells of the cork, PipeWire the other way round.
    if count == 0 {
        count = corked_first(&index, outputs);
    }
    count
}

fn corked_first(index: &str, outputs: &str) -> usize {
    let (mut count, mut runs) = (0, false);
    for line in outputs.lines().map(str::trim) {
        if line.starts_with("Source Output #") {
            runs = false;
        } else if line.starts_with("Corked: no") {
            runs = true;
        } else if line.strip_prefix("Source: ") == Some(index) && runs {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_read() {
        let text = "0\tmodule-device-restore\t\n7\tmodule-null-sink\tsink_name=a rate=48000\t\n";
        let modules = parse_modules(text);
        assert_eq!(modules.len(), 2);
        assert_eq!(modules[1].index, 7);
        assert_eq!(modules[1].argument, "sink_name=a rate=48000");
    }

    #[test]
    fn a_paused_listener_does_not_count() {
        let sources = "0\tspeakers.monitor\tx\n3\tlimpid_microphone\tmodule-remap-source.c\n";
        let output = |number, source, corked| {
            format!("Source Output #{number}\n\tSource: {source}\n\tCorked: {corked}\n")
        };
        let outputs = [output(1, 3, "yes"), output(2, 0, "no")].concat();
        assert_eq!(listeners("limpid_microphone", sources, &outputs), 0);
        let outputs = [outputs, output(4, 3, "no")].concat();
        assert_eq!(listeners("limpid_microphone", sources, &outputs), 1);
        assert_eq!(listeners("nobody", sources, &outputs), 0);
    }
}
