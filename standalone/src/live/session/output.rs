//! The outputs: opened, watched, opened again, and the bridges to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::retry::{self, Pulse};
use super::{About, Session};
use crate::audio::{Direction, Format, Health, OutputCallback, Stream};
use crate::live::board::OutputShown;
use crate::live::bridge::{Plan, bridge};
use crate::live::feeder::Lane;
use crate::live::giver::{self, Tap};
use crate::live::reason::one_line;

/// A block, where neither the host nor the user says.
const BLOCK: usize = 1024;

/// An output that is open.
pub(super) struct Output {
    pub(super) format: Format,
    /// Frames of a block, at most.
    longest: usize,
    stream: Box<dyn Stream>,
    health: Arc<Health>,
    sender: giver::Sender,
    pulse: Pulse,
}

impl Session {
    /// One look at an output.
    pub(super) fn tend_output(&mut self, place: usize, now: Instant) {
        let slot = &mut self.outputs[place];
        let Some(output) = &mut slot.open else {
            if slot.order.is_some() && slot.retry.is_due(now) {
                self.open_output(place, now);
            }
            return;
        };
        output.sender.collect();
        let name = output.format.name.clone();
        if let Some(loss) = output.health.loss() {
            return self.lose_output(place, &retry::lost(loss, &name));
        }
        let seconds = output.longest as f64 / f64::from(output.format.rate);
        let block = Duration::from_secs_f64(seconds);
        if output.pulse.is_gone(now, &output.health, block) {
            return self.lose_output(place, &format!("{name} takes no sound any more"));
        }
        if output.pulse.age(now) > Duration::from_secs(5) {
            slot.retry.calm();
        }
        let longest = output.health.longest();
        if longest > output.longest {
            output.longest = longest;
            self.say(format!(
                "{name} asks for {longest} frames at once: the latency grows by as much"
            ));
            self.connect(place);
        }
    }

    fn open_output(&mut self, place: usize, now: Instant) {
        match self.try_output(place, now) {
            Ok(name) => {
                if self.outputs[place].retry.succeed() {
                    let text = format!("{name} is in use again");
                    self.say_of(About::Output(place), text);
                }
                self.safety.unsettle(now);
            }
            Err(reason) => {
                self.close_output(place);
                let reason = one_line(&reason);
                if self.outputs[place].retry.fail(now, &reason) {
                    let text = format!("{reason}. Limpid tries again by itself");
                    self.warn_of(About::Output(place), text);
                }
            }
        }
    }

    fn try_output(&mut self, place: usize, now: Instant) -> Result<String, String> {
        let slot = &mut self.outputs[place];
        let format = slot.prepare(self.system.as_mut(), Direction::Output)?;
        let (mut giver, sender) = giver::giver(format.channels);
        let callback: OutputCallback = Box::new(move |frames, now| giver.give(frames, now));
        let health = Arc::new(Health::default());
        let stream = self
            .system
            .open_output(&format, callback, Arc::clone(&health))
            .map_err(|error| error.to_string())?;
        let asked = format.buffer.map_or(BLOCK, |frames| frames as usize);
        let name = format.name.clone();
        let slot = &mut self.outputs[place];
        if let Some(news) = slot.news_of_default(Direction::Output, &format) {
            self.warn_of(About::Output(place), news);
        }
        self.outputs[place].open = Some(Output {
            longest: stream.longest().unwrap_or(asked).max(1),
            format,
            stream,
            health,
            sender,
            pulse: Pulse::new(now),
        });
        self.connect(place);
        let open = self.outputs[place].open.as_mut();
        open.map_or(Ok(()), |output| output.stream.play())
            .map_err(|error| error.to_string())?;
        Ok(name)
    }

    /// Builds the bridge from the input to an output, in place of the one before.
    pub(super) fn connect(&mut self, place: usize) {
        let Some(output) = &mut self.outputs[place].open else {
            return;
        };
        let mut shown = OutputShown {
            format: output.format.clone(),
            block: output.longest,
            health: Arc::clone(&output.health),
            gauge: None,
            xruns_before: output.health.xruns(),
        };
        let mut failed = None;
        if let Some(input) = &mut self.input.open {
            let plan = Plan {
                in_rate: input.format.rate,
                out_rate: output.format.rate,
                channels: input.format.channels,
                in_block: input.longest,
                out_block: output.longest,
                safety: self.safety.bridge(),
            };
            let jack = |format: &Format| format.id.starts_with("jack:");
            let shared_clock = jack(&input.format) && jack(&output.format);
            match bridge(plan) {
                Ok((intake, outlet, gauge)) => {
                    let lane = Lane {
                        intake,
                        shared_clock,
                    };
                    let tap = Tap {
                        outlet,
                        channels: plan.channels,
                        shared_clock,
                    };
                    output.sender.send(Box::new(tap));
                    input.lane(place, Some(Box::new(lane)));
                    shown.gauge = Some(gauge);
                }
                Err(error) => failed = Some(error.to_string()),
            }
        }
        let mut board = self.board.shown();
        board.retire_output(place);
        board.outputs[place] = Some(shown);
        drop(board);
        if let Some(reason) = failed {
            self.lose_output(place, &reason);
        }
    }

    /// Closes it and tries again soon.
    pub(super) fn lose_output(&mut self, place: usize, reason: &str) {
        self.close_output(place);
        if self.outputs[place].retry.fail(Instant::now(), reason) {
            let text = format!("{reason}. Limpid waits for it");
            self.warn_of(About::Output(place), text);
        }
    }

    pub(super) fn close_output(&mut self, place: usize) {
        // One that never opened has no lane, and an input that rests takes nothing back.
        let Some(output) = self.outputs[place].open.take() else {
            return;
        };
        drop(output.stream);
        if let Some(input) = &mut self.input.open {
            input.lane(place, None);
        }
        self.board.shown().retire_output(place);
    }
}
