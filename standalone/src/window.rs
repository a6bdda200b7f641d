//! The window: the panel, and above it which devices are used.
//!
//! It opens at once; model and devices follow from a thread of their own. Nothing is played unless
//! the user chooses an output or asks to hear it: a loudspeaker near the microphone howls.

mod bar;
mod devices;
mod hands;
mod starter;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui;
use limpid_panel::{DEFAULT_SIZE, Panel, SMALLEST_SIZE, Shell, install_fonts};

use crate::audio::{Cards, System};
use crate::failure::Failure;
use crate::live::cable::{self, Kind};
use crate::settings::{self, Settings};
use hands::Hands;

/// How often settings that have changed are written.
const SAVE: Duration = Duration::from_secs(2);

/// How long a thread that is in the middle of something is waited for at the end.
const ENDING: Duration = Duration::from_secs(5);

/// How long closing may take after a signal: devices and servers may hang.
const CLOSING: Duration = Duration::from_secs(15);

/// What the window stands in.
#[derive(Clone)]
struct Surroundings {
    /// Of the settings; `None` where the system has no place for it.
    file: Option<PathBuf>,
    /// Where recordings go; `None` where the system names no folder for them.
    recordings: Option<PathBuf>,
    /// Makes a connection to the sound systems.
    sound: Arc<dyn Fn() -> Box<dyn System> + Send + Sync>,
}

impl Surroundings {
    /// This user's.
    fn own() -> Self {
        Self {
            file: settings::file(),
            recordings: recordings(),
            sound: Arc::new(|| Box::new(Cards::new())),
        }
    }

    /// The settings of the last time; with a sentence when they could not be read.
    fn settings(&self) -> (Settings, Option<String>) {
        let file = self.file.as_deref();
        file.map_or_else(Default::default, settings::load)
    }
}

/// The user's folder for sound, or the home.
fn recordings() -> Option<PathBuf> {
    let folders = directories::UserDirs::new()?;
    let folder = folders.audio_dir().filter(|folder| folder.is_dir());
    Some(folder.unwrap_or(folders.home_dir()).to_owned())
}

/// Opens it and returns when it is closed.
pub fn run() -> Result<(), Failure> {
    let surroundings = Surroundings::own();
    let (settings, told) = surroundings.settings();
    let [width, height] = DEFAULT_SIZE;
    let [least_width, least_height] = SMALLEST_SIZE;
    let viewport = egui::ViewportBuilder::default()
        .with_title("Limpid")
        .with_app_id("limpid")
        .with_inner_size([width, height + bar::HEIGHT])
        .with_min_inner_size([least_width, least_height + bar::HEIGHT]);
    let options = eframe::NativeOptions {
        viewport,
        ..Default::default()
    };
    let opened = eframe::run_native(
        "limpid",
        options,
        Box::new(move |creation| {
            install_fonts(&creation.egui_ctx);
            creation.egui_ctx.set_zoom_factor(settings.scale);
            close_on_signal(creation.egui_ctx.clone());
            let hands = Hands::new(settings, surroundings, told, creation.egui_ctx.clone());
            Ok(Box::new(Window::new(hands)))
        }),
    );
    opened.map_err(|error| {
        Failure::Live(format!(
            "no window can be opened here: {error}. `limpid live` works in the terminal"
        ))
    })
}

/// Ctrl-C, and the system's requests to end, close the window: what was chosen is kept, and no virtual
/// microphone is left behind. Where the system allows no handler, they end the program at once.
fn close_on_signal(context: egui::Context) {
    let _ = ctrlc::set_handler(move || {
        context.send_viewport_cmd(egui::ViewportCommand::Close);
        // The program ends meanwhile. A window that nobody sees may not be drawn any more, and so never
        // hear of it.
        std::thread::sleep(CLOSING);
        cable::take_away(&[Kind::Microphone]);
        std::process::exit(1);
    });
}

struct Window {
    panel: Panel,
    hands: Hands,
}

impl Window {
    fn new(hands: Hands) -> Self {
        Self {
            panel: Panel::new(),
            hands,
        }
    }

    /// One frame.
    fn draw(&mut self, ui: &mut egui::Ui) {
        self.hands.refresh();
        let area = ui.max_rect();
        let split = area.top() + bar::HEIGHT;
        let above = egui::Rect::from_min_max(area.min, egui::pos2(area.right(), split));
        let below = egui::Rect::from_min_max(egui::pos2(area.left(), split), area.max);
        let mut panel = ui.new_child(egui::UiBuilder::new().max_rect(below));
        self.panel.show(&mut panel, &mut self.hands);
        // After the panel, which sets the colours of the theme.
        let mut bar = ui.new_child(egui::UiBuilder::new().max_rect(above));
        bar::show(&mut bar, &mut self.hands);
        if let Some(scale) = self.hands.new_scale() {
            ui.ctx().set_zoom_factor(scale);
        }
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.hands.save();
    }
}

/// The panel's own idea of what is going on, in one place.
fn is_running(hands: &Hands) -> bool {
    hands.facts().latency_ms.is_some()
}

#[cfg(test)]
mod tests;
