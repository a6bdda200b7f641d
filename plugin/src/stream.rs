//! The stream that plays, and all of it that is not the audio thread's.
//!
//! Hosts activate a plugin several times before they play, so a stream is kept as long as it fits,
//! and its enhancer longer still: making one takes tens of milliseconds. Latency never changes while
//! a stream plays; a model with another one waits here for the next activation.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::Enhancer;
use limpid_engine::meters::{Column, Pair, View, meters};
use limpid_engine::priority;
use limpid_engine::realtime::{
    self, Loader, Mode, OfferError, Offered, Port, Setup, Status, Stream, Worker,
};

use crate::models::{self, Loaded, Refusal, Wanted};

/// What the host plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Hz.
    pub(crate) sample_rate: u32,
    pub(crate) channels: usize,
    pub(crate) longest_block: usize,
    /// In real time the worker asks for a priority, which a render must not have.
    pub(crate) mode: Mode,
}

impl Shape {
    /// Whether an enhancer made for one serves the other.
    fn takes_the_same_enhancer(self, other: Self) -> bool {
        (self.sample_rate, self.channels) == (other.sample_rate, other.channels)
    }
}

/// The stream behind a lock that the audio thread never takes.
#[derive(Default)]
pub(crate) struct StreamHandle {
    inner: Mutex<Inner>,
    /// One of the three below. The audio thread asks when it runs; a window asks while it does not.
    restart: AtomicU8,
}

/// No activation is needed.
const SETTLED: u8 = 0;
/// A model waits for an activation that the host has not been asked for yet.
const DUE: u8 = 1;
/// A model waits, and the host has been asked.
const ASKED: u8 = 2;

#[derive(Default)]
struct Inner {
    shape: Option<Shape>,
    playing: Option<Playing>,
    /// Windows that are open: nothing is measured without one.
    watchers: usize,
    /// Why nothing plays.
    refusal: Option<String>,
    /// Good to know, until it is put away.
    remark: Option<Remark>,
}

enum Remark {
    Said(String),
    /// The model of this title waits for the next activation.
    Waits(String),
}

impl Remark {
    fn text(&self, asked: bool) -> String {
        match self {
            Self::Said(text) => text.clone(),
            Self::Waits(title) => {
                let asked = if asked {
                    ", which it has been asked for"
                } else {
                    ""
                };
                format!(
                    "{title} has another latency. It takes over when the host next starts the plugin \
                     anew{asked}; until then the present model plays."
                )
            }
        }
    }
}

struct Playing {
    worker: Worker,
    loader: Loader,
    view: View,
    loaded: Loaded,
    /// The model that waits for the next activation.
    pending: Option<Loaded>,
    /// Another model has taken over, or is about to: what is rendered next must not depend on when.
    swapped: bool,
    latency: usize,
    /// Why the system gave the worker no priority; empty when it did, or while nobody has asked.
    refused_priority: Arc<OnceLock<String>>,
}

/// What a window shows of a stream.
#[derive(Default)]
pub(crate) struct Glance {
    pub(crate) shape: Option<Shape>,
    pub(crate) latency: Option<usize>,
    pub(crate) status: Status,
    pub(crate) model: String,
    /// Whether that model hears the channels together.
    pub(crate) links: bool,
    pub(crate) refusal: Option<String>,
    pub(crate) remark: Option<String>,
    /// Why the worker has no priority over other programs.
    pub(crate) priority: Option<String>,
}

/// What became of a model that was handed over.
pub(crate) enum Handed {
    /// It plays, or will at the next activation.
    Over,
    /// The two before it have not taken over yet.
    Busy(Box<Enhancer>),
    /// The host plays something else by now; an enhancer for that is needed.
    OtherShape,
}

impl StreamHandle {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the port for a host that plays `shape`: the present one if all stays as it is. `None`
    /// when there is nothing that could enhance.
    pub(crate) fn activate(
        &self,
        shape: Shape,
        wanted: &Wanted,
        port: Option<Port>,
    ) -> Option<Port> {
        let mut inner = self.lock();
        let before = inner.shape.replace(shape);
        let stays = before == Some(shape)
            && inner
                .playing
                .as_ref()
                .is_some_and(|p| p.pending.is_none() && !p.swapped && p.loaded.answers(wanted));
        if stays && port.is_some() {
            return port;
        }
        drop(port);
        self.restart.store(SETTLED, Ordering::Relaxed);
        let kept = inner.playing.take();
        match begin(&mut inner, shape, before, wanted, kept) {
            Ok(port) => {
                inner.refusal = None;
                Some(port)
            }
            Err(sentence) => {
                inner.refusal = Some(sentence);
                None
            }
        }
    }

    /// Whether the host is to be asked for an activation; true once, to whoever looks first. For the
    /// audio thread too.
    pub(crate) fn restart_is_due(&self) -> bool {
        let (now, then) = (DUE, ASKED);
        self.restart.load(Ordering::Relaxed) == now
            && (self.restart)
                .compare_exchange(now, then, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// What an enhancer must be made for; `None` while nothing plays that it could follow, or when
    /// what plays is what is wanted.
    pub(crate) fn needs(&self, wanted: &Wanted) -> Option<Shape> {
        let mut inner = self.lock();
        let shape = inner.shape?;
        let playing = inner.playing.as_mut()?;
        if playing.loaded.answers(wanted) {
            // The user has come back to what plays.
            playing.pending = None;
            drop(playing.loader.take_pending());
            self.restart.store(SETTLED, Ordering::Relaxed);
            if matches!(inner.remark, Some(Remark::Waits(_))) {
                inner.remark = None;
            }
            return None;
        }
        Some(shape)
    }

    /// What plays, or what it was saved as.
    pub(crate) fn heard(&self) -> Option<Wanted> {
        let inner = self.lock();
        Some(inner.playing.as_ref()?.loaded.wanted.clone())
    }

    /// Hands over a model that was made for `shape`.
    pub(crate) fn hand(&self, loaded: &Loaded, enhancer: Box<Enhancer>, shape: Shape) -> Handed {
        let mut inner = self.lock();
        let now = inner.shape;
        let Some(playing) = &mut inner.playing else {
            return Handed::OtherShape;
        };
        if !now.is_some_and(|now| now.takes_the_same_enhancer(shape)) {
            return Handed::OtherShape;
        }
        if playing.loaded.answers(&loaded.wanted) {
            // An activation has seen to it meanwhile.
            return Handed::Over;
        }
        match playing.loader.offer(enhancer) {
            Ok(Offered::Now) => {
                playing.swapped = true;
                playing.loaded = loaded.clone();
                playing.pending = None;
                // One that waited waits no more.
                self.restart.store(SETTLED, Ordering::Relaxed);
                inner.remark = loaded.remark.clone().map(Remark::Said);
            }
            Ok(Offered::AtActivation) => {
                playing.pending = Some(loaded.clone());
                inner.remark = Some(Remark::Waits(models::title(&loaded.model)));
                self.restart.store(DUE, Ordering::Relaxed);
            }
            Err(OfferError::Busy(enhancer)) => return Handed::Busy(enhancer),
            Err(OfferError::Channels { .. }) => return Handed::OtherShape,
        }
        Handed::Over
    }

    /// Frees the models that have been replaced; tells whether a change may still be under way.
    pub(crate) fn tidy(&self) {
        if let Some(playing) = &mut self.lock().playing {
            playing.loader.collect();
        }
    }

    /// Something to tell the user.
    pub(crate) fn remark(&self, text: Option<String>) {
        self.lock().remark = text.map(Remark::Said);
    }

    /// A window opens. One that replaces another may open before that has closed.
    pub(crate) fn watch(&self) {
        self.lock().change_watchers(|n| n + 1);
    }

    /// A window closes.
    pub(crate) fn unwatch(&self) {
        self.lock().change_watchers(|n| n.saturating_sub(1));
    }

    pub(crate) fn peaks(&self) -> Pair<f32> {
        let inner = self.lock();
        inner
            .playing
            .as_ref()
            .map(|p| p.view.peaks())
            .unwrap_or_default()
    }

    pub(crate) fn column(&self) -> Option<Column> {
        self.lock().playing.as_mut()?.view.column()
    }

    pub(crate) fn glance(&self) -> Glance {
        let asked = self.restart.load(Ordering::Relaxed) == ASKED;
        let inner = self.lock();
        let playing = inner.playing.as_ref();
        Glance {
            shape: inner.shape,
            latency: playing.map(|p| p.latency),
            status: playing.map(|p| p.worker.status()).unwrap_or_default(),
            model: playing
                .map(|p| models::title(&p.loaded.model))
                .unwrap_or_default(),
            links: playing.is_none_or(|p| p.loaded.links()),
            refusal: inner.refusal.clone(),
            remark: inner.remark.as_ref().map(|remark| remark.text(asked)),
            priority: playing.and_then(|p| p.refused_priority.get().cloned()),
        }
    }
}

impl Inner {
    fn change_watchers(&mut self, change: impl Fn(usize) -> usize) {
        self.watchers = change(self.watchers);
        if let Some(playing) = &self.playing {
            playing.view.watch(self.watchers > 0);
        }
    }
}

impl Loaded {
    /// A waveform model runs once a channel.
    fn links(&self) -> bool {
        matches!(self.model.contract().kind, Kind::Spectral { .. })
    }

    /// Whether this is what is wanted. The hash does not decide: the file of that name is what there is.
    fn answers(&self, wanted: &Wanted) -> bool {
        self.wanted.file_name() == wanted.file_name() && self.wanted.path == wanted.path
    }
}

/// Starts a stream with the model that waits, the one that played, or the one that is wanted.
fn begin(
    inner: &mut Inner,
    shape: Shape,
    before: Option<Shape>,
    wanted: &Wanted,
    kept: Option<Playing>,
) -> Result<Port, String> {
    let fits = before.is_some_and(|before| before.takes_the_same_enhancer(shape));
    let (loaded, enhancer) = match kept {
        Some(kept) => carry_on(kept, wanted, fits),
        None => None,
    }
    .map_or((None, None), |(loaded, enhancer)| (Some(loaded), enhancer));
    let loaded = match loaded {
        Some(loaded) => loaded,
        None => {
            let loaded = models::load_or_default(wanted).map_err(passes)?;
            inner.remark = loaded.remark.clone().map(Remark::Said);
            loaded
        }
    };
    // Whatever waited has taken over, or is not wanted any more.
    if matches!(inner.remark, Some(Remark::Waits(_))) {
        inner.remark = loaded.remark.clone().map(Remark::Said);
    }
    let enhancer = match enhancer {
        Some(enhancer) => enhancer,
        None => models::enhancer(&loaded, shape.sample_rate, shape.channels).map_err(passes)?,
    };
    let (tap, view) = meters(shape.sample_rate, shape.channels);
    view.watch(inner.watchers > 0);
    let mut setup = Setup::new(shape.sample_rate, shape.channels, shape.longest_block);
    setup.reserve = realtime::default_reserve(&loaded.model.contract().kind);
    setup.tap = Some(tap);
    let refused_priority = Arc::<OnceLock<String>>::default();
    if shape.mode == Mode::RealTime {
        let refused = Arc::clone(&refused_priority);
        setup.prepare = Some(Box::new(move || {
            if let Err(reason) = priority::prefer() {
                // Nobody else has asked for this thread.
                let _ = refused.set(reason);
            }
        }));
    }
    let Stream {
        port,
        worker,
        loader,
    } = realtime::start(setup, enhancer).map_err(passes)?;
    inner.playing = Some(Playing {
        worker,
        loader,
        view,
        loaded,
        pending: None,
        swapped: false,
        latency: port.latency(),
        refused_priority,
    });
    Ok(port)
}

/// What of the stream before can serve the next one: the model, and its enhancer if it fits.
fn carry_on(
    mut kept: Playing,
    wanted: &Wanted,
    fits: bool,
) -> Option<(Loaded, Option<Box<Enhancer>>)> {
    if let Some(pending) = kept.pending.take().filter(|p| p.answers(wanted)) {
        let enhancer = kept.loader.take_pending().filter(|_| fits);
        return Some((pending, enhancer));
    }
    if !kept.loaded.answers(wanted) {
        return None;
    }
    let enhancer = kept.worker.finish().filter(|_| fits);
    Some((kept.loaded, enhancer))
}

/// The sentence for a window when nothing can be enhanced.
fn passes(error: impl Into<Failure>) -> String {
    let why = models::sentence(&error.into().0);
    format!("The sound passes through unchanged until this is mended. {why}")
}

/// Any error, as text.
struct Failure(String);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.to_string())
    }
}

impl From<realtime::StreamError> for Failure {
    fn from(error: realtime::StreamError) -> Self {
        Self(error.to_string())
    }
}
