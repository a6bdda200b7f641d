//! `limpid live` on real sound servers: each test starts its own, with devices that are not there.

#![cfg(target_os = "linux")]
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod compare;
mod cost;
mod jack;
mod latency;
mod program;
mod pulse;
mod rtkit;
mod soak;

#[path = "../support/mod.rs"]
mod support;

mod on_alsa;
mod on_devices;
mod on_jack;
mod on_login;
mod on_pactl;
mod on_pipewire;
mod on_pulse;
mod on_rtkit;
mod on_terminal;
mod without_server;
