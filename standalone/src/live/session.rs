//! A session: one microphone, up to two outputs, kept running whatever happens to them.
//!
//! A thread of its own opens devices, watches them and opens them again. Hosts tell of a loss in
//! many ways or not at all, so besides their errors it watches whether callbacks still come. Nothing
//! that it does can stop a callback: what they work with travels through rings.

mod input;
mod output;
mod place;
mod recording;
mod retry;
mod safety;

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use limpid_engine::controls::Controls;
use limpid_engine::network::Model;

use super::MAIN;
use super::board::{Board, Counts};
use super::desk::Desk;
use super::feeder::MOST_OUTPUTS;
use super::model;
use super::reason::one_line;
use super::recorder::{Recorder, Series};
use crate::audio::{Choice, Direction, Format, Kept, Look, SoundError, System, Wish};
use input::Input;
use output::Output;
use place::Place;
use retry::Retry;
use safety::Safety;

/// From one look at the devices' health to the next.
const PACE: Duration = Duration::from_millis(100);
/// The same while nothing runs.
const IDLE_PACE: Duration = Duration::from_secs(1);
/// From one look at the list of devices to the next.
const LIST_PACE: Duration = Duration::from_secs(2);

/// Makes sure that what is opened exists, just before it is opened: for devices that Limpid makes.
pub type Provide = Box<dyn FnMut() -> Result<(), String> + Send>;

/// An output that is wanted.
pub struct OutputOrder {
    pub wish: Wish,
    pub provide: Option<Provide>,
}

/// What a session is to do.
pub struct Order {
    pub input: Wish,
    pub provide_input: Option<Provide>,
    /// The input says nothing while nothing is played to it.
    pub input_may_rest: bool,
    pub outputs: [Option<OutputOrder>; MOST_OUTPUTS],
    /// What suits the sound system and the model, unless somebody has asked for another.
    pub safety: Option<Duration>,
    pub record: Option<Series>,
    pub controls: Controls,
    /// Nothing runs until [`Command::Demand`] says that somebody listens.
    pub on_demand: bool,
    /// A device that is not there at the start is waited for.
    pub patient: bool,
}

/// What a user may change while it runs.
pub enum Command {
    Input(Choice),
    /// The output of a place, or none there.
    Output(usize, Option<OutputOrder>),
    /// Frames, or what suits the host.
    Buffer(Option<u32>),
    Record(Option<Series>),
    Model(PathBuf),
    /// The safety as it was asked for again.
    Reset,
    /// Whether somebody listens.
    Demand(bool),
    Stop,
}

/// Something that a user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The sound is not what the user asked for.
    pub warning: bool,
    pub about: About,
    pub text: String,
}

/// What an event is about: of most, only the last thing said still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Input,
    /// The output of a place.
    Output(usize),
    /// The safety of the enhancer, and that of the bridges.
    Enhancer,
    Bridge,
    Model,
    /// Holds beside whatever else is said.
    Else,
}

/// A session that runs. Dropping it ends it.
pub struct Live {
    pub board: Arc<Board>,
    /// The microphone and the main output as they were found before the start.
    pub input: Option<Kept>,
    pub output: Option<Kept>,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Starts it.
    ///
    /// # Errors
    /// Unless the order is patient: when the input or an output cannot be had.
    pub fn start(
        order: Order,
        model: Model,
        mut system: Box<dyn System>,
    ) -> Result<Self, SoundError> {
        let (input, output) = match check(&order, system.as_mut()) {
            Ok(found) => found,
            Err(_) if order.patient => Found::default(),
            Err(error) => return Err(error),
        };
        let desk = Arc::new(Desk::new(&order.controls));
        let board = Arc::new(Board::new(desk));
        let (commands, received) = mpsc::channel();
        let (said, events) = mpsc::channel();
        let session = Session::new(order, model, system, Arc::clone(&board), said);
        let thread = std::thread::Builder::new()
            .name("limpid-session".to_owned())
            .spawn(move || session.run(&received))
            .map_err(|error| SoundError::Refused {
                device: "the session".to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            board,
            input,
            output,
            commands,
            events,
            thread: Some(thread),
        })
    }

    /// Tells the session something. One that has ended does not listen.
    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// For others to tell it something.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// What has happened since it was last asked.
    pub fn events(&self) -> Vec<Event> {
        self.events.try_iter().collect()
    }

    /// Ends it in order; gives what it has counted.
    pub fn finish(mut self) -> Counts {
        self.end();
        self.board.shown().counts()
    }

    fn end(&mut self) {
        self.tell(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed.
            drop(thread.join());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

/// The microphone and the main output.
type Found = (Option<Kept>, Option<Kept>);

/// Whether all devices can be had. Those that Limpid makes are not there yet.
fn check(order: &Order, system: &mut dyn System) -> Result<Found, SoundError> {
    let mut look = |direction, wish| {
        let Format { id, name, .. } = system.prepare(direction, wish)?;
        Ok(Kept { id, name })
    };
    let mut found = Found::default();
    if order.provide_input.is_none() {
        found.0 = Some(look(Direction::Input, &order.input)?);
    }
    for (place, output) in order.outputs.iter().enumerate() {
        if let Some(output) = output.as_ref().filter(|output| output.provide.is_none()) {
            let kept = look(Direction::Output, &output.wish)?;
            if place == MAIN {
                found.1 = Some(kept);
            }
        }
    }
    Ok(found)
}

struct Session {
    system: Box<dyn System>,
    board: Arc<Board>,
    events: mpsc::Sender<Event>,
    model: Model,
    input: Place<Input>,
    input_may_rest: bool,
    outputs: [Place<Output>; MOST_OUTPUTS],
    safety: Safety,
    record: Option<Series>,
    recorder: Option<Recorder>,
    /// Blocks that the present recording has lost, as far as it was said.
    unrecorded: u64,
    demanded: bool,
    /// It was said that the worker has no priority.
    refusal_told: bool,
    listed: Instant,
}

impl Session {
    fn new(
        order: Order,
        model: Model,
        system: Box<dyn System>,
        board: Arc<Board>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let safety = Safety::new(order.safety);
        {
            let mut shown = board.shown();
            model::show(&model, &mut shown);
            shown.safety = [safety.enhancer(), safety.bridge()];
            shown.idle = order.on_demand;
            shown.plays = order.outputs.iter().any(Option::is_some);
        }
        let input = OutputOrder {
            wish: order.input,
            provide: order.provide_input,
        };
        Self {
            system,
            board,
            events,
            model,
            input: Place::new(Some(input)),
            input_may_rest: order.input_may_rest,
            outputs: order.outputs.map(Place::new),
            safety,
            record: order.record,
            recorder: None,
            unrecorded: 0,
            demanded: !order.on_demand,
            refusal_told: false,
            listed: Instant::now(),
        }
    }

    fn run(mut self, commands: &mpsc::Receiver<Command>) {
        loop {
            let command = if self.demanded {
                self.tick();
                commands.recv_timeout(PACE)
            } else {
                commands.recv_timeout(IDLE_PACE)
            };
            match command {
                Ok(Command::Stop) | Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.obey(command),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
        self.close_all();
    }

    /// One look at everything.
    fn tick(&mut self) {
        let now = Instant::now();
        self.tend_input(now);
        for place in 0..MOST_OUTPUTS {
            self.tend_output(place, now);
        }
        self.tend_safety(now);
        self.tend_recorder();
        if now.duration_since(self.listed) >= LIST_PACE {
            self.listed = now;
            self.look_around();
        }
        let waiting = |retry: &Retry| retry.reason().map(str::to_owned);
        let outputs = self.outputs.iter().filter_map(|p| waiting(&p.retry));
        let mut shown = self.board.shown();
        shown.waiting = waiting(&self.input.retry)
            .into_iter()
            .chain(outputs)
            .collect();
        shown.plays = self.outputs.iter().any(|place| place.order.is_some());
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Input(choice) => {
                if let Some(order) = &mut self.input.order {
                    order.wish.choice = choice;
                }
                self.close_input();
                self.input.forget();
                self.reset_safety();
            }
            Command::Output(place, order) => {
                self.close_output(place);
                if let Some(slot) = self.outputs.get_mut(place) {
                    slot.forget();
                    // One of a virtual device goes with it, now that nothing plays to it.
                    slot.order = order;
                }
                if place == MAIN {
                    self.reset_safety();
                }
            }
            Command::Buffer(buffer) => {
                self.close_all();
                let orders = self.outputs.iter_mut().map(|place| &mut place.order);
                for order in orders.chain([&mut self.input.order]).flatten() {
                    order.wish.buffer = buffer;
                }
                self.reset_safety();
            }
            Command::Record(record) => {
                self.record = record;
                self.stop_recorder();
            }
            Command::Model(path) => self.change_model(&path),
            Command::Reset => self.reset_safety(),
            Command::Demand(demanded) => self.demand(demanded),
            Command::Stop => {}
        }
    }

    fn demand(&mut self, demanded: bool) {
        if demanded == self.demanded {
            return;
        }
        self.demanded = demanded;
        self.board.shown().idle = !demanded;
        if demanded {
            // Who listens now shall not wait for what was amiss in another talk.
            self.reset_safety();
            self.say("somebody listens: the microphone is open".to_owned());
        } else {
            self.close_all();
            self.say("nobody listens: the microphone is closed".to_owned());
        }
    }

    /// What was raised goes down again; the sound pauses for a moment.
    fn reset_safety(&mut self) {
        if !self.safety.reset() {
            return;
        }
        self.safety.unsettle(Instant::now());
        self.tell_safety();
        self.renew_chain();
        let text = match self.safety.asked() {
            Some(asked) => format!("the safety is {} ms again, as asked for", asked.as_millis()),
            None => "the safety is as at the start again".to_owned(),
        };
        self.say(text);
    }

    fn change_model(&mut self, path: &std::path::Path) {
        let changed = model::load(path)
            .map_err(|failure| failure.to_string())
            .and_then(|model| self.play_model(model));
        match changed {
            Ok(()) => {
                let mut shown = self.board.shown();
                model::show(&self.model, &mut shown);
                shown.model_file = Some(path.to_owned());
            }
            Err(reason) => {
                let reason = one_line(&reason);
                self.warn_of(About::Model, format!("{reason}. The model before plays on"));
            }
        }
    }

    /// Takes another model, unless it cannot run at the rate of the input that is open.
    fn play_model(&mut self, model: Model) -> Result<(), String> {
        let before = std::mem::replace(&mut self.model, model);
        if self.input.open.is_some() {
            if let Err(reason) = self.make_chain() {
                self.model = before;
                return Err(reason);
            }
            self.connect_all();
        }
        Ok(())
    }

    /// What has become of devices whose hosts do not tell.
    fn look_around(&mut self) {
        if let (Some(open), Some(order)) = (&self.input.open, &self.input.order) {
            let follows = order.wish.choice.follows_default();
            let name = open.format.name.clone();
            match self.system.look(Direction::Input, &open.format.id, follows) {
                Look::There => {}
                Look::Gone => self.lose_input(&format!("{name} is gone")),
                Look::OtherDefault(other) => {
                    self.close_input();
                    let text = format!("the system's input is {other} now, not {name}");
                    self.say_of(About::Input, text);
                }
            }
        }
        for place in 0..MOST_OUTPUTS {
            let slot = &self.outputs[place];
            let (Some(open), Some(order)) = (&slot.open, &slot.order) else {
                continue;
            };
            let follows = order.wish.choice.follows_default();
            let name = open.format.name.clone();
            match self
                .system
                .look(Direction::Output, &open.format.id, follows)
            {
                Look::There => {}
                Look::Gone => self.lose_output(place, &format!("{name} is gone")),
                Look::OtherDefault(other) => {
                    self.close_output(place);
                    let text = format!("the system's output is {other} now, not {name}");
                    self.say_of(About::Output(place), text);
                }
            }
        }
    }

    fn close_all(&mut self) {
        // The outputs first: without an input they would run dry, which is counted.
        for place in 0..MOST_OUTPUTS {
            self.close_output(place);
        }
        self.close_input();
        // The files are whole from here on; sound that comes later goes into new ones.
        self.stop_recorder();
    }

    fn say(&self, text: String) {
        self.say_of(About::Else, text);
    }

    fn say_of(&self, about: About, text: String) {
        let _ = self.events.send(Event {
            warning: false,
            about,
            text,
        });
    }

    fn warn(&self, text: String) {
        self.warn_of(About::Else, text);
    }

    fn warn_of(&self, about: About, text: String) {
        let _ = self.events.send(Event {
            warning: true,
            about,
            text,
        });
    }
}

#[cfg(all(test, target_os = "linux"))]
mod silence;
#[cfg(test)]
mod tests;
