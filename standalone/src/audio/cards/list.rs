//! What devices there are, as people want to see them.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{HostId, SupportedStreamConfig, SupportedStreamConfigRange};

use super::{Cards, buffers};
use crate::audio::{Device, Direction, Host};

/// Hosts in the order in which they are tried. Sound servers go before the hardware, which they hold.
pub(super) fn ids() -> Vec<HostId> {
    const ORDER: [&str; 6] = [
        "pipewire",
        "pulseaudio",
        "jack",
        "coreaudio",
        "wasapi",
        "alsa",
    ];
    let mut ids = cpal::available_hosts();
    let place = |id: &HostId| ORDER.iter().position(|name| *name == id.to_string());
    ids.sort_by_key(|id| place(id).unwrap_or(ORDER.len()));
    ids
}

/// A host that was not looked at.
pub(super) fn unseen(id: HostId) -> Host {
    Host {
        name: id.to_string(),
        default: false,
        inputs: Vec::new(),
        outputs: Vec::new(),
        problem: None,
    }
}

impl Cards {
    /// A connection to a host.
    pub(super) fn host(&mut self, id: HostId) -> Result<&cpal::Host, String> {
        // JACK's host is a snapshot of its server.
        if id.to_string() == "jack" {
            self.hosts.remove(&id);
        }
        match self.hosts.entry(id) {
            std::collections::hash_map::Entry::Occupied(there) => Ok(there.into_mut()),
            std::collections::hash_map::Entry::Vacant(room) => {
                let host = cpal::host_from_id(id).map_err(|error| error.to_string())?;
                Ok(room.insert(host))
            }
        }
    }

    /// A host and its devices.
    pub(super) fn list(&mut self, id: HostId) -> Host {
        let known = self.hosts.contains_key(&id);
        let mut host = self.try_list(id);
        if known && host.problem.is_some() {
            // The server that the connection was to may be another one by now.
            self.hosts.remove(&id);
            host = self.try_list(id);
        }
        host
    }

    fn try_list(&mut self, id: HostId) -> Host {
        let mut listed = unseen(id);
        let devices = self.host(id).and_then(|host| {
            let devices = host.devices().map_err(|error| error.to_string())?;
            let id = |device: Option<cpal::Device>| device.and_then(|d| d.id().ok());
            let input = id(host.default_input_device());
            Ok((devices, input, id(host.default_output_device())))
        });
        let (devices, input, output) = match devices {
            Ok(devices) => devices,
            Err(problem) => {
                self.hosts.remove(&id);
                listed.problem = Some(problem);
                return listed;
            }
        };
        for device in devices {
            let Ok(id) = device.id() else { continue };
            if let Some(found) = facts(&device, Direction::Input, Some(&id) == input.as_ref()) {
                listed.inputs.push(found);
            }
            if let Some(found) = facts(&device, Direction::Output, Some(&id) == output.as_ref()) {
                listed.outputs.push(found);
            }
        }
        for devices in [&mut listed.inputs, &mut listed.outputs] {
            devices.dedup_by(|a, b| a.id == b.id);
        }
        listed
    }
}

/// A device for one direction; `None` when it has none of that.
fn facts(device: &cpal::Device, direction: Direction, default: bool) -> Option<Device> {
    let id = device.id().ok()?;
    let name = match device.description() {
        // JACK has no devices: these are the ports that its cards are patched to.
        _ if id.host().to_string() == "jack" => format!("JACK {direction}"),
        Ok(description) => description.name().to_owned(),
        Err(_) => id.id().to_owned(),
    };
    // cpal lists its one client of each direction as able to do both.
    if id.host().to_string() == "jack" && id.id() != direction.to_string() {
        return None;
    }
    let hidden = is_hidden(&id.host().to_string(), id.id(), &name);
    // Asking each of ALSA's converters opens it, which takes long and prints.
    if hidden && id.host().to_string() == "alsa" {
        return None;
    }
    let (all, usual): (Vec<SupportedStreamConfigRange>, SupportedStreamConfig) = match direction {
        Direction::Input if device.supports_input() => (
            device.supported_input_configs().ok()?.collect(),
            device.default_input_config().ok()?,
        ),
        Direction::Output if device.supports_output() => (
            device.supported_output_configs().ok()?.collect(),
            device.default_output_config().ok()?,
        ),
        _ => return None,
    };
    let lowest = all.iter().map(SupportedStreamConfigRange::min_sample_rate);
    let highest = all.iter().map(SupportedStreamConfigRange::max_sample_rate);
    Some(Device {
        id: id.to_string(),
        name,
        default,
        rate: usual.sample_rate(),
        rates: (
            lowest.min().unwrap_or(usual.sample_rate()),
            highest.max().unwrap_or(usual.sample_rate()),
        ),
        channels: usual.channels(),
        buffers: buffers(*usual.buffer_size()),
        hidden,
    })
}

/// Whether a device is none that a user means: what an output plays, Limpid's own, or one of the
/// converters that ALSA lists as devices.
fn is_hidden(host: &str, id: &str, name: &str) -> bool {
    if id.contains("limpid_") || name.contains("limpid_") {
        return true;
    }
    match host {
        "pulseaudio" | "pipewire" => id.ends_with(".monitor") || id.starts_with("input."),
        "alsa" => {
            let real = ["default", "pulse", "pipewire"];
            let hardware = ["hw:", "plughw:", "sysdefault:"];
            !real.contains(&id) && !hardware.iter().any(|start| id.starts_with(start))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn monitors_converters_and_our_own_are_hidden() {
        assert!(is_hidden(
            "pulseaudio",
            "speakers.monitor",
            "Monitor of Speakers"
        ));
        assert!(is_hidden(
            "pulseaudio",
            "limpid_microphone",
            "Limpid microphone"
        ));
        assert!(is_hidden("alsa", "lavrate", "Rate converter"));
        assert!(is_hidden("pipewire", "input.mic", "mic"));
        assert!(!is_hidden("pulseaudio", "alsa_input.usb", "USB microphone"));
        assert!(!is_hidden("alsa", "hw:CARD=USB,DEV=0", "USB"));
        assert!(!is_hidden("jack", "input", "cpal_client_in"));
    }
}
