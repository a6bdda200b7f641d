//! Hours of two clocks that disagree, without waiting for them.
//!
//! Input and output are called at the moments at which their devices would call, each late by
//! some jitter. What goes in is a slow circle (cosine and sine on two channels), so that each frame
//! that comes out says by its angle when it went in.

#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

use std::f64::consts::TAU;
use std::time::Duration;

use super::{Gauge, Intake, Outlet, Plan, bridge};

/// Turns of the circle a second; latencies are known modulo its period.
const TURNS: f64 = 5.0;

struct World {
    plan: Plan,
    /// How much faster the input's clock runs than it says, at a moment in seconds.
    drift: fn(f64) -> f64,
    /// Longest delay of a callback in seconds.
    jitter: f64,
    noise: u64,
    intake: Intake,
    outlet: Outlet,
    gauge: std::sync::Arc<Gauge>,
    /// Frames of the input, the moment of the next delivery, and the seconds that it has heard.
    frames: u64,
    given: Vec<f32>,
    next_in: f64,
    next_out: f64,
    /// Set while a side does not call.
    input_stands: bool,
    /// Set while zeros are delivered.
    muted: bool,
}

/// One look at what came out.
#[derive(Clone, Copy)]
struct Look {
    /// Seconds from a frame delivered, to the moment of the output's call, without jitter.
    latency: f64,
    loudness: f64,
}

impl World {
    fn new(plan: Plan, drift: fn(f64) -> f64, jitter: f64) -> Self {
        let (intake, outlet, gauge) = bridge(plan).expect("a bridge");
        Self {
            plan,
            drift,
            jitter,
            noise: 88_172_645_463_325_252,
            intake,
            outlet,
            gauge,
            frames: 0,
            given: Vec::new(),
            next_in: 0.0,
            // The phase between both sides is anything.
            next_out: 0.0037,
            input_stands: false,
            muted: false,
        }
    }

    fn late(&mut self) -> f64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.jitter * (self.noise >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Runs until `end` in seconds; tells of each block of output.
    fn run(&mut self, end: f64, mut see: impl FnMut(f64, Look)) {
        let mut taken = vec![0.0f32; 2 * self.plan.out_block];
        let (mut in_late, mut out_late) = (self.late(), self.late());
        while self.next_out < end {
            if self.next_in + in_late <= self.next_out + out_late {
                self.deliver(self.next_in + in_late);
                in_late = self.late();
                continue;
            }
            let now = self.next_out;
            let at = Duration::from_secs_f64(now + out_late);
            out_late = self.late();
            self.outlet.pull(&mut taken, at);
            see(now, self.look(&taken));
            self.next_out = now + self.plan.out_block as f64 / f64::from(self.plan.out_rate);
        }
    }

    fn deliver(&mut self, at: f64) {
        let rate = f64::from(self.plan.in_rate);
        let block = self.frames..self.frames + self.plan.in_block as u64;
        self.given.clear();
        for frame in block.clone() {
            let angle = TAU * TURNS * frame as f64 / rate;
            let sound = [angle.cos() as f32, angle.sin() as f32];
            self.given.extend(if self.muted { [0.0; 2] } else { sound });
        }
        if !self.input_stands {
            self.intake.push(&self.given, Duration::from_secs_f64(at));
        }
        self.frames = block.end;
        let true_rate = rate * (1.0 + (self.drift)(self.next_in));
        self.next_in += self.plan.in_block as f64 / true_rate;
    }

    /// The first frame of a block: how long ago it was delivered, on the input's own clock.
    fn look(&self, block: &[f32]) -> Look {
        let (x, y) = (f64::from(block[0]), f64::from(block[1]));
        let rate = f64::from(self.plan.in_rate);
        // What the input has heard up to now: the frames delivered, and those since.
        let delivered = self.next_in - self.plan.in_block as f64 / rate;
        let heard = self.frames as f64 / rate + self.next_out - delivered;
        let behind = heard - y.atan2(x) / TAU / TURNS;
        Look {
            latency: behind.rem_euclid(1.0 / TURNS),
            loudness: x.hypot(y),
        }
    }
}

fn plan(in_rate: u32, in_block: usize, out_rate: u32, out_block: usize) -> Plan {
    Plan {
        in_rate,
        out_rate,
        channels: 2,
        in_block,
        out_block,
        safety: Duration::from_millis(5),
    }
}

/// Largest and effective deviation from the mean, in ms, and the swing of the pitch in ppm.
struct Steadiness {
    mean: f64,
    most: f64,
    rms: f64,
    swing: f64,
}

/// Looks at a world from `from` to `to` seconds.
fn steadiness(world: &mut World, from: f64, to: f64) -> Steadiness {
    world.run(from, |_, _| {});
    let mut latencies = Vec::new();
    let gauge = std::sync::Arc::clone(&world.gauge);
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    world.run(to, |_, look| {
        latencies.push(look.latency * 1000.0);
        lowest = lowest.min(gauge.drift_ppm());
        highest = highest.max(gauge.drift_ppm());
    });
    let count = latencies.len() as f64;
    let mean = latencies.iter().sum::<f64>() / count;
    let deviations = latencies.iter().map(|x| x - mean);
    Steadiness {
        mean,
        most: deviations.clone().map(f64::abs).fold(0.0, f64::max),
        rms: (deviations.map(|d| d * d).sum::<f64>() / count).sqrt(),
        swing: highest - lowest,
    }
}

#[track_caller]
fn assert_steady(plan: Plan, seconds: f64, drift: fn(f64) -> f64) {
    let mut world = World::new(plan, drift, 0.002);
    // The first minute finds the drift, which moves the pitch once; the latency holds all the time.
    let first = steadiness(&mut world, 2.0, 60.0);
    let mut seen = steadiness(&mut world, 60.0, seconds);
    let apart = (first.mean - seen.mean).abs();
    seen.most = seen.most.max(first.most + apart);
    println!(
        "{} Hz/{} to {} Hz/{}: {:.2} ms, off by {:.2} at most from the second second on, {:.2} rms, \
         {:.0} ppm, in the first minute {:.0} ppm",
        plan.in_rate,
        plan.in_block,
        plan.out_rate,
        plan.out_block,
        seen.mean,
        seen.most,
        seen.rms,
        seen.swing,
        first.swing
    );
    assert_eq!(world.gauge.underruns() + world.gauge.set_right(), 0);
    assert_eq!(world.gauge.lost(), 0);
    assert!(seen.most < 1.5, "off by {} ms", seen.most);
    assert!(seen.rms < 0.7, "{} ms rms", seen.rms);
    // One cent is 578 ppm; the ear begins to hear at about five.
    assert!(seen.swing < 289.0, "the pitch moves by {} ppm", seen.swing);
    assert!(
        first.swing < 1156.0,
        "the pitch moves by {} ppm",
        first.swing
    );
    let told = world.gauge.latency().expect("a latency").as_secs_f64() * 1000.0;
    assert!(
        (told - seen.mean).abs() < 1.5,
        "told {told}, is {}",
        seen.mean
    );
}

#[test]
fn ten_minutes_of_a_fast_input_stay_in_step() {
    assert_steady(plan(48_000, 480, 48_000, 480), 600.0, |_| 300e-6);
}

#[test]
fn ten_minutes_of_a_slow_input_stay_in_step() {
    assert_steady(plan(48_000, 480, 48_000, 480), 600.0, |_| -300e-6);
}

#[test]
fn other_rates_and_blocks_stay_in_step() {
    assert_steady(plan(44_100, 441, 48_000, 480), 150.0, |_| 50e-6);
    assert_steady(plan(16_000, 320, 44_100, 256), 150.0, |_| -100e-6);
    assert_steady(plan(48_000, 128, 48_000, 128), 150.0, |_| 20e-6);
}

#[test]
fn eight_hours_of_clocks_that_wander_lose_nothing_and_are_no_later_in_the_end() {
    const HOUR: f64 = 3600.0;
    // Crystals that warm up and cool down: 150 ppm apart, and 60 ppm up and down each hour.
    let drift = |t: f64| 150e-6 + 60e-6 * (TAU * t / HOUR).sin();
    // At a low rate, as the clocks do not care and the test ends sooner.
    let mut world = World::new(plan(1_000, 20, 1_000, 20), drift, 0.002);
    let first = steadiness(&mut world, 60.0, 360.0);
    world.run(8.0 * HOUR - 300.0, |_, _| {});
    let last = steadiness(&mut world, 8.0 * HOUR - 300.0, 8.0 * HOUR);
    println!(
        "{:.2} ms at first, {:.2} ms after 8 hours",
        first.mean, last.mean
    );
    assert_eq!(world.gauge.underruns() + world.gauge.set_right(), 0);
    assert_eq!(world.gauge.lost(), 0);
    assert!((first.mean - last.mean).abs() < 0.5);
    assert!(last.most < 1.5, "off by {} ms", last.most);
}

#[test]
fn an_input_that_stops_fades_out_and_comes_back_as_late_as_before() {
    let mut world = World::new(plan(48_000, 480, 48_000, 480), |_| 0.0, 0.001);
    let before = steadiness(&mut world, 5.0, 8.0).mean;
    world.input_stands = true;
    world.run(8.5, |_, _| {});
    assert_eq!(world.gauge.underruns(), 1);
    world.run(9.0, |_, look| assert!(look.loudness < 1e-6));
    world.input_stands = false;
    let after = steadiness(&mut world, 9.5, 12.0).mean;
    assert_eq!(world.gauge.underruns(), 1);
    assert!((before - after).abs() < 1.5, "{before}, then {after}");
}

#[test]
fn an_output_that_stops_comes_back_as_late_as_before_and_without_a_step() {
    let mut world = World::new(plan(48_000, 480, 48_000, 480), |_| 0.0, 0.001);
    let before = steadiness(&mut world, 5.0, 8.0).mean;
    // It does not call for 200 ms, which the ring holds.
    world.next_out += 0.2;
    let mut previous: Option<f64> = None;
    world.run(12.0, |_, look| {
        let step = previous.map_or(0.0, |p: f64| (p - look.loudness).abs());
        previous = Some(look.loudness);
        assert!(step < 2.0);
        assert!(look.loudness <= 1.01);
    });
    let after = steadiness(&mut world, 12.0, 14.0).mean;
    assert_eq!(world.gauge.set_right(), 1);
    assert_eq!(world.gauge.underruns(), 0);
    assert!((before - after).abs() < 1.5, "{before}, then {after}");
}

#[test]
fn digital_silence_costs_no_resampling_and_the_sound_after_it_is_as_late_as_before() {
    for (in_rate, in_block) in [(48_000, 480), (44_100, 441)] {
        let mut world = World::new(plan(in_rate, in_block, 48_000, 480), |_| 300e-6, 0.001);
        let before = steadiness(&mut world, 60.0, 65.0).mean;
        world.muted = true;
        world.run(66.0, |_, _| {});
        let resampled = world.outlet.resampled;
        world.run(300.0, |_, look| assert_eq!(look.loudness, 0.0));
        assert_eq!(world.outlet.resampled, resampled);
        world.muted = false;
        let after = steadiness(&mut world, 301.0, 306.0);
        assert!(world.outlet.resampled > resampled);
        assert_eq!(world.gauge.underruns() + world.gauge.set_right(), 0);
        assert!(after.most < 1.5, "off by {} ms", after.most);
        assert!(
            (before - after.mean).abs() < 0.5,
            "{before}, then {}",
            after.mean
        );
    }
}

#[test]
fn nothing_is_given_out_before_the_input_delivers() {
    let (_, mut outlet, gauge) = bridge(plan(48_000, 480, 48_000, 480)).expect("a bridge");
    let mut out = vec![1.0; 960];
    for block in 0..100 {
        outlet.pull(&mut out, Duration::from_millis(10 * block));
        assert!(out.iter().all(|x| *x == 0.0));
    }
    assert_eq!(gauge.underruns(), 0);
    assert_eq!(gauge.latency(), None);
}

#[test]
fn an_output_that_fills_its_device_first_takes_no_safety_for_it() {
    for blocks in [1, 2] {
        let mut plan = plan(48_000, 480, 48_000, 960);
        plan.safety = Duration::from_millis(20);
        let mut world = World::new(plan, |_| 0.0, 0.001);
        // Some sound, then all that the device holds, asked for at once.
        world.run(0.1, |_, _| {});
        let mut out = vec![0.0; 2 * 480];
        let at = Duration::from_secs_f64(world.next_out);
        for _ in 0..blocks {
            world.outlet.pull(&mut out, at);
        }
        let after = steadiness(&mut world, 4.0, 8.0);
        let told = world.gauge.latency().expect("a latency").as_secs_f64() * 1000.0;
        let wanted = plan.target() * 1000.0 + 1.3;
        println!(
            "{blocks} blocks at first: {:.1} ms, target {wanted:.1}",
            after.mean
        );
        assert!(
            (after.mean - wanted).abs() < 3.5,
            "{} of {wanted} ms",
            after.mean
        );
        assert!(
            (told - after.mean).abs() < 1.5,
            "told {told}, is {}",
            after.mean
        );
        assert_eq!(world.gauge.underruns(), 0);
        assert!(world.gauge.set_right() <= 1);
    }
}

#[test]
fn an_output_that_asks_for_two_blocks_at_once_is_not_chased() {
    let mut plan = plan(48_000, 480, 48_000, 960);
    plan.safety = Duration::from_millis(10);
    let (mut intake, mut outlet, gauge) = bridge(plan).expect("a bridge");
    let mut out = vec![0.0; 960];
    let ms = Duration::from_millis;
    for turn in 0..1000u64 {
        for half in [0, 10] {
            intake.push(&[0.25; 960], ms(20 * turn + half));
        }
        // Both blocks of a turn in one moment.
        outlet.pull(&mut out, ms(20 * turn + 13));
        outlet.pull(&mut out, ms(20 * turn + 13));
        assert!(gauge.drift_ppm().abs() < 300.0, "{} ppm", gauge.drift_ppm());
    }
    assert_eq!(gauge.underruns() + gauge.set_right(), 0);
}
