//! The microphone: opened, watched, opened again, and the enhancer behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid_engine::meters::meters;
use limpid_engine::realtime::{self, Loader, Monitor, Setup, Worker};

use super::retry::{self, Pulse};
use super::safety::{self, Finding};
use super::{About, Session};
use crate::audio::{Direction, Format, Health, InputCallback, Stream};
use crate::live::board::InputShown;
use crate::live::feeder::{self, Chain, Lane, MOST_CHANNELS, MOST_OUTPUTS, Parcel, Tape};
use crate::live::model;
use crate::live::priority::{self, Standing};
use crate::live::reason::one_line;

/// Frames that are worked on at once; longer blocks are taken in parts.
const ROOM: usize = 8192;
/// A block, where neither the host nor the user says.
const BLOCK: usize = 1024;

/// An input that is open.
pub(super) struct Input {
    pub(super) format: Format,
    /// Frames of a block, at most.
    pub(super) longest: usize,
    stream: Box<dyn Stream>,
    health: Arc<Health>,
    sender: feeder::Sender,
    engine: Option<Engine>,
    /// Of the chain before: its port may be in use until the callback has taken the new one.
    retired: Option<Engine>,
    pulse: Pulse,
}

/// What belongs to a port and must outlive its use.
struct Engine {
    _worker: Worker,
    _loader: Loader,
}

impl Input {
    /// What its callback records to from now on.
    pub(super) fn tape(&mut self, tape: Option<Box<Tape>>) {
        self.sender.send(Parcel::Tape(tape));
    }

    /// The way to an output from now on.
    pub(super) fn lane(&mut self, place: usize, lane: Option<Box<Lane>>) {
        self.sender.send(Parcel::Lane(place, lane));
    }

    /// A block in seconds.
    pub(super) fn block(&self) -> Duration {
        Duration::from_secs_f64(self.longest as f64 / f64::from(self.format.rate))
    }
}

impl Session {
    /// One look at the input.
    pub(super) fn tend_input(&mut self, now: Instant) {
        let Some(input) = &mut self.input.open else {
            if self.input.order.is_some() && self.input.retry.is_due(now) {
                self.open_input(now);
            }
            return;
        };
        input.sender.collect();
        input.retired = None;
        let block = input.block();
        let name = input.format.name.clone();
        if let Some(loss) = input.health.loss() {
            return self.lose_input(&retry::lost(loss, &name));
        }
        if input.pulse.is_gone(now, &input.health, block) && !self.input_may_rest {
            return self.lose_input(&format!("no sound comes from {name} any more"));
        }
        if input.pulse.age(now) > Duration::from_secs(5) {
            self.input.retry.calm();
        }
        let longest = input.health.longest();
        if longest > input.longest {
            input.longest = longest;
            self.say(format!(
                "{name} delivers {longest} frames at once: the latency grows by as much"
            ));
            self.renew_chain();
        }
        self.tend_priority();
    }

    /// Tells how the worker stands with the system: a refusal once, as it does not change.
    fn tend_priority(&mut self) {
        let (refusal, paused) = {
            let shown = self.board.shown();
            let Some(standing) = shown.input.as_ref().map(|input| &input.priority) else {
                return;
            };
            let refusal = standing.refusal().filter(|_| !self.refusal_told);
            (refusal.map(str::to_owned), standing.take_pause())
        };
        if let Some(refusal) = refusal {
            self.refusal_told = true;
            self.say(format!(
                "no priority over other programs ({refusal}): they may cause gaps; it helps to {}",
                priority::ADVICE
            ));
        }
        if paused {
            self.warn(
                "the worker computed without a pause until the system was about to end the \
                 program, so it paused: this computer stood still, or the model is too slow for it"
                    .to_owned(),
            );
        }
    }

    fn open_input(&mut self, now: Instant) {
        match self.try_input(now) {
            Ok(name) => {
                if self.input.retry.succeed() {
                    self.say_of(About::Input, format!("{name} is in use again"));
                }
                self.safety.unsettle(now);
            }
            Err(reason) => {
                self.close_input();
                let reason = one_line(&reason);
                if self.input.retry.fail(now, &reason) {
                    let text = format!("{reason}. Limpid tries again by itself");
                    self.warn_of(About::Input, text);
                }
            }
        }
    }

    fn try_input(&mut self, now: Instant) -> Result<String, String> {
        let format = self.input.prepare(self.system.as_mut(), Direction::Input)?;
        if format.channels > MOST_CHANNELS {
            return Err(format!("{} has too many channels", format.name));
        }
        let desk = Arc::clone(&self.board.desk);
        let (mut feeder, sender) = feeder::feeder(format.channels, ROOM, desk);
        let callback: InputCallback = Box::new(move |frames, now| feeder.feed(frames, now));
        let health = Arc::new(Health::default());
        let stream = self
            .system
            .open_input(&format, callback, Arc::clone(&health))
            .map_err(|error| error.to_string())?;
        let asked = format.buffer.map_or(BLOCK, |frames| frames as usize);
        let name = format.name.clone();
        let news = self.input.news_of_default(Direction::Input, &format);
        self.input.open = Some(Input {
            longest: stream.longest().unwrap_or(asked).max(1),
            format,
            stream,
            health,
            sender,
            engine: None,
            retired: None,
            pulse: Pulse::new(now),
        });
        if let Some(news) = news {
            self.warn_of(About::Input, news);
        }
        self.make_chain()?;
        self.connect_all();
        self.tape_again();
        let open = self.input.open.as_mut();
        open.map_or(Ok(()), |input| input.stream.play())
            .map_err(|error| error.to_string())?;
        Ok(name)
    }

    /// Another block or safety: the sound pauses for as long as the latency lasts.
    pub(super) fn renew_chain(&mut self) {
        if self.input.open.is_none() {
            return;
        }
        if let Err(reason) = self.make_chain() {
            return self.lose_input(&reason);
        }
        self.connect_all();
    }

    /// Puts an enhancer behind the input; one that cannot be made leaves the one before as it is.
    pub(super) fn make_chain(&mut self) -> Result<(), String> {
        let Some(input) = &mut self.input.open else {
            return Ok(());
        };
        let (rate, channels) = (input.format.rate, input.format.channels);
        let standing = Arc::new(Standing::default());
        let enhancer = model::enhancer(&self.model, rate, channels, &standing)
            .map_err(|error| error.to_string())?;
        let kind = &self.model.contract().kind;
        self.safety.suit(safety::usual(&input.format.id, kind));
        let asked = Arc::clone(&standing);
        let (tap, view) = meters(rate, channels);
        view.watch(true);
        let mut setup = Setup::new(rate, channels, input.longest);
        setup.reserve = self.safety.enhancer();
        setup.tap = Some(tap);
        setup.prepare = Some(Box::new(move || priority::ask(&asked)));
        let stream = realtime::start(setup, enhancer).map_err(|error| error.to_string())?;
        let latency = stream.port.latency();
        let chain = Box::new(Chain::new(stream.port, channels));
        input.sender.send(Parcel::Chain(chain));
        let monitor: Monitor = stream.worker.monitor();
        let engine = Engine {
            _worker: stream.worker,
            _loader: stream.loader,
        };
        input.retired = input.engine.replace(engine);
        let mut shown = self.board.shown();
        shown.retire_input();
        shown.safety = [self.safety.enhancer(), self.safety.bridge()];
        shown.safety_raised = self.safety.is_raised();
        shown.view = Some(view);
        shown.input = Some(InputShown {
            format: input.format.clone(),
            block: input.longest,
            health: Arc::clone(&input.health),
            monitor,
            latency,
            priority: standing,
            xruns_before: input.health.xruns(),
        });
        Ok(())
    }

    /// Closes it and tries again soon.
    pub(super) fn lose_input(&mut self, reason: &str) {
        self.close_input();
        if self.input.retry.fail(Instant::now(), reason) {
            self.warn_of(About::Input, format!("{reason}. Limpid waits for it"));
        }
    }

    pub(super) fn close_input(&mut self) {
        let Some(input) = self.input.open.take() else {
            return;
        };
        // The callback's port goes first, then the worker behind it.
        let Input {
            stream,
            engine,
            retired,
            ..
        } = input;
        drop(stream);
        drop((engine, retired));
        let mut shown = self.board.shown();
        shown.retire_input();
        shown.view = None;
    }

    /// How many hops were missed and how often an output ran dry, and what to do about it.
    pub(super) fn tend_safety(&mut self, now: Instant) {
        let Some(input) = &self.input.open else {
            return;
        };
        let block = input.block();
        let (misses, dry) = {
            let shown = self.board.shown();
            (shown.counts().misses, shown.dry())
        };
        for found in self.safety.step(now, misses, dry, block) {
            self.answer(found);
        }
    }

    fn answer(&mut self, found: Finding) {
        let Finding {
            place,
            gaps,
            raised,
        } = found;
        let (about, what) = match place {
            safety::Place::Enhancer => (About::Enhancer, "the enhancer"),
            safety::Place::Bridge => (About::Bridge, "the bridge to the output"),
        };
        let Some((before, after)) = raised else {
            let text = format!(
                "{gaps} gaps within ten seconds, although {what} has all the safety that helps: this \
                 computer or its sound server is too busy"
            );
            return self.warn_of(about, text);
        };
        match place {
            safety::Place::Enhancer => self.renew_chain(),
            safety::Place::Bridge => self.connect_all(),
        }
        self.tell_safety();
        let text = format!(
            "{gaps} gaps within ten seconds: the safety of {what} was raised from {} to {} ms, and \
             the latency grows with it",
            before.as_millis(),
            after.as_millis()
        );
        self.warn_of(about, text);
    }

    /// Puts the safety on the board.
    pub(super) fn tell_safety(&self) {
        let mut shown = self.board.shown();
        shown.safety = [self.safety.enhancer(), self.safety.bridge()];
        shown.safety_raised = self.safety.is_raised();
    }

    pub(super) fn connect_all(&mut self) {
        for place in 0..MOST_OUTPUTS {
            self.connect(place);
        }
    }
}
