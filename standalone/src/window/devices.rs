//! The list of devices for the menus, brought up to date off the window's thread.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use eframe::egui;

use super::{ENDING, Surroundings};
use crate::audio::{Device, Host};

/// A list that is asked for and comes when it comes.
pub(super) struct Devices {
    /// `None` at the end.
    ask: Option<mpsc::Sender<()>>,
    /// Closed when the thread has ended.
    ended: mpsc::Receiver<()>,
    known: Arc<Mutex<Vec<Host>>>,
}

impl Devices {
    pub(super) fn new(surroundings: Surroundings, context: egui::Context) -> Self {
        let (ask, asked) = mpsc::channel::<()>();
        let (running, ended) = mpsc::channel();
        let known = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&known);
        let thread = std::thread::Builder::new().name("limpid-devices".to_owned());
        // Without the thread the menus offer the defaults alone.
        let _ = thread.spawn(move || {
            let _running: mpsc::Sender<()> = running;
            let mut sound = (surroundings.sound)();
            while asked.recv().is_ok() {
                // Several questions have one answer.
                while asked.try_recv().is_ok() {}
                let hosts = sound.hosts();
                *found.lock().unwrap_or_else(PoisonError::into_inner) = hosts;
                context.request_repaint();
            }
        });
        let devices = Self {
            ask: Some(ask),
            ended,
            known,
        };
        devices.renew();
        devices
    }

    /// Asks for a new list.
    pub(super) fn renew(&self) {
        if let Some(ask) = &self.ask {
            let _ = ask.send(());
        }
    }

    /// Microphones with the names under which they are shown.
    pub(super) fn inputs(&self) -> Vec<(String, Device)> {
        self.shown(|host| &host.inputs)
    }

    /// The same of outputs.
    pub(super) fn outputs(&self) -> Vec<(String, Device)> {
        self.shown(|host| &host.outputs)
    }

    /// Those of other sound systems than the usual one tell whose they are.
    fn shown(&self, of: fn(&Host) -> &Vec<Device>) -> Vec<(String, Device)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shown = Vec::new();
        for host in known.iter() {
            for device in of(host).iter().filter(|device| !device.hidden) {
                let name = if host.default {
                    device.name.clone()
                } else {
                    format!("{} ({})", device.name, host.name)
                };
                shown.push((name, device.clone()));
            }
        }
        shown
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        // A process that ends while a thread is inside a sound system's library may crash.
        self.ask = None;
        let _ = self.ended.recv_timeout(ENDING);
    }
}
