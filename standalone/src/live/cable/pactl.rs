//! The program `pactl`, and what it prints.

use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::live::reason::one_line;

/// How long it may take. It talks to a server that may hang, and others wait for it here.
const PATIENCE: Duration = Duration::from_secs(5);
/// From one look for the end of a program to the next, once it has said all.
const LOOK: Duration = Duration::from_millis(2);

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
    let ended = run_within(&mut command(words), PATIENCE).map_err(|error| match error.kind() {
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
    let words = words.join(" ");
    let Some(output) = ended else {
        return Err(format!(
            "the sound server does not answer: pactl {words} took more than {} s",
            PATIENCE.as_secs()
        ));
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = one_line(&String::from_utf8_lossy(&output.stderr));
    Err(format!(
        "the sound server refuses: {said} (pactl {words}); start PulseAudio or PipeWire if neither \
         runs"
    ))
}

/// Runs a program to its end and gives what it printed; one that takes longer than `limit` is ended
/// and gives `None`.
fn run_within(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let until = Instant::now() + limit;
    let left = || until.saturating_duration_since(Instant::now());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = read(child.stdout.take());
    let complained = read(child.stderr.take());
    let read = said.recv_timeout(left()).and_then(|stdout| {
        let stderr = complained.recv_timeout(left())?;
        Ok((stdout, stderr))
    });
    let Ok((stdout, stderr)) = read else {
        end(&mut child);
        return Ok(None);
    };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Output {
                status,
                stdout,
                stderr,
            }));
        }
        if left().is_zero() {
            end(&mut child);
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}

/// Reads to the end on a thread of its own, which a program that hangs must not hold up.
fn read(from: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (done, all) = mpsc::channel();
    let thread = std::thread::Builder::new().name("limpid-pactl".to_owned());
    // Without the thread nothing comes, which counts as a program that takes too long.
    let _ = thread.spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What was read before an error is all that there is.
            let _ = from.read_to_end(&mut bytes);
        }
        let _ = done.send(bytes);
    });
    all
}

/// Ends a program; nothing of it is left.
pub(super) fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
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

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_ended_and_one_that_ends_is_heard() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            run_within(&mut command, Duration::from_secs(1)).map(|ended| {
                ended.map(|output| (output.status.success(), output.stdout, output.stderr))
            })
        };
        let ended = shell("echo said; echo complained >&2; exit 3");
        let expected = (false, b"said\n".to_vec(), b"complained\n".to_vec());
        assert_eq!(ended.ok(), Some(Some(expected)));
        assert_eq!(shell("exec sleep 1000").ok(), Some(None));
        // It says all at once and does not end.
        assert_eq!(shell("exec sleep 1000 >&- 2>&-").ok(), Some(None));
    }

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
