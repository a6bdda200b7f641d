//! `limpid devices`: what there is to listen to and to play on.

use serde_json::json;

use crate::audio::{Cards, Device, Host, System};
use crate::failure::Failure;
use crate::say;

/// Prints a table, or one JSON document.
pub fn run(as_json: bool, all: bool) -> Result<(), Failure> {
    let mut hosts = Cards::new().hosts();
    for host in &mut hosts {
        host.inputs.retain(|device| all || !device.hidden);
        host.outputs.retain(|device| all || !device.hidden);
    }
    if as_json {
        return say::line(&json!({ "hosts": hosts }).to_string());
    }
    say::line(&table(&hosts))
}

fn table(hosts: &[Host]) -> String {
    let mut lines = Vec::new();
    for host in hosts {
        let mark = if host.default { " (default)" } else { "" };
        lines.push(format!("{}{mark}", host.name));
        if let Some(problem) = &host.problem {
            lines.push(format!("  not reached: {problem}"));
        } else if host.inputs.is_empty() && host.outputs.is_empty() {
            lines.push("  no devices".to_owned());
        }
        for (title, devices) in [("inputs", &host.inputs), ("outputs", &host.outputs)] {
            if !devices.is_empty() {
                lines.push(format!("  {title}"));
                lines.extend(rows(devices));
            }
        }
        lines.push(String::new());
    }
    let nothing = |of: fn(&Host) -> &Vec<Device>| hosts.iter().all(|host| of(host).is_empty());
    let missing = match (nothing(|h| &h.inputs), nothing(|h| &h.outputs)) {
        (true, true) => "There is no input and no output device",
        (true, false) => "There is no input device",
        (false, true) => "There is no output device",
        (false, false) => "",
    };
    if missing.is_empty() {
        lines.push("* marks the default. `limpid live --input ID --output ID` takes others; a name, or a part that is its own, will do.".to_owned());
    } else {
        lines.push(format!(
            "{missing}: plug one in, or start the sound server (PulseAudio, PipeWire or JACK)."
        ));
    }
    lines.join("\n")
}

fn rows(devices: &[Device]) -> Vec<String> {
    let width = |of: fn(&Device) -> &String| {
        let lengths = devices.iter().map(|device| of(device).chars().count());
        lengths.max().unwrap_or(0)
    };
    let (ids, names) = (width(|d| &d.id), width(|d| &d.name));
    let row = |device: &Device| {
        let mark = if device.default { '*' } else { ' ' };
        let Device {
            id,
            name,
            rate,
            rates: (lowest, highest),
            channels,
            ..
        } = device;
        let rates = if lowest == highest {
            format!("{rate} Hz")
        } else {
            format!("{rate} Hz ({lowest} to {highest})")
        };
        let buffers = match device.buffers {
            Some((least, most)) if least == most => format!("buffer {least}"),
            Some((least, most)) => format!("buffer {least} to {most}"),
            None => "buffer as the host likes".to_owned(),
        };
        format!("  {mark} {id:ids$}  {name:names$}  {rates}  {channels} ch  {buffers}")
    };
    devices.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(inputs: Vec<Device>) -> Host {
        Host {
            name: "pulseaudio".to_owned(),
            default: true,
            inputs,
            outputs: Vec::new(),
            problem: None,
        }
    }

    #[test]
    fn no_device_is_a_sentence() {
        let text = table(&[host(Vec::new())]);
        assert!(
            text.contains("There is no input and no output device"),
            "{text}"
        );
    }

    #[test]
    fn the_default_is_marked() {
        let device = |id: &str, default| Device {
            id: id.to_owned(),
            name: "A microphone".to_owned(),
            default,
            rate: 48_000,
            rates: (8_000, 192_000),
            channels: 1,
            buffers: Some((64, 4096)),
            hidden: false,
        };
        let text = table(&[host(vec![device("x:one", false), device("x:two", true)])]);
        assert!(
            text.contains(
                "    x:one  A microphone  48000 Hz (8000 to 192000)  1 ch  buffer 64 to 4096"
            ),
            "{text}"
        );
        assert!(text.contains("  * x:two"), "{text}");
        assert!(text.contains("There is no output device"), "{text}");
    }
}
