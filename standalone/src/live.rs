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
mod model;
mod priority;
mod recorder;
mod session;
mod terminal;

use std::time::Duration;

pub use board::Glance;
pub use model::load as load_model;
pub use priority::ADVICE;
pub use recorder::Paths;
pub use session::{Command, Event, Live, Order, OutputOrder};

use crate::audio::{Cards, Choice, Wish};
use crate::cli::LiveArguments;
use crate::failure::Failure;
use crate::say;
use cable::{Cable, Kind};

/// The output that others hear.
pub const MAIN: usize = 0;
/// The output that the user hears.
pub const MONITOR: usize = 1;

/// Runs until the user ends it.
pub fn run(arguments: &LiveArguments) -> Result<(), Failure> {
    if arguments.cleanup {
        return cleanup();
    }
    check_recording(arguments)?;
    let cable = cable(arguments)?;
    let model = load_model(&arguments.model)?;
    let live = Live::start(
        order(arguments, cable.as_ref()),
        model,
        Box::new(Cards::new()),
    )
    .map_err(|error| Failure::Live(error.to_string()))?;
    // Tells whether anybody listens to the virtual microphone, for as long as it is kept.
    let watch = cable.as_ref().filter(|_| rests(arguments)).map(|cable| {
        let commands = live.commands();
        cable.watch(move |listened| {
            let _ = commands.send(Command::Demand(listened));
        })
    });
    let shown = terminal::show(&live, arguments);
    drop(watch);
    let counts = live.finish();
    drop(cable);
    shown?;
    say::line(&terminal::summary(&counts))
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

fn cable(arguments: &LiveArguments) -> Result<Option<Cable>, Failure> {
    let kind = match (arguments.virtual_mic, arguments.virtual_speaker) {
        (true, _) => Kind::Microphone,
        (_, true) => Kind::Speaker,
        _ => return Ok(None),
    };
    let cable = Cable::lay(kind).map_err(Failure::Live)?;
    Ok(Some(cable))
}

/// Whether nothing needs to run while nobody records the virtual microphone.
fn rests(arguments: &LiveArguments) -> bool {
    arguments.virtual_mic && arguments.monitor.is_none() && arguments.record.is_none()
}

fn order(arguments: &LiveArguments, cable: Option<&Cable>) -> Order {
    let wish = |choice, channels| Wish {
        choice,
        buffer: arguments.buffer,
        channels,
    };
    let device = |named: Option<&str>| OutputOrder {
        wish: wish(arguments.choice(named), None),
        provide: None,
    };
    let mut order = Order {
        input: wish(
            arguments.choice(arguments.input.as_deref()),
            arguments.channels,
        ),
        provide_input: None,
        input_may_rest: false,
        outputs: [
            arguments.output.as_deref().map(|named| device(Some(named))),
            arguments
                .monitor
                .as_deref()
                .map(|named| device(Some(named))),
        ],
        safety: arguments.safety,
        record: arguments
            .record
            .clone()
            .map(|paths| (paths, arguments.force)),
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
                order.outputs[MAIN] = Some(device(None));
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
