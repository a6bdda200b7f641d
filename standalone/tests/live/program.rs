//! `limpid live` under way: what it says, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Long beyond what anything here takes, on the busiest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs; it is killed when this is dropped.
pub struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let out = child.stdout.take().expect("a pipe");
        let err = child.stderr.take().expect("a pipe");
        collect(out, Arc::clone(&lines));
        collect(err, Arc::clone(&lines));
        Self { child, lines }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn said(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }

    /// Waits for a line, after the first `after` lines, that holds `words`; gives it.
    #[track_caller]
    pub fn wait_for(&self, after: usize, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let said = self.said();
            if let Some(line) = said.iter().skip(after).find(|line| line.contains(words)) {
                return line.clone();
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{words:?} was never said, but:\n{}",
                said.join("\n")
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                // What was said last is on its way.
                std::thread::sleep(Duration::from_millis(100));
                return status;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.said().join("\n")
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as Ctrl-C does; it must end well.
    #[track_caller]
    pub fn interrupt(&mut self) {
        self.signal("INT");
        let status = self.end();
        assert!(status.success(), "{status}:\n{}", self.said().join("\n"));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program drawn on a terminal, which `script` makes.
pub struct Terminal {
    script: Child,
    program: u32,
    keys: Option<ChildStdin>,
    drawn: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts it; `aim` sets what both need in their environment.
    pub fn start(command: &Command, folder: &TempDir, aim: impl FnOnce(&mut Command)) -> Self {
        let words: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let mut script = Command::new("script");
        aim(&mut script);
        script.current_dir(folder.path());
        script.args(["--quiet", "--flush", "--return", "--command"]);
        script.arg(format!("stty cols 120 rows 40; exec {}", words.join(" ")));
        script.arg("/dev/null");
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().expect("script, of util-linux");
        let drawn = Arc::new(Mutex::new(Vec::new()));
        let (keys, out) = (script.stdin.take(), script.stdout.take());
        read_on(out.expect("a pipe"), Arc::clone(&drawn));
        let mut terminal = Self {
            script,
            program: 0,
            keys,
            drawn,
        };
        until("the program", || {
            let of = terminal.script.id();
            let children = fs::read_to_string(format!("/proc/{of}/task/{of}/children"));
            let program = children.ok().and_then(|c| c.trim().parse().ok());
            terminal.program = program.unwrap_or(0);
            // Until then it is the shell.
            fs::read_to_string(format!("/proc/{}/comm", terminal.program))
                .is_ok_and(|name| name.trim() == "limpid")
        });
        terminal
    }

    pub fn program(&self) -> u32 {
        self.program
    }

    /// All that was drawn so far, escapes and all.
    pub fn drawn(&self) -> String {
        let drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&drawn).into_owned()
    }

    /// Waits for words that are drawn after the first `after` bytes.
    #[track_caller]
    pub fn wait_for(&self, after: usize, words: &str) {
        let begun = Instant::now();
        while !self
            .drawn()
            .get(after..)
            .is_some_and(|new| new.contains(words))
        {
            let drawn = self.drawn();
            assert!(begun.elapsed() < PATIENCE, "{words:?} is not in {drawn:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types what a keyboard would send.
    pub fn press(&mut self, keys: &str) {
        let pipe = self.keys.as_mut().expect("a pipe");
        pipe.write_all(keys.as_bytes()).expect("a terminal");
        pipe.flush().expect("a terminal");
    }

    /// Waits for the end of the program; gives how it ended.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.script.try_wait().expect("a child") {
                // What was drawn last is on its way.
                std::thread::sleep(Duration::from_millis(100));
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.drawn());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// As when its window is closed.
    pub fn close(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }

    pub fn has_ended(&self) -> bool {
        !Path::new(&format!("/proc/{}", self.program)).exists()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
        if !self.has_ended() {
            signal(self.program, "KILL");
        }
    }
}

fn read_on(mut from: impl std::io::Read + Send + 'static, bytes: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(count) = from.read(&mut part)
            && count > 0
        {
            let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(&part[..count]);
        }
    });
}

fn collect(from: impl std::io::Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    });
}

/// Sends a signal by its name.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status();
    assert!(sent.expect("the program kill").success());
}

/// Waits until `done`.
#[track_caller]
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} has not happened");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The number after `words` in a line: 30.0 in `enhancer 30.0 + bridge` for `enhancer`.
#[track_caller]
pub fn number_after(line: &str, words: &str) -> f64 {
    let (_, after) = line.split_once(words).expect(line);
    let digits: String = after
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_digit() || "+-.".contains(*c))
        .collect();
    digits.parse().expect(line)
}
