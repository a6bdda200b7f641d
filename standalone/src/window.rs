//! The window: the panel, and above it which devices are used.
//!
//! It opens at once; model and devices follow from a thread of their own. Nothing is played unless
//! the user chooses an output or asks to hear it: a loudspeaker near the microphone howls.

mod bar;
mod devices;
mod hands;
mod starter;

use std::time::Duration;

use eframe::egui;
use limpid_panel::{DEFAULT_SIZE, Panel, SMALLEST_SIZE, Shell, install_fonts};

use crate::failure::Failure;
use crate::settings;
use hands::Hands;

/// How often settings that have changed are written.
const SAVE: Duration = Duration::from_secs(2);

/// Opens it and returns when it is closed.
pub fn run() -> Result<(), Failure> {
    let file = settings::file();
    let (settings, told) = file
        .as_deref()
        .map_or_else(Default::default, settings::load);
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
            let hands = Hands::new(settings, file, told, creation.egui_ctx.clone());
            Ok(Box::new(Window {
                panel: Panel::new(),
                hands,
            }))
        }),
    );
    opened.map_err(|error| {
        Failure::Live(format!(
            "no window can be opened here: {error}. `limpid live` works in the terminal"
        ))
    })
}

struct Window {
    panel: Panel,
    hands: Hands,
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
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

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.hands.save();
    }
}

/// The panel's own idea of what is going on, in one place.
fn is_running(hands: &Hands) -> bool {
    hands.facts().latency_ms.is_some()
}
