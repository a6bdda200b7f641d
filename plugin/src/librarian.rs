//! The thread that loads models while audio plays, and the wish that it follows.
//!
//! A wish comes from the window or with a saved state. It is fulfilled off the audio thread and off
//! the host's main thread; the newest one counts. An instance has a thread of its own, so a slow model
//! holds nobody else up, started with the first activation and joined when the instance goes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nice_plug::params::persist::PersistentField;

use crate::models::{self, Loaded, Wanted};
use crate::stream::{Handed, Shape, StreamHandle};

/// How long replaced models may wait to be freed, and a busy stream to be asked again.
const SOON: Duration = Duration::from_millis(20);
/// How often replaced models are looked for otherwise: each change is followed by one within this.
const LATER: Duration = Duration::from_millis(500);

/// Which model is wanted. Never touched by the audio thread.
#[derive(Default)]
pub(crate) struct Wish {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wanted: Wanted,
    /// Where the last change came from, until it is looked at.
    news: Option<Origin>,
    ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The user has chosen: a refusal leaves what plays.
    Window,
    /// A session was loaded: what cannot be had is replaced by the default.
    Session,
}

impl Wish {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self) -> Wanted {
        self.lock().wanted.clone()
    }

    /// The user chooses.
    pub(crate) fn choose(&self, wanted: Wanted) {
        self.put(wanted, Origin::Window);
    }

    fn put(&self, wanted: Wanted, origin: Origin) {
        let mut state = self.lock();
        state.wanted = wanted;
        state.news = Some(origin);
        self.changed.notify_all();
    }

    /// Says more exactly what the present wish has come to, unless there is a newer one.
    fn settle(&self, wanted: &Wanted) {
        let mut state = self.lock();
        if state.news.is_none() {
            state.wanted = wanted.clone();
        }
    }

    fn is_news(&self) -> bool {
        let state = self.lock();
        state.news.is_some() || state.ended
    }
}

impl<'a> PersistentField<'a, Wanted> for Arc<Wish> {
    fn set(&self, wanted: Wanted) {
        self.put(wanted, Origin::Session);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Wanted) -> R,
    {
        f(&self.get())
    }
}

/// The thread and the wish. Dropping it ends the thread and waits for the model under way.
pub(crate) struct Librarian {
    wish: Arc<Wish>,
    stream: Arc<StreamHandle>,
    thread: Option<JoinHandle<()>>,
}

impl Librarian {
    /// Without a thread yet.
    pub(crate) fn new(stream: Arc<StreamHandle>) -> Self {
        Self {
            wish: Arc::default(),
            stream,
            thread: None,
        }
    }

    pub(crate) fn wish(&self) -> Arc<Wish> {
        Arc::clone(&self.wish)
    }

    /// Starts the thread, once. Called when the stream has been activated as `wanted`.
    pub(crate) fn start(&mut self, wanted: &Wanted) {
        if let Some(heard) = self.stream.heard() {
            let mut state = self.wish.lock();
            if state.wanted == *wanted {
                state.news = None;
                state.wanted = heard;
            }
        }
        if self.thread.is_some() {
            return;
        }
        let (wish, stream) = (Arc::clone(&self.wish), Arc::clone(&self.stream));
        let builder = std::thread::Builder::new().name("limpid-librarian".to_owned());
        match builder.spawn(move || serve(&wish, &stream)) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => self.stream.remark(Some(format!(
                "No other model can be chosen now, as the system gave no thread: {error}."
            ))),
        }
    }
}

impl Drop for Librarian {
    fn drop(&mut self) {
        self.wish.lock().ended = true;
        self.wish.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It can only have panicked in the model's code; there is nobody left to tell.
            drop(thread.join());
        }
    }
}

fn serve(wish: &Wish, stream: &StreamHandle) {
    let mut replaced = false;
    loop {
        let mut state = wish.lock();
        while state.news.is_none() && !state.ended {
            if !replaced {
                state = wish
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = wish.changed.wait_timeout(state, LATER);
            let (back, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = back;
            if timeout.timed_out() {
                drop(state);
                stream.tidy();
                replaced = false;
                state = wish.lock();
            }
        }
        if state.ended {
            return;
        }
        let origin = state.news.take();
        let wanted = state.wanted.clone();
        drop(state);
        if let Some(origin) = origin {
            replaced |= fulfil(wish, stream, &wanted, origin);
        }
    }
}

/// Loads what is wanted and hands it over; tells whether it has replaced something.
fn fulfil(wish: &Wish, stream: &StreamHandle, wanted: &Wanted, origin: Origin) -> bool {
    let Some(mut shape) = stream.needs(wanted) else {
        // Nothing plays: the next activation looks at the wish.
        return false;
    };
    let loaded = match origin {
        Origin::Window => models::load(wanted),
        Origin::Session => models::load_or_default(wanted),
    };
    let made = loaded.and_then(|loaded| {
        let enhancer = models::enhancer(&loaded, shape.sample_rate, shape.channels)?;
        Ok((loaded, enhancer))
    });
    let (loaded, mut enhancer) = match made {
        Ok(made) => made,
        Err(refusal) => {
            let why = models::sentence(&refusal.to_string());
            stream.remark(Some(format!("{why} The model before plays on.")));
            if let Some(heard) = stream.heard() {
                wish.settle(&heard);
            }
            return false;
        }
    };
    loop {
        match stream.hand(&loaded, enhancer, shape) {
            Handed::Over => {
                wish.settle(&loaded.wanted);
                return true;
            }
            Handed::Busy(back) => {
                if wish.is_news() {
                    return true;
                }
                enhancer = back;
                std::thread::sleep(SOON);
                stream.tidy();
            }
            Handed::OtherShape => match remake(stream, wanted, &loaded) {
                Some((other, made)) => (shape, enhancer) = (other, made),
                None => return false,
            },
        }
    }
}

/// An enhancer for what the host plays by now.
fn remake(
    stream: &StreamHandle,
    wanted: &Wanted,
    loaded: &Loaded,
) -> Option<(Shape, Box<limpid_engine::enhancer::Enhancer>)> {
    let shape = stream.needs(wanted)?;
    let enhancer = models::enhancer(loaded, shape.sample_rate, shape.channels).ok()?;
    Some((shape, enhancer))
}
