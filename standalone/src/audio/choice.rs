//! Which device is meant.

use serde::{Deserialize, Serialize};

use super::{Device, Direction, Host, SoundError};

/// What a user may say of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// The default of the default host, wherever that moves to.
    #[default]
    Default,
    /// The default of a host.
    DefaultOf(String),
    /// By id or name.
    Named(String),
    /// One that was chosen before: by its id, else by its whole name.
    Kept(Kept),
}

/// A device as it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub id: String,
    pub name: String,
}

impl Choice {
    /// Whether another device may take its place when the system's default changes.
    pub fn follows_default(&self) -> bool {
        !matches!(self, Self::Named(_) | Self::Kept(_))
    }

    /// What it means from now on, once it meant the device `id` called `name`: that one and no other, or
    /// the default of its host. Another host's would be another device, whenever a server is away
    /// for a moment.
    pub fn held_to(self, id: &str, name: &str) -> Self {
        match self {
            Self::Default => match id.split_once(':') {
                Some((host, _)) => Self::DefaultOf(host.to_owned()),
                None => Self::Default,
            },
            Self::Named(wanted) if !wanted.eq_ignore_ascii_case(id) => Self::Kept(Kept {
                id: id.to_owned(),
                name: name.to_owned(),
            }),
            known => known,
        }
    }

    /// The default that was passed over for a device of the same host, as it is hidden; its name.
    pub fn passed_over(
        &self,
        direction: Direction,
        hosts: &[Host],
        taken: &Device,
    ) -> Option<String> {
        let of_this = |host: &&Host| devices(host, direction).iter().any(|d| d.id == taken.id);
        let host = hosts
            .iter()
            .find(of_this)
            .filter(|_| self.follows_default())?;
        let mut defaults = devices(host, direction).iter().filter(|d| d.default);
        let default = defaults.next().filter(|default| default.hidden)?;
        Some(default.name.clone())
    }

    /// Finds it: by id, then by name, then by a part of the name that only one has. Case does not
    /// matter. A device of the default host goes before others of the same name.
    pub fn find<'a>(
        &self,
        direction: Direction,
        hosts: &'a [Host],
    ) -> Result<&'a Device, SoundError> {
        match self {
            Self::Default => default_of(direction, hosts, None),
            Self::DefaultOf(host) => default_of(direction, hosts, Some(host)),
            Self::Named(wanted) => named(direction, hosts, wanted),
            Self::Kept(kept) => again(direction, hosts, kept),
        }
    }
}

impl Device {
    /// Whether a text means this device and can mean no part of another's name.
    pub(super) fn is(&self, wanted: &str) -> bool {
        self.has_id(wanted) || self.has_name(wanted) || self.has_bare_id(wanted)
    }

    fn has_id(&self, wanted: &str) -> bool {
        self.id.eq_ignore_ascii_case(wanted)
    }

    fn has_name(&self, wanted: &str) -> bool {
        self.name.to_lowercase() == wanted.to_lowercase()
    }

    /// The id without its host.
    fn has_bare_id(&self, wanted: &str) -> bool {
        let bare = self.id.split_once(':');
        bare.is_some_and(|(_, id)| id.eq_ignore_ascii_case(wanted))
    }
}

pub(super) fn devices(host: &Host, direction: Direction) -> &[Device] {
    match direction {
        Direction::Input => &host.inputs,
        Direction::Output => &host.outputs,
    }
}

fn default_of<'a>(
    direction: Direction,
    hosts: &'a [Host],
    wanted: Option<&String>,
) -> Result<&'a Device, SoundError> {
    if let Some(wanted) = wanted
        && !hosts.iter().any(|h| h.name.eq_ignore_ascii_case(wanted))
    {
        return Err(SoundError::NoHost {
            wanted: wanted.clone(),
            there: listed(hosts.iter().map(|h| h.name.clone())),
        });
    }
    // The default host first; one without any device leaves it to the next.
    let mut order: Vec<&Host> = hosts.iter().collect();
    order.sort_by_key(|host| !host.default);
    let suits = |host: &&Host| wanted.is_none_or(|name| host.name.eq_ignore_ascii_case(name));
    let found = order.iter().copied().filter(suits).find_map(|host| {
        let devices = devices(host, direction);
        let shown = || devices.iter().filter(|device| !device.hidden);
        let marked = shown().find(|device| device.default);
        marked.or_else(|| shown().next())
    });
    found.ok_or_else(|| SoundError::NoDevice {
        direction,
        host: wanted.cloned(),
        tried: listed(hosts.iter().map(|h| h.name.clone())),
    })
}

fn named<'a>(
    direction: Direction,
    hosts: &'a [Host],
    wanted: &str,
) -> Result<&'a Device, SoundError> {
    let mut order: Vec<&Host> = hosts.iter().collect();
    order.sort_by_key(|host| !host.default);
    let all = || order.iter().flat_map(|host| devices(host, direction));
    let lower = wanted.to_lowercase();
    let same: [fn(&Device, &str) -> bool; 3] =
        [Device::has_id, Device::has_name, Device::has_bare_id];
    for is_meant in same {
        if let Some(device) = all().find(|device| is_meant(device, wanted)) {
            return Ok(device);
        }
    }
    let part: Vec<&Device> = all()
        .filter(|d| !d.hidden && !lower.is_empty() && d.name.to_lowercase().contains(&lower))
        .collect();
    match part.as_slice() {
        [device] => Ok(device),
        [] => Err(SoundError::Unknown {
            direction,
            wanted: wanted.to_owned(),
            there: listed(
                all()
                    .filter(|d| !d.hidden)
                    .map(|d| format!("{} ({})", d.id, d.name)),
            ),
        }),
        several => Err(SoundError::Ambiguous {
            direction,
            wanted: wanted.to_owned(),
            there: listed(several.iter().map(|d| d.id.clone())),
        }),
    }
}

fn again<'a>(
    direction: Direction,
    hosts: &'a [Host],
    kept: &Kept,
) -> Result<&'a Device, SoundError> {
    let all = || hosts.iter().flat_map(|host| devices(host, direction));
    let same = all().find(|device| device.has_id(&kept.id));
    let called_so = || all().find(|device| device.has_name(&kept.name));
    same.or_else(called_so).ok_or_else(|| SoundError::Missing {
        direction,
        name: kept.name.clone(),
    })
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use super::*;

    fn device(id: &str, name: &str, default: bool) -> Device {
        Device {
            id: id.to_owned(),
            name: name.to_owned(),
            default,
            rate: 48_000,
            rates: (8_000, 192_000),
            channels: 1,
            buffers: None,
            hidden: false,
        }
    }

    fn host(name: &str, default: bool, inputs: Vec<Device>) -> Host {
        Host {
            name: name.to_owned(),
            default,
            inputs,
            outputs: Vec::new(),
            problem: None,
        }
    }

    fn hosts() -> Vec<Host> {
        vec![
            host("alsa", false, vec![device("alsa:default", "Default", true)]),
            host(
                "pulseaudio",
                true,
                vec![
                    device("pulseaudio:a", "Desk microphone", false),
                    device("pulseaudio:b", "Headset microphone", true),
                ],
            ),
        ]
    }

    fn found(choice: &Choice) -> Result<String, SoundError> {
        let hosts = hosts();
        let device = choice.find(Direction::Input, &hosts);
        device.map(|d| d.id.clone())
    }

    fn named(text: &str) -> Result<String, SoundError> {
        found(&Choice::Named(text.to_owned()))
    }

    #[test]
    fn the_default_is_that_of_the_default_host() {
        assert_eq!(found(&Choice::Default), Ok("pulseaudio:b".to_owned()));
        let alsa = Choice::DefaultOf("ALSA".to_owned());
        assert_eq!(found(&alsa), Ok("alsa:default".to_owned()));
    }

    #[test]
    fn what_was_found_is_held_to() {
        let held = |choice: Choice| choice.held_to("pulseaudio:a", "Desk microphone");
        let host = Choice::DefaultOf("pulseaudio".to_owned());
        assert_eq!(held(Choice::Default), host);
        assert_eq!(held(host.clone()), host);
        let id = Choice::Named("pulseaudio:A".to_owned());
        assert_eq!(held(id.clone()), id);
        let kept = Choice::Kept(Kept {
            id: "pulseaudio:a".to_owned(),
            name: "Desk microphone".to_owned(),
        });
        assert_eq!(held(Choice::Named("desk".to_owned())), kept);
        assert_eq!(held(kept.clone()), kept);
    }

    #[test]
    fn a_default_that_is_hidden_is_passed_over_knowingly() {
        let mut hosts = hosts();
        let inputs = &mut hosts[1].inputs;
        inputs[1].hidden = true;
        let mic = inputs[0].clone();
        let choice = Choice::Default;
        assert_eq!(choice.find(Direction::Input, &hosts), Ok(&mic));
        let passed = |choice: &Choice| choice.passed_over(Direction::Input, &hosts, &mic);
        assert_eq!(passed(&choice), Some("Headset microphone".to_owned()));
        assert_eq!(passed(&Choice::Named("desk".to_owned())), None);
        hosts[1].inputs[1].hidden = false;
        assert_eq!(choice.passed_over(Direction::Input, &hosts, &mic), None);
    }

    #[test]
    fn a_device_is_found_by_id_name_or_a_part_that_is_its_own() {
        for text in ["pulseaudio:a", "desk MICROPHONE", "desk", "a"] {
            assert_eq!(named(text), Ok("pulseaudio:a".to_owned()), "{text}");
        }
    }

    #[test]
    fn a_device_of_before_is_found_by_its_id_else_by_its_name_and_no_other_is_taken() {
        let kept = |id: &str, name: &str| {
            found(&Choice::Kept(Kept {
                id: id.to_owned(),
                name: name.to_owned(),
            }))
        };
        let desk = Ok("pulseaudio:a".to_owned());
        assert_eq!(kept("pulseaudio:a", "Another name"), desk);
        assert_eq!(kept("pulseaudio:z", "Desk microphone"), desk);
        let gone = kept("pulseaudio:z", "Desk").expect_err("no such device");
        assert!(gone.to_string().contains("chosen before"), "{gone}");
    }

    #[test]
    fn what_is_not_there_or_may_be_several_is_said_with_what_there_is() {
        let unknown = named("banjo").expect_err("no banjo").to_string();
        assert!(
            unknown.contains("pulseaudio:a (Desk microphone)"),
            "{unknown}"
        );
        let several = named("microphone").expect_err("two").to_string();
        assert!(several.contains("pulseaudio:a, pulseaudio:b"), "{several}");
        let host = found(&Choice::DefaultOf("oss".to_owned())).expect_err("no OSS");
        assert!(host.to_string().contains("alsa, pulseaudio"), "{host}");
    }

    #[test]
    fn no_device_at_all_is_a_sentence() {
        let error = Choice::Default
            .find(Direction::Output, &hosts())
            .expect_err("no outputs");
        let text = error.to_string();
        assert!(text.contains("there is no output device"), "{text}");
        assert!(text.contains("alsa, pulseaudio"), "{text}");
    }
}
