//! A microphone and a loudspeaker that are not there, for other programs to choose.
//!
//! PulseAudio, and PipeWire in its place, makes them from two modules under names of our own:
//!
//! - **microphone**: a null sink that Limpid plays into, and a source "Limpid microphone" that is the
//!   sink's monitor under a name that programs show (many hide monitors);
//! - **speaker**: a null sink "Limpid speaker" that programs play into, whose monitor Limpid hears.
//!
//! Modules outlive the process that loads them, so each carries its process's number: what belongs to
//! a process that is gone is taken away before anything new is made. `pactl` does the talking: it
//! is there wherever either server is used, and speaks to both.

mod pactl;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};

pub use pactl::Module;
pub use watch::Watch;

use pactl::pactl;

/// Part of every name of ours.
const PREFIX: &str = "limpid_";
/// Tells whose a module is, in its arguments.
const OWNER: &str = "limpid.owner=";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Others hear what we play into it.
    Microphone,
    /// We hear what others play into it.
    Speaker,
}

impl Kind {
    /// What the server knows it by: of the sink, and of the source that programs see.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Microphone => ("limpid_microphone_feed", "limpid_microphone"),
            Self::Speaker => ("limpid_speaker", "limpid_speaker.monitor"),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Microphone => "Limpid microphone",
            Self::Speaker => "Limpid speaker",
        }
    }
}

/// A virtual device that is there until this is dropped.
pub struct Cable {
    kind: Kind,
    /// Locked while it is made: two may want to at once.
    own: Arc<Mutex<()>>,
}

impl Cable {
    /// Makes it, after taking away what a crash has left.
    ///
    /// # Errors
    /// When there is no such server, or another Limpid has made it.
    pub fn lay(kind: Kind) -> Result<Self, String> {
        lay(kind)?;
        Ok(Self::promise(kind))
    }

    /// One that is made when it is first provided.
    pub fn promise(kind: Kind) -> Self {
        Self {
            kind,
            own: Arc::default(),
        }
    }

    /// The device that Limpid's end is: an output for a microphone, an input for a speaker.
    pub fn end(&self) -> String {
        let (sink, source) = self.kind.names();
        match self.kind {
            Kind::Microphone => format!("pulseaudio:{sink}"),
            Kind::Speaker => format!("pulseaudio:{source}"),
        }
    }

    /// Makes it anew if its server was started anew; for as long as this is kept.
    pub fn provider(&self) -> super::session::Provide {
        let kind = self.kind;
        let alive = Arc::downgrade(&self.own);
        Box::new(move || match alive.upgrade() {
            Some(own) => {
                let _alone = own.lock().unwrap_or_else(PoisonError::into_inner);
                lay(kind)
            }
            None => Err(format!("{} was taken away", kind.description())),
        })
    }

    /// The same, and it is taken away when this is dropped.
    pub fn into_provider(self) -> super::session::Provide {
        Box::new(move || {
            // The whole of it, for as long as the provider is kept.
            let cable = &self;
            let _alone = cable.own.lock().unwrap_or_else(PoisonError::into_inner);
            lay(cable.kind)
        })
    }

    /// Calls `tell` when it begins or ends that somebody records the microphone, first with how it is.
    /// While nobody does, this is what makes the microphone anew if its server was started anew.
    pub fn watch(&self, tell: impl FnMut(bool) + Send + 'static) -> Watch {
        Watch::begin(self.kind.names().1, self.provider(), tell)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        take_away(&[self.kind]);
    }
}

/// Takes away what this process has made, as far as the server lets it.
pub fn take_away(kinds: &[Kind]) {
    let me = std::process::id();
    let Ok(modules) = pactl::modules() else {
        return;
    };
    // In the opposite order: what stands on the sink first.
    for module in modules.iter().rev() {
        if owner(module) == Some(me) && kinds.iter().any(|kind| belongs(module, *kind)) {
            let _ = pactl::unload(module.index);
        }
    }
}

/// Takes away what belongs to processes that are gone; tells how many devices that were.
pub fn cleanup() -> Result<usize, String> {
    let mut devices = 0;
    for module in pactl::modules()?.iter().rev() {
        if owner(module).is_some_and(|pid| !is_limpid(pid)) {
            pactl::unload(module.index)?;
            devices += usize::from(module.name == "module-null-sink");
        }
    }
    Ok(devices)
}

/// Makes the modules that are not there.
fn lay(kind: Kind) -> Result<(), String> {
    cleanup()?;
    let me = std::process::id();
    let modules = pactl::modules()?;
    let ours = |name: &str| {
        let same = |m: &&Module| m.name == name && belongs(m, kind);
        modules.iter().find(same).and_then(owner)
    };
    let (sink, source) = kind.names();
    let what = kind.description();
    let made = match ours("module-null-sink") {
        Some(pid) if pid == me => false,
        Some(pid) => {
            return Err(format!(
                "another Limpid (process {pid}) has made the {what} already; end it first"
            ));
        }
        None => {
            load_sink(kind, sink, me)?;
            true
        }
    };
    if kind == Kind::Microphone && ours("module-remap-source").is_none() {
        let properties = properties(what, me);
        pactl(&[
            "load-module",
            "module-remap-source",
            &format!("master={sink}.monitor"),
            &format!("source_name={source}"),
            &format!("source_properties={properties}"),
        ])
        .inspect_err(|_| {
            // Half of it is of no use, and nobody would take it away.
            if made {
                take_away(&[kind]);
            }
        })?;
    }
    Ok(())
}

fn load_sink(kind: Kind, sink: &str, me: u32) -> Result<(), String> {
    let description = match kind {
        // Programs that list outputs should not offer the inside of the microphone as one.
        Kind::Microphone => "Inside of the Limpid microphone",
        Kind::Speaker => kind.description(),
    };
    let layout: &[&str] = match kind {
        Kind::Microphone => &["channels=1", "channel_map=mono"],
        Kind::Speaker => &["channels=2"],
    };
    let sink_name = format!("sink_name={sink}");
    let properties = format!("sink_properties={}", properties(description, me));
    let mut words = vec!["load-module", "module-null-sink", &sink_name, "rate=48000"];
    words.extend(layout);
    words.push(&properties);
    pactl(&words).map(|_| ())
}

/// The server takes the list apart at blanks outside of quotes, twice.
fn properties(description: &str, owner: u32) -> String {
    format!("\"device.description='{description}' {OWNER}{owner}\"")
}

/// The process that a module of ours was made by.
fn owner(module: &Module) -> Option<u32> {
    if !module.argument.contains(PREFIX) {
        return None;
    }
    let (_, after) = module.argument.split_once(OWNER)?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn belongs(module: &Module, kind: Kind) -> bool {
    let (sink, source) = kind.names();
    let named = |name: &str| {
        let words = module.argument.split_whitespace();
        let mut values = words.filter_map(|word| word.split_once('='));
        values.any(|(_, value)| value == name)
    };
    named(sink) || named(source)
}

/// Whether a process is there and is a Limpid: numbers are used again.
fn is_limpid(pid: u32) -> bool {
    if pid == std::process::id() {
        return true;
    }
    let own = std::fs::read_to_string("/proc/self/comm");
    let other = std::fs::read_to_string(format!("/proc/{pid}/comm"));
    matches!((own, other), (Ok(own), Ok(other)) if own == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, argument: &str) -> Module {
        Module {
            index: 1,
            name: name.to_owned(),
            argument: argument.to_owned(),
        }
    }

    #[test]
    fn a_module_of_ours_tells_whose_it_is() {
        let argument = format!(
            "sink_name=limpid_speaker rate=48000 sink_properties={}",
            properties("Limpid speaker", 4711)
        );
        let ours = module("module-null-sink", &argument);
        assert_eq!(owner(&ours), Some(4711));
        assert!(belongs(&ours, Kind::Speaker));
        assert!(!belongs(&ours, Kind::Microphone));
        let other = module("module-null-sink", "sink_name=speakers limpid.owner=4711");
        assert_eq!(owner(&other), None);
    }
}
