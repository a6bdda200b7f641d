//! The panel in a window of the host's.

mod notice;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use limpid_engine::controls::{Controls, Parameter, fader as law};
use limpid_engine::meters::{Column, Pair};
use limpid_panel::{
    Appearance, Facts, ModelChoice, Notice, Panel, Shell, Sound, Value, install_fonts,
};
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{Frame, Key, KeyCapture, NiceEguiApp};

use crate::browse::Browser;
use crate::editor::{Plugged, WindowThread};
use crate::librarian::Wish;
use crate::models::{self, Wanted};
use crate::parameters::LimpidParameters;
use crate::stream::StreamHandle;

/// How long a miss is news.
const FRESH: Duration = Duration::from_secs(1);
/// Without a hop for so long no audio runs.
const QUIET: Duration = Duration::from_millis(600);

/// What is open while the window is.
pub(crate) struct Window {
    hands: Hands,
    panel: Panel,
    /// Set once the size in pixels is known.
    measured: Arc<AtomicBool>,
    /// Told when the window opens.
    thread: WindowThread,
    /// Size in points that the window has, or that the host has been asked for.
    size: [f32; 2],
}

impl Window {
    pub(crate) fn new(plugged: Plugged, measured: Arc<AtomicBool>, thread: WindowThread) -> Self {
        let Plugged {
            parameters,
            stream,
            wish,
        } = plugged;
        Self {
            hands: Hands {
                parameters,
                stream,
                wish,
                host: None,
                held: Arc::default(),
                pulse: Pulse::default(),
                browser: Browser::default(),
                hushed: false,
            },
            panel: Panel::new(),
            measured,
            thread,
            size: [0.0; 2],
        }
    }
}

/// The panel's shell.
struct Hands {
    parameters: Arc<LimpidParameters>,
    stream: Arc<StreamHandle>,
    wish: Arc<Wish>,
    host: Option<GuiContext>,
    /// Gestures under way.
    held: Arc<Mutex<Vec<Parameter>>>,
    pulse: Pulse,
    browser: Browser,
    /// The user knows that the worker has no priority.
    hushed: bool,
}

/// What moves between two looks at the status.
#[derive(Default)]
struct Pulse {
    hops: Cell<u64>,
    hopped: Cell<Option<Instant>>,
    misses: Cell<u64>,
    missed: Cell<Option<Instant>>,
}

impl NiceEguiApp for Window {
    fn build(
        &mut self,
        context: egui::Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        self.thread.is_this();
        install_fonts(&context);
        self.panel = Panel::new();
        let open = Arc::new(Open::begin(&self.hands, host.clone()));
        context.data_mut(|data| data.insert_temp(egui::Id::unique("open"), open));
        self.hands.host = Some(host);
        self.size = self.hands.parameters.look.get().size();
        context.set_zoom_factor(self.hands.appearance().scale);
        // The space bar starts and stops the host.
        frame.set_key_capture(KeyCapture::IgnoreKeys(vec![Key::Character(" ".into())]));
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut Frame) {
        self.panel.show(ui, &mut self.hands);
        self.hands.ask_for_an_activation();
        // The menu changes the scale; a session that is loaded meanwhile changes all of it.
        let look = self.hands.parameters.look.get();
        let scale = Appearance::from(look).scale;
        if scale != ui.ctx().zoom_factor() {
            ui.ctx().set_zoom_factor(scale);
        }
        let size = look.size();
        if size != self.size {
            // Once: a host may refuse.
            self.size = size;
            let size = egui::ViewportCommand::InnerSize(size.into());
            ui.ctx().send_viewport_cmd(size);
        }
    }

    fn resized(&mut self, size: WindowSize) {
        self.measured.store(true, Ordering::Relaxed);
        let points = [size.logical.width as f32, size.logical.height as f32];
        let look = &self.hands.parameters.look;
        look.put(look.get().with_size(points));
        self.size = look.get().size();
    }
}

/// Lies in the window's egui context and goes with it: the one sign there is that a window closes.
struct Open {
    parameters: Arc<LimpidParameters>,
    stream: Arc<StreamHandle>,
    held: Arc<Mutex<Vec<Parameter>>>,
    host: GuiContext,
}

impl Open {
    fn begin(hands: &Hands, host: GuiContext) -> Self {
        hands.stream.watch();
        Self {
            parameters: Arc::clone(&hands.parameters),
            stream: Arc::clone(&hands.stream),
            held: Arc::clone(&hands.held),
            host,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The window may have closed in the middle of a gesture; a host waits for its end.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for parameter in held.drain(..) {
            release(&self.host, &self.parameters, parameter);
        }
        self.stream.unwatch();
    }
}

fn release(host: &GuiContext, p: &LimpidParameters, parameter: Parameter) {
    let setter = host.param_setter();
    match parameter {
        Parameter::Voice => setter.end_set_parameter(&p.voice),
        Parameter::Background => setter.end_set_parameter(&p.background),
        Parameter::Solo => setter.end_set_parameter(&p.solo),
        Parameter::Link => setter.end_set_parameter(&p.link),
        Parameter::Bypass => setter.end_set_parameter(&p.bypass),
    }
}

impl Hands {
    /// The audio thread asks for the activation that a model waits for, but a host may not play.
    fn ask_for_an_activation(&self) {
        if let Some(host) = &self.host
            && self.stream.restart_is_due()
        {
            host.request_restart();
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Vec<Parameter>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shell for Hands {
    fn controls(&self) -> Controls {
        self.parameters.controls()
    }

    fn begin(&mut self, parameter: Parameter) {
        let Some(host) = &self.host else { return };
        let (setter, p) = (host.param_setter(), &self.parameters);
        match parameter {
            Parameter::Voice => setter.begin_set_parameter(&p.voice),
            Parameter::Background => setter.begin_set_parameter(&p.background),
            Parameter::Solo => setter.begin_set_parameter(&p.solo),
            Parameter::Link => setter.begin_set_parameter(&p.link),
            Parameter::Bypass => setter.begin_set_parameter(&p.bypass),
        }
        self.held().push(parameter);
    }

    fn set(&mut self, parameter: Parameter, value: Value) {
        let Some(host) = &self.host else { return };
        let (setter, p) = (host.param_setter(), &self.parameters);
        match (parameter, value) {
            (Parameter::Voice, Value::Level(db)) => {
                setter.set_parameter(&p.voice, law::to_position(db));
            }
            (Parameter::Background, Value::Level(db)) => {
                setter.set_parameter(&p.background, law::to_position(db));
            }
            (Parameter::Solo, Value::Solo(solo)) => setter.set_parameter(&p.solo, solo.into()),
            (Parameter::Link, Value::Switch(on)) => setter.set_parameter(&p.link, on),
            (Parameter::Bypass, Value::Switch(on)) => setter.set_parameter(&p.bypass, on),
            (parameter, value) => debug_assert!(false, "{parameter:?} cannot be {value:?}"),
        }
    }

    fn end(&mut self, parameter: Parameter) {
        self.held().retain(|held| *held != parameter);
        if let Some(host) = &self.host {
            release(host, &self.parameters, parameter);
        }
    }

    fn peaks(&mut self) -> Pair<f32> {
        self.stream.peaks()
    }

    fn column(&mut self) -> Option<Column> {
        self.stream.column()
    }

    fn facts(&self) -> Facts {
        let glance = self.stream.glance();
        let sound = if glance.refusal.is_some() || glance.status.failed.is_some() {
            Sound::PassedThrough
        } else {
            self.pulse.sound(glance.status.hops, glance.status.misses)
        };
        let rate = glance.shape.map(|shape| shape.sample_rate as f32);
        Facts {
            latency_ms: glance
                .latency
                .zip(rate)
                .map(|(samples, rate)| samples as f32 / rate * 1000.0),
            load: glance.status.load,
            misses: glance.status.misses,
            sound,
        }
    }

    fn model(&self) -> String {
        self.stream.glance().model
    }

    fn links(&self) -> bool {
        self.stream.glance().links
    }

    fn models(&mut self) -> Vec<ModelChoice> {
        models::found()
    }

    fn choose_model(&mut self, choice: ModelChoice) {
        self.stream.remark(None);
        self.wish.choose(Wanted::chosen(&choice));
    }

    fn browses(&self) -> bool {
        Browser::IS_THERE
    }

    fn browse(&mut self) {
        self.browser.begin(&self.wish, &self.stream);
    }

    fn notice(&self) -> Option<Notice> {
        notice::of(self.stream.glance(), self.hushed)
    }

    fn dismiss_notice(&mut self) {
        let glance = self.stream.glance();
        // What was seen is what is put away.
        if glance.remark.is_some() {
            self.stream.remark(None);
        } else {
            self.hushed = true;
        }
    }

    fn appearance(&self) -> Appearance {
        self.parameters.look.get().into()
    }

    fn set_appearance(&mut self, appearance: Appearance) {
        let look = self.parameters.look.get();
        self.parameters.look.put(look.with_appearance(appearance));
    }
}

impl Pulse {
    /// What is heard, from how the counts have moved.
    fn sound(&self, hops: u64, misses: u64) -> Sound {
        let now = Instant::now();
        if self.hops.replace(hops) != hops {
            self.hopped.set(Some(now));
        }
        if self.misses.replace(misses) < misses {
            self.missed.set(Some(now));
        }
        let within = |at: &Cell<Option<Instant>>, time| {
            at.get().is_some_and(|at| now.duration_since(at) < time)
        };
        if !within(&self.hopped, QUIET) {
            Sound::Idle
        } else if within(&self.missed, FRESH) {
            Sound::Missing
        } else {
            Sound::Enhanced
        }
    }
}
