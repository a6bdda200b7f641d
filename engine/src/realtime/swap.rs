//! Models change while audio plays: handed over, warmed, faded in, and the old one sent back.
//!
//! Neither the audio thread nor the worker ever makes or frees an enhancer. A new one starts from
//! silence, so it first listens for [`WARMUP_MS`] unheard, which its memory needs to settle, then the
//! two voices are cross-faded over [`FADE_MS`], sample by sample, both from the same hops. For that
//! while a hop costs both models' time.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::crossfade::Crossfade;
use super::status::Shared;
use crate::enhancer::{Enhancer, Parts};

/// How long a new model listens before it is heard, in milliseconds.
pub const WARMUP_MS: u32 = 200;
/// Duration of the fade from the old model to the new one, in milliseconds.
pub const FADE_MS: u32 = 30;

/// New enhancers that may wait for the worker.
const WAITING: usize = 2;

/// The handle by which a loading thread gives the worker a new model.
pub struct Loader {
    to_worker: HeapProd<Box<Enhancer>>,
    from_worker: HeapCons<Box<Enhancer>>,
    shared: Arc<Shared>,
    /// What the stream was made with.
    hop: usize,
    latency: usize,
    channels: usize,
    /// From a hop collected to its first sample due, in samples.
    delay: usize,
    pending: Option<Box<Enhancer>>,
}

/// What became of an enhancer that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// It takes over while audio plays, by a cross-fade.
    Now,
    /// Its hop or its latency is another one. The old one plays on; the new one waits for
    /// [`Loader::take_pending`] and the next activation.
    AtActivation,
}

/// The enhancer could not be taken, and comes back.
#[derive(thiserror::Error)]
pub enum OfferError {
    /// Enhancers that were offered before still wait for the worker.
    #[error("the models offered before have not taken over yet: offer this one again later")]
    Busy(Box<Enhancer>),
    /// It was made for another number of channels.
    #[error(
        "the enhancer has {received} channels where the stream has {expected}: make one with as many"
    )]
    Channels {
        /// Channels of the stream.
        expected: usize,
        /// Channels of the enhancer.
        received: usize,
        /// It.
        enhancer: Box<Enhancer>,
    },
}

impl std::fmt::Debug for OfferError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Loader {
    /// Offers a new enhancer, made for the same sample rate. Frees what has come back meanwhile.
    ///
    /// # Errors
    /// When it does not fit or must wait; it comes back in the error.
    pub fn offer(&mut self, enhancer: Box<Enhancer>) -> Result<Offered, OfferError> {
        self.collect();
        if enhancer.channels() != self.channels {
            return Err(OfferError::Channels {
                expected: self.channels,
                received: enhancer.channels(),
                enhancer,
            });
        }
        if (enhancer.hop(), enhancer.latency()) != (self.hop, self.latency) {
            self.set_pending(Some(enhancer));
            return Ok(Offered::AtActivation);
        }
        self.to_worker
            .try_push(enhancer)
            .map_err(OfferError::Busy)?;
        self.set_pending(None);
        self.shared.reject(None);
        Ok(Offered::Now)
    }

    /// Frees the enhancers that the worker has sent back; tells how many there were.
    pub fn collect(&mut self) -> usize {
        self.from_worker.clear()
    }

    /// The latency in samples that the enhancer which waits for the next activation would give, if
    /// one waits. It may be the present one, when only the hop differs.
    #[must_use]
    pub fn pending_latency(&self) -> Option<usize> {
        let pending = self.pending.as_ref()?;
        Some(pending.hop() + pending.latency() + self.delay)
    }

    /// Hands out the enhancer that waits, for a new stream.
    pub fn take_pending(&mut self) -> Option<Box<Enhancer>> {
        let pending = self.pending.take();
        self.set_pending(None);
        pending
    }

    fn set_pending(&mut self, enhancer: Option<Box<Enhancer>>) {
        self.pending = enhancer;
        self.shared.set_pending_latency(self.pending_latency());
    }
}

/// The worker's end: the enhancer that plays, and the one that takes over.
pub(super) struct Players {
    current: Option<Box<Enhancer>>,
    next: Option<Next>,
    parts: Parts,
    from_loader: HeapCons<Box<Enhancer>>,
    to_loader: HeapProd<Box<Enhancer>>,
    shared: Arc<Shared>,
    sample_rate: u32,
    hop: usize,
    channels: usize,
}

struct Next {
    enhancer: Box<Enhancer>,
    parts: Parts,
    /// Samples that it still listens to unheard.
    warming: usize,
    fade: Crossfade,
    /// Share of it at each sample of the hop, and at its end.
    shares: Vec<f32>,
    share: f32,
}

/// Makes both ends round the enhancer that plays first, in a stream of this delay.
pub(super) fn players(
    enhancer: Box<Enhancer>,
    sample_rate: u32,
    delay: usize,
    shared: &Arc<Shared>,
) -> (Players, Loader) {
    let (hop, channels) = (enhancer.hop(), enhancer.channels());
    let (to_worker, from_loader) = HeapRb::new(WAITING).split();
    // Room for all that can be on its way at once, so that the worker never has to free.
    let (to_loader, from_worker) = HeapRb::new(WAITING + 2).split();
    let loader = Loader {
        to_worker,
        from_worker,
        shared: Arc::clone(shared),
        hop,
        latency: enhancer.latency(),
        channels,
        delay,
        pending: None,
    };
    let players = Players {
        current: Some(enhancer),
        next: None,
        parts: Parts::with_capacity(channels * hop),
        from_loader,
        to_loader,
        shared: Arc::clone(shared),
        sample_rate,
        hop,
        channels,
    };
    (players, loader)
}

impl Players {
    /// What the last [`Players::process`] that succeeded gave.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The enhancer for whoever comes after the stream: the newest that works.
    pub(super) fn into_enhancer(mut self) -> Option<Box<Enhancer>> {
        let offered = self.from_loader.pop_iter().last();
        offered
            .or(self.next.map(|next| next.enhancer))
            .or(self.current)
    }

    /// Back to silence. One that was taking over has done so.
    pub(super) fn reset(&mut self) {
        if let Some(next) = self.next.take() {
            self.take_over(next.enhancer);
        }
        if let Some(current) = &mut self.current {
            current.reset();
        }
    }

    /// Runs a hop (planar); false when there is nothing to be heard of it.
    pub(super) fn process(&mut self, input: &[f32], link: bool) -> bool {
        self.admit();
        let Some(current) = &mut self.current else {
            return false;
        };
        match run(current, input, link, &mut self.parts) {
            Run::Done => self.shared.recover(),
            Run::Refused(reason) => {
                self.shared.fail(&reason);
                // It may work again; one that waits for it to be whole would wait for ever.
                if let Some(next) = self.next.take() {
                    self.take_over(next.enhancer);
                }
                return false;
            }
            Run::Panicked(reason) => {
                self.shared.fail(&reason);
                let broken = self.current.take();
                self.retire(broken);
                self.current = self.next.take().map(|next| next.enhancer);
                return false;
            }
        }
        self.blend(input, link);
        true
    }

    /// Whether silence gives nothing but silence from here on.
    pub(super) fn is_resting(&self) -> bool {
        self.next.is_none() && self.current.as_ref().is_some_and(|c| c.is_resting())
    }

    /// How the voice of `channel` goes on, blended as the last sample of the hop was.
    pub(super) fn tail(&self, channel: usize, out: &mut [f32]) {
        let Some(current) = &self.current else {
            out.fill(0.0);
            return;
        };
        let tail = current.tail(channel);
        let share = self.next.as_ref().map_or(0.0, |next| next.share);
        let other = self.next.as_ref().map(|next| next.enhancer.tail(channel));
        for (i, y) in out.iter_mut().enumerate() {
            let old = tail.get(i).copied().unwrap_or(0.0);
            let new = other.and_then(|t| t.get(i)).copied().unwrap_or(0.0);
            *y = if share > 0.0 {
                old + share * (new - old)
            } else {
                old
            };
        }
    }

    /// Takes in an enhancer that was offered, one at a time.
    fn admit(&mut self) {
        if self.next.is_some() {
            return;
        }
        let Some(enhancer) = self.from_loader.try_pop() else {
            return;
        };
        if self.current.is_none() {
            // What is heard now is the aligned input; the port fades from it by itself.
            self.current = Some(enhancer);
            return;
        }
        self.next = Some(Next {
            enhancer,
            parts: Parts::with_capacity(self.channels * self.hop),
            warming: (self.sample_rate * WARMUP_MS / 1000) as usize,
            fade: Crossfade::new(self.sample_rate, FADE_MS),
            shares: vec![0.0; self.hop],
            share: 0.0,
        });
    }

    /// Lets the next enhancer hear the same hop, and fades to it once it is warm.
    fn blend(&mut self, input: &[f32], link: bool) {
        let Some(next) = &mut self.next else {
            return;
        };
        if let Run::Refused(reason) | Run::Panicked(reason) =
            run(&mut next.enhancer, input, link, &mut next.parts)
        {
            self.shared.reject(Some(&reason));
            let rejected = self.next.take().map(|next| next.enhancer);
            self.retire(rejected);
            return;
        }
        if next.warming > 0 {
            next.warming = next.warming.saturating_sub(self.hop);
            return;
        }
        next.fade.aim(true);
        for share in &mut next.shares {
            *share = next.fade.advance();
            next.share = *share;
        }
        let old = self.parts.voice.chunks_exact_mut(self.hop);
        for (voice, new) in old.zip(next.parts.voice.chunks_exact(self.hop)) {
            super::crossfade::mix(voice, new, &next.shares);
        }
        if next.fade.is_second()
            && let Some(next) = self.next.take()
        {
            self.take_over(next.enhancer);
        }
    }

    fn take_over(&mut self, enhancer: Box<Enhancer>) {
        let old = self.current.replace(enhancer);
        self.retire(old);
    }

    /// Sends an enhancer back to be freed.
    fn retire(&mut self, enhancer: Option<Box<Enhancer>>) {
        if let Some(enhancer) = enhancer {
            // Full only when the loader has not collected, which it does with each offer; then
            // freeing it here costs this hop some time and nothing else.
            drop(self.to_loader.try_push(enhancer));
        }
    }
}

enum Run {
    Done,
    Refused(String),
    Panicked(String),
}

/// One hop of one enhancer; a panic in it ends there.
fn run(enhancer: &mut Enhancer, input: &[f32], link: bool, parts: &mut Parts) -> Run {
    // An enhancer that has panicked is never run again, so nobody sees it half changed.
    let result = catch_unwind(AssertUnwindSafe(|| enhancer.process(input, link, parts)));
    match result {
        Ok(Ok(())) => Run::Done,
        Ok(Err(error)) => Run::Refused(error.to_string()),
        Err(panic) => Run::Panicked(format!("the model's code panicked: {}", words(&*panic))),
    }
}

/// The message of a panic, as far as it has one.
fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
