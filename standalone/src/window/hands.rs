//! The panel's shell: the session behind the window, and the settings.

use std::cell::Cell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use eframe::egui;
use limpid_engine::controls::{Controls, Parameter};
use limpid_engine::meters::{Column, Pair};
use limpid_panel::{
    Appearance, Facts, ModelChoice, Notice, NoticeKind, Shell, Sound, ThemeChoice, Value,
};

use super::devices::Devices;
use super::starter::{self, Started};
use super::{ENDING, SAVE, Surroundings};
use crate::audio::{Choice, Kept};
use crate::live::{
    ADVICE, About, Command, Event, Glance, Live, MAIN, MONITOR, OutputOrder, Paths, Series,
    one_line,
};
use crate::places;
use crate::settings::{self, Output, Settings};

/// How long a miss is news.
const FRESH: Duration = Duration::from_secs(1);

/// A sentence to be put away.
struct Remark {
    about: About,
    text: String,
}

pub(super) struct Hands {
    pub(super) settings: Settings,
    surroundings: Surroundings,
    saved: Settings,
    saved_at: Instant,
    pub(super) devices: Devices,
    starting: Option<mpsc::Receiver<Result<Started, String>>>,
    /// What the session starts with: what is chosen before it runs is told then.
    begun_with: Settings,
    /// A model that was chosen then.
    next_model: Option<PathBuf>,
    live: Option<Live>,
    /// As of this frame.
    pub(super) glance: Glance,
    /// Where the controls stand, also before there is a session.
    controls: Controls,
    /// Why nothing runs.
    refusal: Option<String>,
    /// Sentences to be put away, oldest first.
    remarks: VecDeque<Remark>,
    misses: Cell<(u64, Option<Instant>)>,
    pub(super) monitor: bool,
    /// The user knows that the worker has no priority.
    hushed: bool,
    scale: Option<f32>,
}

impl Hands {
    pub(super) fn new(
        settings: Settings,
        surroundings: Surroundings,
        told: Option<String>,
        context: egui::Context,
    ) -> Self {
        Self {
            devices: Devices::new(surroundings.clone(), context.clone()),
            starting: Some(starter::begin(
                settings.clone(),
                surroundings.clone(),
                context,
            )),
            begun_with: settings.clone(),
            next_model: None,
            live: None,
            glance: Glance::default(),
            controls: settings.controls(),
            refusal: None,
            remarks: told.into_iter().map(remark).collect(),
            misses: Cell::new((0, None)),
            monitor: false,
            hushed: false,
            scale: None,
            saved: settings.clone(),
            saved_at: Instant::now(),
            settings,
            surroundings,
        }
    }

    /// Once a frame: what has happened meanwhile.
    pub(super) fn refresh(&mut self) {
        if let Some(result) = self.starting.as_ref().and_then(|r| r.try_recv().ok()) {
            self.starting = None;
            match result {
                Ok(started) => self.take_over(started),
                Err(reason) => self.refusal = Some(one_line(&reason)),
            }
        }
        if let Some(live) = &self.live {
            let before = std::mem::replace(&mut self.glance, live.board.glance());
            for event in live.events() {
                self.hear(event);
            }
            if before.safety_raised && !self.glance.safety_raised {
                self.forget(&[About::Enhancer, About::Bridge]);
            }
            // One that did not load is not taken at the next start.
            if let Some(file) = self.glance.model_file.clone() {
                self.settings.model = file;
            }
        }
        if self.saved_at.elapsed() >= SAVE {
            self.save();
        }
    }

    /// The session runs: it is told what was chosen meanwhile.
    fn take_over(&mut self, started: Started) {
        started.live.board.desk.set(&self.controls);
        self.live = Some(started.live);
        self.remarks.extend(started.remark.map(remark));
        let begun = &self.begun_with;
        let buffer = self.settings.buffer;
        if buffer != begun.buffer {
            self.tell(Command::Buffer(buffer));
        }
        if self.settings.input != begun.input {
            self.tell(Command::Input(starter::input(&self.settings)));
        }
        if self.settings.output != begun.output {
            self.tell(Command::Output(MAIN, starter::output(&self.settings)));
        }
        if self.monitor {
            self.listen(true);
        }
        if let Some(file) = self.next_model.take() {
            self.tell(Command::Model(file));
        }
    }

    /// What is said later of a thing is what holds; that all is well there is shown by itself.
    fn hear(&mut self, event: Event) {
        if event.about != About::Else {
            self.forget(&[event.about]);
        }
        if event.warning {
            self.remarks.push_back(Remark {
                about: event.about,
                text: event.text,
            });
        }
    }

    fn forget(&mut self, about: &[About]) {
        self.remarks.retain(|remark| !about.contains(&remark.about));
    }

    /// Writes the settings, if they have changed.
    pub(super) fn save(&mut self) {
        self.settings.set_controls(&self.controls);
        self.saved_at = Instant::now();
        if self.settings == self.saved {
            return;
        }
        self.saved = self.settings.clone();
        let Some(file) = &self.surroundings.file else {
            return;
        };
        if let Err(error) = settings::save(file, &self.settings) {
            self.remark(format!(
                "The settings cannot be written into {}: {error}.",
                file.display()
            ));
        }
    }

    /// A scale that the window does not have yet.
    pub(super) fn new_scale(&mut self) -> Option<f32> {
        self.scale.take()
    }

    fn remark(&mut self, text: String) {
        self.remarks.push_back(remark(text));
    }

    /// Tells the session, if it runs already.
    fn tell(&self, command: Command) {
        if let Some(live) = &self.live {
            live.tell(command);
        }
    }

    pub(super) fn choose_input(&mut self, device: Option<Kept>) {
        self.settings.input = device;
        self.forget(&[About::Input]);
        self.tell(Command::Input(starter::input(&self.settings)));
    }

    pub(super) fn choose_output(&mut self, output: Output) {
        // A virtual microphone that is there already must not be taken away from those who record it.
        if output == self.settings.output {
            return;
        }
        if let Output::Device(kept) = &output {
            self.settings.speaker = Some(kept.clone());
        }
        self.settings.output = output;
        self.forget(&[About::Output(MAIN)]);
        self.tell(Command::Output(MAIN, starter::output(&self.settings)));
    }

    pub(super) fn choose_buffer(&mut self, buffer: Option<u32>) {
        self.settings.buffer = buffer;
        self.tell(Command::Buffer(buffer));
    }

    pub(super) fn bring_back_safety(&self) {
        self.tell(Command::Reset);
    }

    /// Hear it on the system's output, or no longer. Never remembered: headphones come off.
    pub(super) fn listen(&mut self, monitor: bool) {
        self.monitor = monitor;
        self.forget(&[About::Output(MONITOR)]);
        let order = monitor.then(|| OutputOrder {
            wish: starter::wish(&self.settings, Choice::Default),
            provide: None,
        });
        self.tell(Command::Output(MONITOR, order));
    }

    /// Begins a recording in the folder for sound, or ends it.
    pub(super) fn record(&mut self) {
        if let Some((paths, _)) = &self.glance.recording {
            let (noisy, voice) = (paths.noisy.display(), paths.voice.display());
            self.remark(format!("The recording is in {noisy} and {voice}."));
            return self.tell(Command::Record(None));
        }
        let folder = self.surroundings.recordings.as_deref();
        match folder.and_then(free_names) {
            Some(paths) => self.tell(Command::Record(Some(Series::new(paths, false)))),
            None => self.remark(
                "Nothing is recorded: the system names no folder for it; `limpid live --record` \
                 takes any."
                    .to_owned(),
            ),
        }
    }

    /// Why nothing can be heard, if it is so: said where the devices are.
    pub(super) fn plays_nothing(&self) -> bool {
        self.glance.input.is_some() && !self.glance.plays
    }
}

/// One that holds beside whatever else is said.
fn remark(text: String) -> Remark {
    Remark {
        about: About::Else,
        text,
    }
}

/// With a capital letter at the start: what the session says may come after other words.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The first names in a folder that are not taken.
fn free_names(folder: &Path) -> Option<Paths> {
    let named = |number: u32| Paths {
        noisy: folder.join(format!("Limpid {number} noisy.wav")),
        voice: folder.join(format!("Limpid {number} voice.wav")),
    };
    (1..100_000)
        .map(named)
        .find(|paths| !paths.noisy.exists() && !paths.voice.exists())
}

impl Drop for Hands {
    fn drop(&mut self) {
        // A session that is about to start would leave its virtual microphone behind, and a process that
        // ends while one of its threads is inside a sound system's or the runtime's library may crash.
        if let Some(starting) = self.starting.take() {
            drop(starting.recv_timeout(ENDING));
        }
    }
}

impl Shell for Hands {
    fn controls(&self) -> Controls {
        self.controls
    }

    fn begin(&mut self, _: Parameter) {}

    fn set(&mut self, parameter: Parameter, value: Value) {
        let controls = &mut self.controls;
        match (parameter, value) {
            (Parameter::Voice, Value::Level(db)) => controls.voice_db = db,
            (Parameter::Background, Value::Level(db)) => controls.background_db = db,
            (Parameter::Solo, Value::Solo(solo)) => controls.solo = solo,
            (Parameter::Link, Value::Switch(on)) => controls.link = on,
            (Parameter::Bypass, Value::Switch(on)) => controls.bypass = on,
            (parameter, value) => debug_assert!(false, "{parameter:?} cannot be {value:?}"),
        }
        if let Some(live) = &self.live {
            live.board.desk.set(&self.controls);
        }
    }

    fn end(&mut self, _: Parameter) {}

    fn peaks(&mut self) -> Pair<f32> {
        self.live
            .as_ref()
            .map(|live| live.board.peaks())
            .unwrap_or_default()
    }

    fn column(&mut self) -> Option<Column> {
        self.live.as_ref()?.board.column()
    }

    fn facts(&self) -> Facts {
        let status = &self.glance.status;
        let (before, mut missed) = self.misses.get();
        let misses = self.glance.counts.misses;
        if misses > before {
            missed = Some(Instant::now());
        }
        self.misses.set((misses, missed));
        let sound = if self.glance.input.is_none() {
            Sound::Idle
        } else if status.failed.is_some() {
            Sound::PassedThrough
        } else if missed.is_some_and(|at| at.elapsed() < FRESH) {
            Sound::Missing
        } else {
            Sound::Enhanced
        };
        let latency = self.glance.latency.map(|latency| latency.total());
        Facts {
            latency_ms: latency.map(|latency| latency.as_secs_f32() * 1000.0),
            load: status.load,
            misses,
            sound,
        }
    }

    fn gaps(&self) -> u64 {
        self.glance.counts.underruns
    }

    fn model(&self) -> String {
        self.glance.model.clone()
    }

    fn links(&self) -> bool {
        !self.glance.unlinked
    }

    fn models(&mut self) -> Vec<ModelChoice> {
        let found = places::models().into_iter();
        found
            .map(|found| ModelChoice {
                name: found.name,
                path: found.path,
            })
            .collect()
    }

    fn choose_model(&mut self, choice: ModelChoice) {
        self.forget(&[About::Model]);
        if self.live.is_some() {
            self.tell(Command::Model(choice.path));
        } else {
            self.next_model = Some(choice.path);
        }
    }

    fn notice(&self) -> Option<Notice> {
        let warning = |text: String, dismissible| {
            Some(Notice {
                kind: NoticeKind::Warning,
                text: sentence(&text),
                dismissible,
            })
        };
        if let Some(reason) = &self.refusal {
            return warning(format!("Limpid cannot start: {reason}."), false);
        }
        if let Some(reason) = &self.glance.status.failed {
            return warning(
                format!("The model has failed, and the sound passes through unchanged: {reason}."),
                false,
            );
        }
        if let Some(reason) = self.glance.waiting.first() {
            return warning(format!("{reason}. Limpid tries again by itself."), false);
        }
        if let Some(remark) = self.remarks.front() {
            return warning(remark.text.clone(), true);
        }
        let reason = self.glance.no_priority.as_ref().filter(|_| !self.hushed)?;
        (self.glance.counts.misses > 0).then(|| Notice {
            kind: NoticeKind::Information,
            text: format!(
                "Some sound was not computed in time, and the system gives Limpid no priority over \
                 other programs: {reason}. To allow it, {ADVICE}."
            ),
            dismissible: true,
        })
    }

    fn dismiss_notice(&mut self) {
        if self.remarks.pop_front().is_none() {
            self.hushed = true;
        }
    }

    fn appearance(&self) -> Appearance {
        Appearance {
            theme: match self.settings.theme.as_str() {
                "light" => ThemeChoice::Light,
                "dark" => ThemeChoice::Dark,
                _ => ThemeChoice::System,
            },
            scale: self.settings.scale,
        }
    }

    fn set_appearance(&mut self, appearance: Appearance) {
        let theme = match appearance.theme {
            ThemeChoice::System => "system",
            ThemeChoice::Light => "light",
            ThemeChoice::Dark => "dark",
        };
        theme.clone_into(&mut self.settings.theme);
        self.settings.scale = appearance.scale;
        self.scale = Some(appearance.scale);
    }
}
