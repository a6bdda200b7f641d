//! `limpid live` on real sound servers: each test starts its own, with devices that are not there.

#![cfg(target_os = "linux")]
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod compare;
mod cost;
mod jack;
mod program;
mod pulse;

#[path = "../support/mod.rs"]
mod support;

mod on_jack;
mod on_pipewire;
mod on_pulse;
mod without_server;
