//! The enhancer of Limpid: it splits what it hears into the **voice** and the **background**.
//!
//! The engine knows no host, no sound card, no file and no window. What it promises and what it
//! needs is told module by module:
//!
//! | module | promise |
//! |---|---|
//! | [`runtime`] | finds, verifies and loads the ONNX Runtime library, once a process |
//! | [`contract`] | what a model file must say of itself |
//! | [`network`] | one stream of a model: its states, a step |
//! | [`frames`] | analysis and synthesis at any sample rate, with exact latency |
//! | [`enhancer`] | hops in; voice and aligned input out |
//! | [`controls`] | the two faders and what stands around them, as numbers and as text |
//! | [`realtime`] | the audio thread's half and the worker's half, with a stated latency |
//! | [`priority`] | asks the system to prefer a worker to ordinary programs |
//! | [`denormals`] | keeps numbers too small to hear from costing time |
//! | [`meters`] | what a window may show |
//!
//! Words: a *block* is what a host hands over, a *hop* is how far the network advances, a *frame*
//! is the window that it sees, *latency* is counted in samples from input to output.

// Only a nightly compiler knows the sanitizer; see `tests/realtime_sanitized.rs`.
#![cfg_attr(rtsan, feature(sanitize))]

pub mod contract;
pub mod controls;
pub mod denormals;
mod digest;
pub mod enhancer;
pub mod frames;
pub mod meters;
pub mod network;
pub mod priority;
pub mod realtime;
pub mod runtime;
