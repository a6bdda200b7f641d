//! `limpid live`: the microphone, enhanced while it is spoken into.
//!
//! ```text
//! input callback ── port ─┬─ bridge ── output callback      (feeder, bridge, giver)
//!                 worker ─┘─ tape ──── two files            (recorder)
//! ```
//!
//! [`session`] opens the devices and keeps them open, [`board`] tells how they are doing, and a
//! terminal or a window shows it.

mod board;
mod bridge;
pub mod cable;
mod desk;
mod feeder;
mod giver;
mod memory;
mod model;
mod priority;
#[cfg(test)]
mod quiet;
mod reason;
mod recorder;
mod session;
mod terminal;

use std::time::Duration;

pub use board::Glance;
pub use model::load as load_model;
pub use priority::ADVICE;
pub use reason::one_line;
pub use recorder::{Paths, Series};
pub use session::{About, Command, Event, Live, Order, OutputOrder};

use crate::audio::{Cards, Choice, SoundError, Wish};
use crate::cli::LiveArguments;
use crate::failure::Failure;
use crate::say;
use cable::{Cable, Kind};
use memory::Memory;
use terminal::Ending;

/// The output that others hear.
pub const MAIN: usize = 0;
/// The output that the user hears.
pub const MONITOR: usize = 1;

/// From one try to make a virtual device to the next.
const WAIT: Duration = Duration::from_secs(2);

/// Runs until the user ends it.
pub fn run(arguments: &LiveArguments) -> Result<(), Failure> {
    if arguments.cleanup {
        return cleanup();
    }
    check_recording(arguments)?;
    let (memory, told) = Memory::read(arguments);
    if let Some(told) = told {
        say::line(&told)?;
    }
    let model = load_model(&arguments.model)?;
    // Before there is anything that a signal could leave behind.
    let ending = Ending::watch();
    let cable = cable(arguments, &ending)?;
    let order = order(arguments, &memory, cable.as_ref());
    let recalled = recalled(&order);
    let live = Live::start(order, model, Box::new(Cards::new())).map_err(refused)?;
    for line in recalled {
        say::line(&line)?;
    }
    if let Err(reason) = memory.keep(live.input.clone(), live.output.clone()) {
        say::line(&format!("warning: {reason}"))?;
    }
    // Tells whether anybody listens to the virtual microphone, for as long as it is kept.
    let watch = cable.as_ref().filter(|_| rests(arguments)).map(|cable| {
        let commands = live.commands();
        cable.watch(move |listened| {
            let _ = commands.send(Command::Demand(listened));
        })
    });
    let shown = terminal::show(&live, arguments, &ending);
    drop(watch);
    let counts = live.finish();
    drop(cable);
    shown?;
    say::line(&terminal::summary(&counts))
}

/// What is told of devices that the command line does not name.
fn recalled(order: &Order) -> Vec<String> {
    let mut lines = Vec::new();
    if let Choice::Kept(kept) = &order.input.choice {
        lines.push(format!(
            "the microphone is {}, as chosen before (--input default takes the system's)",
            kept.name
        ));
    }
    if let Some(OutputOrder { wish, .. }) = &order.outputs[MAIN]
        && let Choice::Kept(kept) = &wish.choice
    {
        lines.push(format!(
            "the output is {}, as named before (--output default takes the system's)",
            kept.name
        ));
    }
    lines
}

fn refused(error: SoundError) -> Failure {
    Failure::Live(match &error {
        SoundError::Missing { direction, .. } => {
            format!("{error} with --{direction} (\"default\" is the system's), or --wait for it")
        }
        SoundError::Buffer { nearest, .. } => format!("{error} (--buffer {nearest})"),
        _ => one_line(&error.to_string()),
    })
}

fn cleanup() -> Result<(), Failure> {
    let removed = cable::cleanup().map_err(Failure::Live)?;
    say::line(&match removed {
        0 => "nothing was left behind".to_owned(),
        1 => "one device was removed".to_owned(),
        several => format!("{several} devices were removed"),
    })
}

/// Better said before anything is opened.
fn check_recording(arguments: &LiveArguments) -> Result<(), Failure> {
    let Some(paths) = arguments.record.as_ref().filter(|_| !arguments.force) else {
        return Ok(());
    };
    match [&paths.noisy, &paths.voice]
        .into_iter()
        .find(|p| p.exists())
    {
        Some(there) => Err(Failure::RecordingExists(there.clone())),
        None => Ok(()),
    }
}

fn cable(arguments: &LiveArguments, ending: &Ending) -> Result<Option<Cable>, Failure> {
    let kind = match (arguments.virtual_mic, arguments.virtual_speaker) {
        (true, _) => Kind::Microphone,
        (_, true) => Kind::Speaker,
        _ => return Ok(None),
    };
    let mut told = false;
    loop {
        match Cable::lay(kind) {
            Ok(cable) => return Ok(Some(cable)),
            // At a login the sound server may come later than we do.
            Err(reason) if arguments.wait => {
                if !told {
                    say::line(&format!("waiting: {reason}"))?;
                    told = true;
                }
                if ending.wait(WAIT) {
                    return Err(Failure::Interrupted);
                }
            }
            Err(reason) => return Err(Failure::Live(reason)),
        }
    }
}

/// Whether nothing needs to run while nobody records the virtual microphone.
fn rests(arguments: &LiveArguments) -> bool {
    arguments.virtual_mic && arguments.monitor.is_none() && arguments.record.is_none()
}

fn order(arguments: &LiveArguments, memory: &Memory<'_>, cable: Option<&Cable>) -> Order {
    let wish = |choice, channels| Wish {
        choice,
        buffer: arguments.buffer,
        channels,
    };
    let device = |choice| OutputOrder {
        wish: wish(choice, None),
        provide: None,
    };
    let monitor = arguments.monitor.as_deref();
    let mut order = Order {
        input: wish(memory.input(), arguments.channels),
        provide_input: None,
        input_may_rest: false,
        outputs: [
            memory.output().map(device),
            monitor.map(|named| device(memory.named(named))),
        ],
        safety: arguments.safety,
        record: arguments
            .record
            .clone()
            .map(|paths| Series::new(paths, arguments.force)),
        controls: arguments.controls(),
        on_demand: rests(arguments),
        patient: arguments.wait,
    };
    match cable {
        Some(cable) if arguments.virtual_mic => {
            order.outputs[MAIN] = Some(OutputOrder {
                wish: wish(Choice::Named(cable.end()), None),
                provide: Some(cable.provider()),
            });
        }
        Some(cable) => {
            order.input.choice = Choice::Named(cable.end());
            order.provide_input = Some(cable.provider());
            order.input_may_rest = true;
            if order.outputs[MAIN].is_none() {
                order.outputs[MAIN] = Some(device(memory.named("default")));
            }
        }
        None => {}
    }
    order
}

/// Milliseconds, as they are shown.
pub fn ms(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}
