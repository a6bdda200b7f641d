//! The session, started off the window's thread: a model is loaded and timed, devices are opened.

use std::sync::mpsc;

use eframe::egui;

use super::Surroundings;
use crate::audio::{Choice, Wish};
use crate::live::cable::{Cable, Kind};
use crate::live::{Live, MAIN, MONITOR, Order, OutputOrder, load_model};
use crate::places;
use crate::settings::{Output, Settings};

/// A session that runs.
pub(super) struct Started {
    pub(super) live: Live,
    /// Something that is not as the settings want it.
    pub(super) remark: Option<String>,
}

/// Begins; the result comes once.
pub(super) fn begin(
    settings: Settings,
    surroundings: Surroundings,
    context: egui::Context,
) -> mpsc::Receiver<Result<Started, String>> {
    let (done, result) = mpsc::channel();
    let thread = std::thread::Builder::new().name("limpid-starter".to_owned());
    let failed = done.clone();
    let started = thread.spawn(move || {
        let _ = done.send(start(&settings, &surroundings));
        context.request_repaint();
    });
    if let Err(error) = started {
        let _ = failed.send(Err(format!("the system gives no thread: {error}")));
    }
    result
}

fn start(settings: &Settings, surroundings: &Surroundings) -> Result<Started, String> {
    let mut remark = None;
    let model = load_model(&settings.model).or_else(|failure| {
        if settings.model == std::path::Path::new(places::DEFAULT_MODEL) {
            return Err(failure.to_string());
        }
        remark = Some(format!(
            "{failure}. The model {} runs instead.",
            places::DEFAULT_MODEL
        ));
        load_model(places::DEFAULT_MODEL.as_ref()).map_err(|failure| failure.to_string())
    })?;
    let mut order = Order {
        input: wish(settings, input(settings)),
        provide_input: None,
        input_may_rest: false,
        outputs: [None, None],
        safety: settings
            .safety
            .map(|ms| std::time::Duration::from_secs_f64(ms.clamp(0.0, 500.0) / 1000.0)),
        record: None,
        controls: settings.controls(),
        on_demand: false,
        patient: true,
    };
    order.outputs[MAIN] = output(settings);
    order.outputs[MONITOR] = None;
    let live =
        Live::start(order, model, (surroundings.sound)()).map_err(|error| error.to_string())?;
    Ok(Started { live, remark })
}

pub(super) fn input(settings: &Settings) -> Choice {
    settings.input.clone().map_or(Choice::Default, Choice::Kept)
}

/// The output that the settings want. The session makes the virtual microphone when it opens it, and
/// takes it away once it plays elsewhere.
pub(super) fn output(settings: &Settings) -> Option<OutputOrder> {
    let (choice, provide) = match &settings.output {
        Output::Nothing => return None,
        Output::Device(kept) => (Choice::Kept(kept.clone()), None),
        Output::VirtualMicrophone => {
            let cable = Cable::promise(Kind::Microphone);
            (Choice::Named(cable.end()), Some(cable.into_provider()))
        }
    };
    Some(OutputOrder {
        wish: wish(settings, choice),
        provide,
    })
}

pub(super) fn wish(settings: &Settings, choice: Choice) -> Wish {
    Wish {
        choice,
        buffer: settings.buffer,
        channels: None,
    }
}
