//! A shell that plays a scene, and writes down what the panel asks of it.

use std::collections::VecDeque;

use limpid_engine::controls::{Controls, Parameter};
use limpid_engine::meters::{Column, Pair, meters};
use limpid_panel::{Appearance, Facts, ModelChoice, Notice, Shell, Sound, ThemeChoice, Value};

/// Hops that the scene plays each frame, so that time runs as it does live.
const RATE: u32 = 48_000;
const HOP: usize = 480;

/// What the user did.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    Begin(Parameter),
    Set(Parameter, Value),
    End(Parameter),
    Model(ModelChoice),
    Browse,
    Dismissed,
}

pub struct Stage {
    pub controls: Controls,
    pub facts: Facts,
    pub model: String,
    /// Whether link does anything.
    pub links: bool,
    pub models: Vec<ModelChoice>,
    pub notice: Option<Notice>,
    pub appearance: Appearance,
    pub done: Vec<Done>,
    columns: VecDeque<Column>,
    peaks: VecDeque<Pair<f32>>,
    /// Columns that may still be drawn in this frame, in 60ths.
    credit: usize,
}

impl Stage {
    /// Nothing has sounded yet.
    pub fn idle(theme: ThemeChoice) -> Self {
        Self {
            controls: Controls::default(),
            facts: Facts {
                latency_ms: None,
                load: 0.0,
                misses: 0,
                sound: Sound::Idle,
            },
            model: "limpid 1.0".into(),
            links: true,
            models: ["limpid", "limpid-live"].map(choice).into(),
            notice: None,
            appearance: Appearance { theme, scale: 1.0 },
            done: Vec::new(),
            columns: VecDeque::new(),
            peaks: VecDeque::new(),
            credit: 0,
        }
    }

    /// A voice before a background, as the meters tell it.
    pub fn sounding(theme: ThemeChoice, voice: &[f32], dry: &[f32]) -> Self {
        let (mut tap, mut view) = meters(RATE, 1);
        view.watch(true);
        let mut stage = Self::idle(theme);
        for (v, x) in voice.chunks_exact(HOP).zip(dry.chunks_exact(HOP)) {
            tap.hop(v, x);
            stage.columns.extend(std::iter::from_fn(|| view.column()));
            stage.peaks.push_back(view.peaks());
        }
        stage.facts = Facts {
            latency_ms: Some(30.67),
            load: 0.034,
            misses: 0,
            sound: Sound::Enhanced,
        };
        stage
    }
}

fn choice(name: &str) -> ModelChoice {
    ModelChoice {
        name: name.into(),
        path: format!("models/{name}.onnx").into(),
    }
}

impl Shell for Stage {
    fn controls(&self) -> Controls {
        self.controls
    }

    fn begin(&mut self, parameter: Parameter) {
        self.done.push(Done::Begin(parameter));
    }

    fn set(&mut self, parameter: Parameter, value: Value) {
        self.done.push(Done::Set(parameter, value));
        match (parameter, value) {
            (Parameter::Voice, Value::Level(db)) => self.controls.voice_db = db,
            (Parameter::Background, Value::Level(db)) => self.controls.background_db = db,
            (Parameter::Solo, Value::Solo(solo)) => self.controls.solo = solo,
            (Parameter::Link, Value::Switch(on)) => self.controls.link = on,
            (Parameter::Bypass, Value::Switch(on)) => self.controls.bypass = on,
            (parameter, value) => panic!("{parameter:?} cannot be {value:?}"),
        }
    }

    fn end(&mut self, parameter: Parameter) {
        self.done.push(Done::End(parameter));
    }

    fn peaks(&mut self) -> Pair<f32> {
        // Ten columns come in six frames.
        self.credit += 100;
        self.peaks.pop_front().unwrap_or_default()
    }

    fn column(&mut self) -> Option<Column> {
        self.credit = self.credit.checked_sub(60)?;
        self.columns.pop_front()
    }

    fn facts(&self) -> Facts {
        self.facts
    }

    fn model(&self) -> String {
        self.model.clone()
    }

    fn links(&self) -> bool {
        self.links
    }

    fn models(&mut self) -> Vec<ModelChoice> {
        self.models.clone()
    }

    fn choose_model(&mut self, choice: ModelChoice) {
        self.done.push(Done::Model(choice));
    }

    fn browses(&self) -> bool {
        true
    }

    fn browse(&mut self) {
        self.done.push(Done::Browse);
    }

    fn notice(&self) -> Option<Notice> {
        self.notice.clone()
    }

    fn dismiss_notice(&mut self) {
        self.notice = None;
        self.done.push(Done::Dismissed);
    }

    fn appearance(&self) -> Appearance {
        self.appearance
    }

    fn set_appearance(&mut self, appearance: Appearance) {
        self.appearance = appearance;
    }
}
