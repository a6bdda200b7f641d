//! What the system must have, and how to get it on Debian.

use std::process::Command;

use crate::failure::Failure;
use crate::process::{run, works};

/// Something that must be there.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// What it is called.
    what: &'static str,
    /// A command that succeeds when it is there: asking for the thing itself also finds what did not
    /// come from a package.
    probe: (&'static str, &'static [&'static str]),
    /// Debian's packages.
    packages: &'static [&'static str],
}

/// Python's package installer, which fetches the ONNX Runtime library.
pub const PIP: Need = Need {
    what: "Python 3 with pip",
    probe: ("python3", &["-m", "pip", "--version"]),
    packages: &["python3", "python3-pip"],
};

/// Python's virtual environments, for the tests of the training code.
pub const VENV: Need = Need {
    what: "Python 3 with venv",
    // Debian's venv without its own package starts, and fails when it needs ensurepip.
    probe: ("python3", &["-c", "import venv, ensurepip"]),
    packages: &["python3", "python3-venv"],
};

/// What Python packages without a wheel are built with.
pub const HEADERS: Need = Need {
    what: "a C compiler with Python's headers",
    probe: (
        "sh",
        &[
            "-c",
            "command -v cc && test -f \"$(python3 -c 'import sysconfig; print(sysconfig.get_path(\"include\"))')/Python.h\"",
        ],
    ),
    packages: &["gcc", "libc6-dev", "python3-dev"],
};

/// An X server without a screen that draws with OpenGL, for the plugin's window.
pub const DISPLAY: Need = Need {
    what: "Xvfb with Mesa's EGL",
    probe: (
        "sh",
        &[
            "-c",
            "command -v Xvfb && ldconfig -p | grep -q libEGL_mesa && ldconfig -p | grep -q libxkbcommon-x11",
        ],
    ),
    packages: &[
        "libegl1",
        "libegl-mesa0",
        "libgl1",
        "libgl1-mesa-dri",
        "libx11-6",
        "libx11-xcb1",
        "libxkbcommon0",
        "libxkbcommon-x11-0",
        "xvfb",
    ],
};

/// Ardour, whose scanner for VST3 is one of the hosts that the plugin is tested in.
pub const ARDOUR: Need = Need {
    what: "Ardour's VST3 scanner",
    probe: ("sh", &["-c", "ls /usr/lib/ardour*/ardour-vst3-scanner"]),
    packages: &["ardour"],
};

/// Other programs that read and write sound, and run programs: what `limpid enhance` is tested between.
pub const SOUND_TOOLS: Need = Need {
    what: "sox, ffmpeg, flac and GNU parallel",
    probe: (
        "sh",
        &[
            "-c",
            "command -v sox && command -v ffmpeg && command -v flac && parallel --version | grep -q GNU",
        ],
    ),
    packages: &["ffmpeg", "flac", "parallel", "sox"],
};

/// What the program `limpid` is built with: ALSA, D-Bus for the desktop's real-time priority, and
/// JACK, which is loaded when it is there, but whose package the crate for it asks for while it builds.
#[cfg(target_os = "linux")]
pub const SOUND: Need = Need {
    what: "the headers of ALSA, D-Bus and JACK",
    probe: ("pkg-config", &["--exists", "alsa", "dbus-1", "jack"]),
    packages: &[
        "libasound2-dev",
        "libdbus-1-dev",
        "libjack-jackd2-dev",
        "pkg-config",
    ],
};

/// Sound servers that run without a sound card, for the tests of the live part.
#[cfg(target_os = "linux")]
pub const SERVERS: Need = Need {
    what: "the sound servers JACK and PulseAudio, and ALSA's way to PulseAudio",
    probe: (
        "sh",
        &[
            "-c",
            "for p in jackd jack_lsp pulseaudio pactl pacat paplay parecord; do command -v $p || exit 1; done; \
             ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so",
        ],
    ),
    packages: &[
        "jackd2",
        "libasound2-plugins",
        "pulseaudio",
        "pulseaudio-utils",
    ],
};

/// PipeWire with its PulseAudio server, for the same tests.
#[cfg(target_os = "linux")]
pub const PIPEWIRE: Need = Need {
    what: "PipeWire and WirePlumber",
    probe: (
        "sh",
        &[
            "-c",
            "for p in dbus-daemon pipewire pipewire-pulse wireplumber; do command -v $p || exit 1; done",
        ],
    ),
    packages: &["dbus-daemon", "pipewire", "pipewire-pulse", "wireplumber"],
};

/// Installs what is missing with apt-get, or says what to install where that is not there.
pub fn require(needs: &[Need]) -> Result<(), Failure> {
    let missing = |need: &&Need| !works(need.probe.0, need.probe.1);
    let gone: Vec<&Need> = needs.iter().filter(missing).collect();
    if gone.is_empty() {
        return Ok(());
    }
    if works("apt-get", &["--version"]) {
        let mut packages: Vec<&str> = gone
            .iter()
            .flat_map(|need| need.packages)
            .copied()
            .collect();
        packages.sort_unstable();
        packages.dedup();
        println!("Installing Debian packages: {}", packages.join(" "));
        install(&packages)?;
    }
    match gone.into_iter().find(missing) {
        None => Ok(()),
        Some(need) => Err(Failure::Missing {
            what: need.what,
            packages: need.packages.join(" "),
        }),
    }
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    // On a fresh machine apt-get does not know yet what there is.
    run(&mut apt_get(&install)).or_else(|_| {
        run(&mut apt_get(&["update"]))?;
        run(&mut apt_get(&install))
    })
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = if works("sh", &["-c", "test \"$(id -u)\" = 0"]) {
        Command::new("apt-get")
    } else {
        let mut command = Command::new("sudo");
        command.arg("apt-get");
        command
    };
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
