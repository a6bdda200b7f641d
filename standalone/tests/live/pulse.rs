//! A PulseAudio, or a PipeWire in its place, of the test's own, with a microphone that is fed and a loudspeaker that is heard.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::{signal, until};

/// What is played into this is what the microphone "mic" hears; "out" is the loudspeaker.
const DEVICES: [&str; 4] = [
    "module-native-protocol-unix",
    "module-null-sink sink_name=mic_feed rate=48000 channels=1 channel_map=mono",
    "module-remap-source master=mic_feed.monitor source_name=mic channels=1 channel_map=mono \
     source_properties=device.description=Mic",
    "module-null-sink sink_name=out rate=48000 channels=1 channel_map=mono \
     sink_properties=device.description=Out",
];

/// The server; it ends when this is dropped.
pub struct Pulse {
    pipewire: bool,
    folder: TempDir,
    servers: Vec<Child>,
    /// Plays silence, so that the microphone always runs, as a real one does.
    silence: Option<Child>,
}

impl Pulse {
    pub fn start() -> Self {
        let mut pulse = Self::prepare(false);
        pulse.restart();
        pulse
    }

    /// The same on PipeWire.
    pub fn on_pipewire() -> Self {
        let mut pulse = Self::prepare(true);
        pulse.restart();
        pulse
    }

    fn prepare(pipewire: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let only_mine = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path(), only_mine).expect("permissions");
        Self {
            pipewire,
            folder,
            servers: Vec::new(),
            silence: None,
        }
    }

    fn spawn_pipewire(&mut self) {
        let address = format!("--address={}", self.bus());
        let programs: [(&str, &[&str]); 4] = [
            (
                "dbus-daemon",
                &["--session", "--nofork", "--nopidfile", &address],
            ),
            ("pipewire", &[]),
            ("wireplumber", &[]),
            ("pipewire-pulse", &[]),
        ];
        for (program, words) in programs {
            let mut command = self.command(program);
            command
                .args(words)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let server = command.spawn().expect(
                "PipeWire, which `cargo xtask test` installs (Debian: dbus-daemon, pipewire, \
                 pipewire-pulse, wireplumber)",
            );
            self.servers.push(server);
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        until("PipeWire's start", || self.answers());
        for module in &DEVICES[1..] {
            let words: Vec<&str> = module.split_whitespace().collect();
            self.pactl(&[&["load-module"], words.as_slice()].concat());
        }
    }

    fn bus(&self) -> String {
        format!("unix:path={}/bus", self.folder.path().display())
    }

    fn answers(&self) -> bool {
        let asked = self.command("pactl").arg("info").output();
        asked.is_ok_and(|output| output.status.success())
    }

    /// Starts it, again after [`Pulse::kill`].
    pub fn restart(&mut self) {
        if self.pipewire {
            self.spawn_pipewire();
        } else {
            self.spawn_pulseaudio();
        }
        self.settle();
    }

    fn spawn_pulseaudio(&mut self) {
        let mut command = self.command("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1"]);
        command.args(["--use-pid-file=no", "--disallow-exit=yes"]);
        for module in DEVICES {
            command.args(["-L", module]);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let server = command.spawn().expect(
            "PulseAudio, which `cargo xtask test` installs (Debian: pulseaudio, pulseaudio-utils)",
        );
        self.servers.push(server);
        until("the server's start", || self.answers());
    }

    fn settle(&mut self) {
        self.pactl(&["set-default-source", "mic"]);
        self.pactl(&["set-default-sink", "out"]);
        self.keep_awake();
    }

    fn keep_awake(&mut self) {
        let mut pacat = self.command("pacat");
        pacat.args(["--playback", "--device=mic_feed", "--raw", "--rate=48000"]);
        pacat.args(["--channels=1", "--format=s16le"]);
        let zeros = fs::File::open("/dev/zero").expect("zeros");
        self.silence = Some(pacat.stdin(zeros).spawn().expect("pacat"));
    }

    /// A program that talks to this server and to no other.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.aim(&mut command);
        command.stdin(Stdio::null());
        command
    }

    /// Makes a program talk to this server and to no other.
    pub fn aim(&self, command: &mut Command) {
        command
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus())
            .env_remove("PULSE_SERVER")
            .env_remove("PULSE_RUNTIME_PATH")
            .env_remove("XDG_CONFIG_HOME")
            .env("JACK_DEFAULT_SERVER", "limpid-none")
            .env("LC_ALL", "C");
    }

    /// The home of programs that are aimed at this server.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    pub fn pactl(&self, words: &[&str]) -> String {
        let output = self.command("pactl").args(words).output().expect("pactl");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pactl {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Plays a file into the microphone and waits for its end.
    pub fn play(&self, file: &Path) {
        self.play_to("mic_feed", file);
    }

    /// Plays a file to a device and waits for its end.
    pub fn play_to(&self, device: &str, file: &Path) {
        let played = self
            .command("paplay")
            .arg(format!("--device={device}"))
            .arg(file)
            .status();
        assert!(played.expect("paplay").success());
    }

    /// Records from a source until the recording is dropped.
    pub fn record(&self, source: &str) -> Recording {
        let file = self.folder.path().join(format!("{source}.wav"));
        let child = self
            .command("parecord")
            .arg(format!("--device={source}"))
            .args(["--file-format=wav", "--format=float32le", "--rate=48000"])
            .args(["--channels=1", "--latency-msec=20"])
            .arg(&file)
            .spawn()
            .expect("parecord");
        until("a recording", || {
            file.metadata().is_ok_and(|m| m.len() > 100)
        });
        Recording { child, file }
    }

    /// As a crash would: at once, with everything left lying.
    pub fn kill(&mut self) {
        for mut server in self.servers.drain(..).rev() {
            // WirePlumber ends by itself when PipeWire does.
            let _ = server.kill();
            server.wait().expect("its end");
        }
        if let Some(mut silence) = self.silence.take() {
            let _ = silence.kill();
            silence.wait().expect("its end");
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A recording under way.
pub struct Recording {
    child: Child,
    file: PathBuf,
}

impl Recording {
    /// Ends it; gives its samples.
    pub fn finish(mut self) -> Vec<f32> {
        signal(self.child.id(), "INT");
        self.child.wait().expect("its end");
        let mut reader = hound::WavReader::open(&self.file).expect("a recording");
        reader.samples::<f32>().map_while(Result::ok).collect()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
