//! What the plugin costs, measured by playing at the real rate. Nothing is asserted: run it alone on a
//! quiet machine, with `cargo test --release -p limpid-plugin --test cost -- --ignored --nocapture` and the name
//! of a test, `instances` or `window`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::time::{Duration, Instant};

use host::desk::{instance, on_a_display, play, run_case};
use host::screen::Screen;
use host::{Bundle, Clap, Format, Host, Play, Vst3, blocks, speech};

const RATE: u32 = 48_000;
const BLOCK: usize = 128;
const SECONDS: usize = 10;

/// Processor time of this process, all threads, in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("times");
    let after_name = stat.rsplit(')').next().expect("fields");
    let ticks = |n: usize| -> f64 {
        let field = after_name.split_whitespace().nth(n).expect("a field");
        field.parse().expect("ticks")
    };
    // utime and stime, in hundredths of a second on every Linux.
    (ticks(11) + ticks(12)) / 100.0
}

/// Resident memory of this process in MB.
fn memory() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("memory");
    let resident = pages.split(' ').nth(1).and_then(|n| n.parse().ok());
    resident.map_or(f64::NAN, |pages: f64| pages * 4096.0 / 1e6)
}

/// Hops of 10 ms that are not what a render gives: those that were missed, and those in which the
/// enhanced sound comes back after a miss.
fn missed(played: &[f32], rendered: &[f32], latency: usize) -> usize {
    let hop = RATE as usize / 100;
    let [played, rendered] = [played, rendered].map(|all| all[latency..].chunks(hop));
    played.zip(rendered).filter(|(a, b)| a != b).count()
}

#[test]
#[ignore = "a measurement of a minute"]
fn processor_time_memory_and_misses_of_1_8_and_16_instances() {
    let library = Clap::load(&Bundle::shared(Format::Clap).plugin);
    let input = speech(SECONDS * RATE as usize);
    let mut rendering = Clap::new(&library, Play::offline(RATE, BLOCK));
    let latency = rendering.latency();
    let rendered = rendering.run(&[input.clone(), input.clone()], &[], blocks(BLOCK));
    drop(rendering);
    let load = std::fs::read_to_string("/proc/loadavg").expect("a load");
    println!("load average {}", load.trim());
    for count in [1, 8, 16] {
        let play = Play::real_time(RATE, BLOCK);
        let mut hosts: Vec<Clap> = (0..count).map(|_| Clap::new(&library, play)).collect();
        let mut outputs = vec![Vec::with_capacity(input.len()); count];
        let (begun, before) = (Instant::now(), processor_time());
        for (i, block) in input.chunks_exact(BLOCK).enumerate() {
            for (host, output) in hosts.iter_mut().zip(&mut outputs) {
                let played = host.run(&[block.to_vec(), block.to_vec()], &[], blocks(BLOCK));
                output.extend_from_slice(&played[0]);
            }
            let due = begun + Duration::from_secs_f64((i * BLOCK) as f64 / f64::from(RATE));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let spent = processor_time() - before;
        let share = 100.0 * spent / begun.elapsed().as_secs_f64();
        let memory = memory();
        let misses = outputs.iter().map(|o| missed(o, &rendered[0], latency));
        let (misses, hops) = (misses.sum::<usize>(), count * SECONDS * 100);
        println!(
            "{count:2} stereo instances, 48 kHz / {BLOCK}: {share:.1} % of a core, {memory:.0} MB in all, \
             {misses} of {hops} hops not as in a render"
        );
    }
}

#[test]
#[ignore = "a measurement of half a minute, in each format"]
fn time_to_the_window_s_first_frame_and_processor_time_while_it_is_open() {
    on_a_display::<Clap>("window");
    on_a_display::<Vst3>("window");
}

#[test]
#[ignore = "run by the other, on a display of its own"]
fn a_case() {
    run_case(|_| window::<Clap>(), |_| window::<Vst3>());
}

/// The display has no graphics card: what draws is Mesa's software renderer, in this process.
fn window<H: Host>() {
    let screen = Screen::new();
    let mut host: H = instance("cost", Play::real_time(RATE, BLOCK));
    let mut times: Vec<Duration> = (0..10).map(|_| first_frame(&screen, &mut host)).collect();
    times.sort_unstable();
    let [closed, idle, sounding] =
        [(false, false), (true, false), (true, true)].map(|(open, sounds)| {
            if open {
                host.open_window(screen.window);
            }
            // So that nothing of the opening is in it.
            std::thread::sleep(Duration::from_secs(1));
            let (begun, before) = (Instant::now(), processor_time());
            if sounds || !open {
                play(&mut host, SECONDS as f64);
            } else {
                std::thread::sleep(Duration::from_secs(SECONDS as u64));
            }
            let share = 100.0 * (processor_time() - before) / begun.elapsed().as_secs_f64();
            if open {
                host.close_window();
            }
            share
        });
    let load = std::fs::read_to_string("/proc/loadavg").expect("a load");
    println!("load average {}", load.trim());
    println!(
        "{:?}: first frame after {:.0} ms (median of 10, longest {:.0} ms); of a core while it plays {closed:.1} % \
         without the window, {sounding:.1} % with it; {idle:.1} % with it while nothing plays",
        H::FORMAT,
        times[5].as_secs_f64() * 1e3,
        times[9].as_secs_f64() * 1e3,
    );
}

/// From the host's wish to the first pixel that is not black.
fn first_frame<H: Host>(screen: &Screen, host: &mut H) -> Duration {
    let begun = Instant::now();
    host.open_window(screen.window);
    while screen.picture(64, 64).iter().all(|pixel| *pixel == [0; 3]) {
        host.idle();
        std::thread::sleep(Duration::from_millis(1));
    }
    let time = begun.elapsed();
    host.close_window();
    time
}
