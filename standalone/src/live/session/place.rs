//! A place for a device, and which device that is.
//!
//! What a choice means is settled when a device is first found: after that the same one is waited for, or the
//! default of the same sound system.

use super::OutputOrder;
use super::retry::Retry;
use crate::audio::{Choice, Direction, Format, System};

/// A place for a device: what is wanted there, what is open, and when to try again.
pub(super) struct Place<T> {
    pub(super) order: Option<OutputOrder>,
    pub(super) open: Option<T>,
    pub(super) retry: Retry,
    /// What the order's choice means since a device was found.
    held: Option<Choice>,
    /// A default that was passed over, as it was said.
    passed_over: Option<String>,
}

impl<T> Place<T> {
    pub(super) fn new(order: Option<OutputOrder>) -> Self {
        Self {
            order,
            open: None,
            retry: Retry::default(),
            held: None,
            passed_over: None,
        }
    }

    /// Something else is wanted here: what was true of the device before is no more.
    pub(super) fn forget(&mut self) {
        self.retry = Retry::default();
        self.held = None;
        self.passed_over = None;
    }

    /// What a stream would be like; from here on the choice means this device, or its host's default.
    pub(super) fn prepare(
        &mut self,
        system: &mut dyn System,
        direction: Direction,
    ) -> Result<Format, String> {
        let Some(order) = &mut self.order else {
            return Err(format!("no {direction} is wanted"));
        };
        if let Some(provide) = &mut order.provide {
            provide()?;
        }
        let mut wish = order.wish.clone();
        if let Some(held) = &self.held {
            wish.choice = held.clone();
        }
        let format = system.prepare(direction, &wish);
        let format = format.map_err(|error| error.to_string())?;
        self.held = Some(wish.choice.held_to(&format.id, &format.name));
        Ok(format)
    }

    /// A sentence, once, if the system's default is none to be taken.
    pub(super) fn news_of_default(
        &mut self,
        direction: Direction,
        format: &Format,
    ) -> Option<String> {
        if self.passed_over == format.instead_of {
            return None;
        }
        self.passed_over.clone_from(&format.instead_of);
        let default = self.passed_over.as_ref()?;
        Some(format!(
            "the system's {direction} is {default}, which is Limpid's own or what an output plays: \
             {} is taken instead",
            format.name
        ))
    }
}
