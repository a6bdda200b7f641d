//! A JACK server of the test's own on its dummy driver, and a client that plays and records.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jack::{AudioIn, AudioOut, Client, ClientOptions, Control, Port, PortFlags, ProcessScope};

use crate::program::{PATIENCE, signal, until};

/// Hz.
pub const RATE: u32 = 48_000;

/// The server; it ends when this is dropped.
pub struct Jack {
    name: String,
    period: u32,
    server: Option<Child>,
}

impl Jack {
    pub fn start(name: &str, period: u32) -> Self {
        let mut jack = Self {
            // Always the same: there is room for eight names, and those of killed servers stay.
            name: format!("limpid-{name}"),
            period,
            server: None,
        };
        jack.restart();
        jack
    }

    /// Starts it, again after [`Jack::kill`].
    pub fn restart(&mut self) {
        // Real-time scheduling where it is allowed: without it a busy machine loses blocks.
        for scheduling in ["-R", "-r"] {
            let mut command = Command::new("jackd");
            command
                .args([scheduling, "-n", &self.name, "-d", "dummy"])
                .args(["-r", &RATE.to_string(), "-p", &self.period.to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let server = command
                .spawn()
                .expect("JACK, which `cargo xtask test` installs (Debian: jackd2)");
            self.server = Some(server);
            if self.comes_up() {
                return;
            }
            self.kill();
        }
        panic!("jackd does not start");
    }

    fn comes_up(&self) -> bool {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let mut asked = Command::new("jack_lsp");
            self.aim(&mut asked);
            let answered = asked.stderr(Stdio::null()).output();
            if answered.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("system:")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Makes a program talk to this server and to no other.
    pub fn aim(&self, command: &mut Command) {
        command
            .env("JACK_DEFAULT_SERVER", &self.name)
            .env("JACK_NO_START_SERVER", "1")
            .env("XDG_RUNTIME_DIR", "/nonexistent")
            // No settings, so nothing is remembered.
            .env("HOME", "/nonexistent")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("PULSE_SERVER");
    }

    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Plays `sound` into the program with this number; gives what the program played from the same
    /// frame on, and a second more. A client's server is chosen by its environment, so the client
    /// is a process of its own.
    pub fn exchange(&self, pid: u32, sound: &[f32]) -> Vec<f32> {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("sound"), folder.path().join("heard"));
        let bytes: Vec<u8> = sound.iter().flat_map(|x| x.to_le_bytes()).collect();
        fs::write(&from, bytes).expect("a file");
        let mut probe = Command::new(std::env::current_exe().expect("this program"));
        self.aim(&mut probe);
        let output = probe
            .args(["--exact", "jack::probe", "--ignored", "--nocapture"])
            .env("PROBE_PROGRAM", pid.to_string())
            .env("PROBE_SOUND", &from)
            .env("PROBE_HEARD", &to)
            .output()
            .expect("this program");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        floats(&to)
    }
}

fn floats(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).expect("a file");
    let chunks = bytes.chunks_exact(4);
    let four = |c: &[u8]| f32::from_le_bytes([c[0], c[1], c[2], c[3]]);
    chunks.map(four).collect()
}

impl Drop for Jack {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // In order, so that it takes away what it has shared.
            signal(server.id(), "TERM");
            let begun = std::time::Instant::now();
            while begun.elapsed() < Duration::from_secs(5) {
                if matches!(server.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.kill();
    }
}

struct Process {
    out: Port<AudioOut>,
    input: Port<AudioIn>,
    sound: Vec<f32>,
    at: usize,
    recorded: Vec<f32>,
    /// Set once both ports are connected.
    go: Arc<AtomicBool>,
    done: mpsc::Sender<Vec<f32>>,
}

/// Frames that are recorded after the sound has been played: more than any latency.
const AFTER: usize = RATE as usize;

#[test]
#[ignore = "it is the process that Jack::exchange starts"]
fn probe() {
    let told = |name: &str| std::env::var_os(name).expect(name);
    let sound = floats(Path::new(&told("PROBE_SOUND")));
    let pid = told("PROBE_PROGRAM").to_string_lossy().into_owned();
    let (client, _) = Client::new("probe", ClientOptions::NO_START_SERVER).expect("a client");
    let out = client.register_port("out", AudioOut::default());
    let input = client.register_port("in", AudioIn::default());
    let (done, heard) = mpsc::channel();
    let go = Arc::new(AtomicBool::new(false));
    let seconds = sound.len() as u64 / u64::from(RATE);
    let process = Process {
        out: out.expect("a port"),
        input: input.expect("a port"),
        recorded: Vec::with_capacity(sound.len() + AFTER + 8192),
        sound,
        at: 0,
        go: Arc::clone(&go),
        done,
    };
    let client = client
        .activate_async((), process)
        .expect("a running client");
    let own = client.as_client();
    let its = |end: &str, flags| {
        let pattern = format!("cpal_client_{pid}_{end}:.*");
        own.ports(Some(&pattern), None, flags).first().cloned()
    };
    until("both ends of the program", || {
        its("in", PortFlags::IS_INPUT).is_some() && its("out", PortFlags::IS_OUTPUT).is_some()
    });
    let name = own.name();
    // A port is there a moment before its client runs, and only then takes connections.
    until("both connections", || {
        let (to, from) = (
            its("in", PortFlags::IS_INPUT),
            its("out", PortFlags::IS_OUTPUT),
        );
        let connected = |from: &str, to: &str| {
            matches!(
                own.connect_ports_by_name(from, to),
                Ok(()) | Err(jack::Error::PortAlreadyConnected(..))
            )
        };
        to.is_some_and(|to| connected(&format!("{name}:out"), &to))
            && from.is_some_and(|from| connected(&from, &format!("{name}:in")))
    });
    // A new connection puts the graph in another order, which the program needs to settle from.
    std::thread::sleep(Duration::from_secs(1));
    go.store(true, Ordering::Release);
    let patience = PATIENCE + Duration::from_secs(seconds);
    let heard = heard.recv_timeout(patience).expect("a recording");
    let bytes: Vec<u8> = heard.iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(told("PROBE_HEARD"), bytes).expect("a file");
    let _ = client.deactivate();
}

impl jack::ProcessHandler for Process {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let out = self.out.as_mut_slice(scope);
        if !self.go.load(Ordering::Acquire) {
            out.fill(0.0);
            return Control::Continue;
        }
        for y in out.iter_mut() {
            *y = self.sound.get(self.at).copied().unwrap_or(0.0);
            self.at += 1;
        }
        let wanted = self.sound.len() + AFTER;
        if self.recorded.len() < wanted {
            self.recorded.extend_from_slice(self.input.as_slice(scope));
            if self.recorded.len() >= wanted {
                let _ = self.done.send(self.recorded.clone());
            }
        }
        Control::Continue
    }
}
