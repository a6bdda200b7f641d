//! A system bus of the test's own, with an rtkit that writes down what it is asked.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbus::Message;
use dbus::arg::Variant;
use dbus::channel::Channel;
use tempfile::TempDir;

use crate::program::until;

/// What the real one allows.
const LONGEST: i64 = 200_000;

/// A thread and the priority that was asked for it, with the limits that its process had then.
#[derive(Debug, Clone)]
pub struct Asked {
    pub thread: u64,
    pub priority: u32,
    pub limits: String,
}

/// The bus; it ends when this is dropped.
pub struct Rtkit {
    folder: TempDir,
    bus: Child,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Rtkit {
    /// One that promotes threads as far as this user may, or one that refuses.
    pub fn start(grants: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("unix:path={}/bus", folder.path().display());
        // A session's bus lets anybody own any name.
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile"])
            .arg(format!("--address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("D-Bus, which `cargo xtask test` installs (Debian: dbus-daemon)");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let rtkit = Self {
            folder,
            bus,
            asked: Arc::clone(&asked),
        };
        let mut channel = None;
        until("the bus", || {
            channel = Channel::open_private(&address).ok();
            channel.is_some()
        });
        let mut channel = channel.expect("a bus");
        channel.register().expect("a name");
        let own = dbus_call("RequestName").append2("org.freedesktop.RealtimeKit1", 4u32);
        let owned = channel.send_with_reply_and_block(own, Duration::from_secs(10));
        owned.expect("the name");
        std::thread::spawn(move || serve(&channel, grants, &asked));
        rtkit
    }

    /// Makes a program take this bus for the system's.
    pub fn aim(&self, command: &mut Command) {
        let address = format!("unix:path={}/bus", self.folder.path().display());
        command.env("DBUS_SYSTEM_BUS_ADDRESS", address);
    }

    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Rtkit {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn dbus_call(method: &str) -> Message {
    let bus = "org.freedesktop.DBus";
    Message::new_method_call(bus, "/org/freedesktop/DBus", bus, method).expect("a call")
}

/// Answers until the bus is gone.
fn serve(channel: &Channel, grants: bool, asked: &Mutex<Vec<Asked>>) {
    while channel.read_write(Some(Duration::from_secs(1))).is_ok() {
        while let Some(message) = channel.pop_message() {
            let member = message.member();
            let reply = match member.as_deref() {
                Some("Get") => message.method_return().append1(Variant(LONGEST)),
                Some("MakeThreadRealtime") => {
                    let (thread, priority) = message.read2().expect("a thread and a priority");
                    let limits = limits_of(thread);
                    asked
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(Asked {
                            thread,
                            priority,
                            limits,
                        });
                    if grants {
                        promote(thread, priority);
                        message.method_return()
                    } else {
                        let name = "org.freedesktop.DBus.Error.AccessDenied".into();
                        message.error(&name, c"not today")
                    }
                }
                _ => continue,
            };
            let _ = channel.send(reply);
        }
    }
}

/// As the real one does, where this user may.
fn promote(thread: u64, priority: u32) {
    let _ = Command::new("chrt")
        .args(["--rr", "--pid", &priority.to_string(), &thread.to_string()])
        .stderr(Stdio::null())
        .status();
}

fn limits_of(thread: u64) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{thread}/limits")).unwrap_or_default();
    let line = limits
        .lines()
        .find(|l| l.starts_with("Max realtime timeout"));
    line.unwrap_or_default().to_owned()
}
