//! The line above the panel: microphone, output, buffer, and what is done with the sound.

use eframe::egui::{
    self, Align, Button, ComboBox, Layout, RichText, Sense, Stroke, Ui, UiBuilder, vec2,
};

use super::hands::Hands;
use crate::audio::{Device, Kept};
use crate::settings::Output;

/// Of the line, in points.
pub(super) const HEIGHT: f32 = 46.0;
/// As the panel's own margin.
const MARGIN: f32 = 20.0;
/// Buffers on offer, in frames.
const BUFFERS: [u32; 6] = [64, 128, 256, 480, 512, 1024];

pub(super) fn show(ui: &mut Ui, hands: &mut Hands) {
    let area = ui.max_rect();
    let visuals = ui.visuals().clone();
    ui.painter().rect_filled(area, 0.0, visuals.panel_fill);
    ui.painter().hline(
        area.x_range(),
        area.bottom() - 0.5,
        Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color),
    );
    let inner = area.shrink2(vec2(MARGIN, 8.0));
    let line = UiBuilder::new()
        .max_rect(inner)
        .layout(Layout::left_to_right(Align::Center));
    let mut ui = ui.new_child(line);
    // The lists share what the rest leaves.
    let list = ((inner.width() - 316.0) / 2.0).clamp(90.0, 300.0);
    microphone(&mut ui, hands, list);
    output(&mut ui, hands, list);
    buffer(&mut ui, hands);
    listen(&mut ui, hands);
    record(&mut ui, hands);
}

fn kept(device: &Device) -> Kept {
    Kept {
        id: device.id.clone(),
        name: device.name.clone(),
    }
}

/// A list that is brought up to date when it is opened.
fn list(
    ui: &mut Ui,
    hands: &mut Hands,
    id: &str,
    width: f32,
    shown: String,
    about: &str,
    content: impl FnOnce(&mut Ui, &mut Hands),
) {
    let response = ComboBox::from_id_salt(id)
        .width(width)
        .truncate()
        .selected_text(shown)
        .show_ui(ui, |ui| {
            ui.set_min_width(220.0);
            content(ui, hands);
        })
        .response;
    if response.clicked() {
        hands.devices.renew();
    }
    response.on_hover_text(about);
}

fn microphone(ui: &mut Ui, hands: &mut Hands, width: f32) {
    let open = hands.glance.input.as_ref().map(|side| side.name.clone());
    let shown = match (&hands.settings.input, open) {
        (Some(kept), _) => kept.name.clone(),
        (None, Some(name)) => name,
        (None, None) => "No microphone".to_owned(),
    };
    let about = "The microphone that is listened to";
    list(ui, hands, "microphone", width, shown, about, |ui, hands| {
        let now = hands.settings.input.clone();
        if ui
            .selectable_label(now.is_none(), "The system's microphone")
            .clicked()
        {
            hands.choose_input(None);
        }
        for (name, device) in hands.devices.inputs() {
            let this = kept(&device);
            let chosen = now.as_ref().is_some_and(|now| now.id == this.id);
            if ui.selectable_label(chosen, name).clicked() {
                hands.choose_input(Some(this));
            }
        }
    });
}

fn output(ui: &mut Ui, hands: &mut Hands, width: f32) {
    let shown = match &hands.settings.output {
        Output::Nothing => "To nothing".to_owned(),
        Output::VirtualMicrophone => "To the Limpid microphone".to_owned(),
        Output::Device(kept) => format!("To {}", kept.name),
    };
    let about = "Where the enhanced sound goes";
    list(ui, hands, "output", width, shown, about, |ui, hands| {
        let now = hands.settings.output.clone();
        let mut choices = vec![("To nothing".to_owned(), Output::Nothing)];
        if cfg!(target_os = "linux") {
            let name = "The Limpid microphone, for other programs".to_owned();
            choices.push((name, Output::VirtualMicrophone));
        }
        let devices = hands.devices.outputs();
        choices.extend(
            devices
                .into_iter()
                .map(|(name, device)| (name, Output::Device(kept(&device)))),
        );
        for (name, choice) in choices {
            if ui.selectable_label(now == choice, name).clicked() {
                hands.choose_output(choice);
            }
        }
    });
}

fn buffer(ui: &mut Ui, hands: &mut Hands) {
    let shown = match hands.settings.buffer {
        Some(frames) => frames.to_string(),
        None => "Auto".to_owned(),
    };
    let about = "Frames that devices deliver at once: fewer are sooner heard, more are safer";
    list(ui, hands, "buffer", 62.0, shown, about, |ui, hands| {
        let now = hands.settings.buffer;
        if ui
            .selectable_label(now.is_none(), "As the devices like it")
            .clicked()
        {
            hands.choose_buffer(None);
        }
        for frames in BUFFERS {
            let name = format!("{frames} frames");
            if ui.selectable_label(now == Some(frames), name).clicked() {
                hands.choose_buffer(Some(frames));
            }
        }
        if hands.glance.safety_raised {
            ui.separator();
            let again = ui.selectable_label(false, "Bring the raised safety back");
            if again.clicked() {
                hands.bring_back_safety();
            }
        }
    });
}

fn listen(ui: &mut Ui, hands: &mut Hands) {
    let text = RichText::new("Hear it");
    let about = if hands.plays_nothing() {
        "Nothing is played now. Put on headphones, then switch this on: a loudspeaker that the \
         microphone hears would howl."
    } else {
        "Hear it on the system's output. Put on headphones first: a loudspeaker that the microphone \
         hears would howl."
    };
    let button = Button::new(text).selected(hands.monitor);
    if ui.add(button).on_hover_text(about).clicked() {
        hands.listen(!hands.monitor);
    }
}

fn record(ui: &mut Ui, hands: &mut Hands) {
    let seconds = hands.glance.recording.as_ref().map(|(_, seconds)| *seconds);
    let text = match seconds {
        Some(seconds) => format!("{}:{:02}", seconds as u64 / 60, seconds as u64 % 60),
        None => "Record".to_owned(),
    };
    let about = if seconds.is_some() {
        "End the recording"
    } else {
        "Record what is heard and what is made of it, as two files"
    };
    let button = Button::new(format!("     {text}")).selected(seconds.is_some());
    let enabled = super::is_running(hands);
    let response = ui.add_enabled(enabled, button).on_hover_text(about);
    let middle = response.rect.left_center() + vec2(15.0, 0.0);
    let colour = if enabled {
        egui::Color32::from_rgb(0xe0, 0x4a, 0x3a)
    } else {
        ui.visuals().weak_text_color()
    };
    if seconds.is_some() {
        let square = egui::Rect::from_center_size(middle, vec2(8.0, 8.0));
        ui.painter().rect_filled(square, 1.0, colour);
    } else {
        ui.painter().circle_filled(middle, 5.0, colour);
    }
    if response.interact(Sense::click()).clicked() {
        hands.record();
    }
}
