//! What digital silence costs in threads of our own: `cargo test --release -p limpid --bin limpid silence
//! -- --ignored --nocapture`. The same devices with callbacks that do nothing are measured beside it: a
//! thread that wakes for each block costs that whatever it then does. Nothing is asserted: the figure
//! depends on the machine.

#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tests::{order, start_with, until};
use crate::audio::null::World;
use crate::audio::{Choice, Direction, Health, Stream, Wish};

/// How long it is measured, and after which time nothing is new any more.
const SPAN: Duration = Duration::from_secs(20);
const SETTLING: Duration = Duration::from_secs(8);

/// Seconds of processor time by thread's name, of the threads that a session has.
fn spent() -> BTreeMap<String, f64> {
    let mut spent = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let name = text("comm").trim().to_owned();
        if name.starts_with("limpid-") || name.starts_with("null-") {
            let nanos = text("schedstat");
            let nanos: f64 = nanos
                .split_whitespace()
                .next()
                .and_then(|first| first.parse().ok())
                .unwrap_or(0.0);
            *spent.entry(name).or_insert(0.0) += nanos * 1e-9;
        }
    }
    spent
}

/// Share of a core (%) of each such thread from now on, told; and their sum.
fn measured(what: &str) -> f64 {
    std::thread::sleep(SETTLING);
    let (begun, before) = (Instant::now(), spent());
    std::thread::sleep(SPAN);
    let seconds = begun.elapsed().as_secs_f64();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    let shares: Vec<(String, f64)> = spent()
        .into_iter()
        .map(|(name, after)| {
            let before = before.get(&name).copied().unwrap_or(0.0);
            (name, 100.0 * (after - before) / seconds)
        })
        .collect();
    let sum = shares.iter().map(|(_, share)| share).sum();
    println!("{what}: {sum:.2} % of a core, load average {load}");
    for (name, share) in shares {
        println!("    {share:6.3} %  {name}");
    }
    sum
}

/// What the devices cost alone.
fn bare(world: &World, block: u32) -> f64 {
    let mut system = world.system();
    let mut streams: Vec<Box<dyn Stream>> = Vec::new();
    for direction in [Direction::Input, Direction::Output] {
        let wish = Wish {
            choice: Choice::Default,
            buffer: None,
            channels: Some(1),
        };
        let format = system.prepare(direction, &wish).expect("a device");
        let health = Arc::new(Health::default());
        let stream = match direction {
            Direction::Input => system.open_input(&format, Box::new(|_, _| {}), health),
            Direction::Output => system.open_output(&format, Box::new(|_, _| {}), health),
        };
        let mut stream = stream.expect("a stream");
        stream.play().expect("a thread");
        streams.push(stream);
    }
    measured(&format!("blocks of {block}, the devices alone"))
}

#[test]
#[ignore = "it measures, which takes a while"]
fn silence_costs() {
    for block in [128, 480] {
        let world = World::with_block(block);
        world.mute(true);
        let alone = bare(&world, block);
        let shipped = std::path::Path::new(crate::places::DEFAULT_MODEL);
        let mut order = order(Some(Choice::Default));
        order.safety = None;
        let live = start_with(&world, order, shipped);
        until(&live, "an output", |live| {
            live.board.glance().outputs[0].is_some()
        });
        let whole = measured(&format!("blocks of {block}, digital silence"));
        println!(
            "    {:6.3} %  of it more than the devices alone",
            whole - alone
        );
    }
}
