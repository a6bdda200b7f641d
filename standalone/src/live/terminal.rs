//! A session in the terminal: redrawn in place and moved by keys, or as plain lines where nobody looks.

mod draw;
mod keys;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Input, KeyEvent, KeyEventKind};
use crossterm::{cursor, execute, terminal as tty};

use super::board::Counts;
use super::{Event, Live};
use crate::cli::LiveArguments;
use crate::failure::Failure;
use crate::say;
use draw::Meters;

/// From one picture to the next.
const FRAME: Duration = Duration::from_millis(80);
/// From one plain line to the next.
const LINE: Duration = Duration::from_secs(5);
/// From one look for something to print to the next; an end that is wanted is noticed at once.
const GLANCE: Duration = Duration::from_millis(250);
/// The same while nothing runs.
const IDLE: Duration = Duration::from_secs(1);

/// Whether somebody wants the program to end.
pub struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Begins to watch, for the thread that calls: it is waked from [`Ending::wait`] and from its sleep
    /// in [`show`].
    pub fn watch() -> Self {
        let wanted = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&wanted);
        // There is no other handler; where the system refuses, Ctrl-C ends the program at once.
        let watching = std::thread::current();
        let _ = ctrlc::set_handler(move || {
            raised.store(true, Ordering::Relaxed);
            watching.unpark();
        });
        Self(wanted)
    }

    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps for so long, or until the end is wanted; tells whether it is.
    pub fn wait(&self, length: Duration) -> bool {
        let until = Instant::now() + length;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.is_wanted() || left.is_zero() {
                return self.is_wanted();
            }
            std::thread::park_timeout(left);
        }
    }
}

/// Shows a session until it is to end.
pub fn show(live: &Live, arguments: &LiveArguments, ending: &Ending) -> Result<(), Failure> {
    let until = arguments.length.map(|length| Instant::now() + length);
    let left = || {
        until.map_or(LINE, |until| {
            until.saturating_duration_since(Instant::now())
        })
    };
    let over = || ending.is_wanted() || left().is_zero();
    let screen = io::stdout().is_terminal() && io::stdin().is_terminal();
    if screen && !arguments.plain && !arguments.quiet {
        draw_until(live, over).map_err(Failure::Print)
    } else {
        print_until(live, arguments.quiet, over, left)
    }
}

/// What is said at the end.
pub fn summary(counts: &Counts) -> String {
    let times = |count: u64, one: &str, many: &str| {
        format!("{count} {}", if count == 1 { one } else { many })
    };
    format!(
        "ended after {}, {}, {}, {}",
        times(counts.hops, "hop", "hops"),
        times(counts.misses, "of them late", "of them late"),
        times(counts.underruns, "gap at an output", "gaps at an output"),
        times(counts.xruns, "xrun", "xruns"),
    )
}

fn print_until(
    live: &Live,
    quiet: bool,
    over: impl Fn() -> bool,
    left: impl Fn() -> Duration,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut meters = Meters::default();
    let mut shown: Vec<String> = Vec::new();
    let mut next = begun;
    while !over() {
        for event in live.events() {
            say::line(&told(&event))?;
        }
        meters.feed(live.board.peaks(), GLANCE);
        let glance = live.board.glance();
        let devices = draw::devices(&glance);
        if shown != devices {
            for line in devices.iter().filter(|line| !shown.contains(line)) {
                say::line(line)?;
            }
            shown = devices;
            // The first figures after a change: there must be some sound.
            next = Instant::now() + Duration::from_secs(1);
        }
        if Instant::now() >= next && !quiet && !glance.idle && !shown.is_empty() {
            say::line(&draw::line(begun.elapsed(), &glance, &meters))?;
            next = Instant::now() + LINE;
        }
        let pause = if glance.idle { IDLE } else { GLANCE };
        std::thread::park_timeout(pause.min(left()));
    }
    for event in live.events() {
        say::line(&told(&event))?;
    }
    Ok(())
}

fn told(event: &Event) -> String {
    let mark = if event.warning { "warning: " } else { "" };
    format!("{mark}{}", event.text)
}

/// The terminal as it was, whatever happens.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        tty::enable_raw_mode()?;
        execute!(io::stdout(), cursor::Hide)?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back.
        let _ = execute!(io::stdout(), cursor::Show);
        let _ = tty::disable_raw_mode();
    }
}

fn draw_until(live: &Live, over: impl Fn() -> bool) -> io::Result<()> {
    let raw = Raw::begin()?;
    let begun = Instant::now();
    let mut meters = Meters::default();
    let (mut drawn, mut before) = (0, (0, 0));
    let mut last = Instant::now();
    let keys = keys();
    while !over() {
        let now = Instant::now();
        meters.feed(live.board.peaks(), now - last);
        last = now;
        // Some say that they have no size.
        let size = tty::size().ok().filter(|size| size.0 > 0 && size.1 > 0);
        let size = size.unwrap_or((80, 24));
        let (width, height) = (usize::from(size.0), usize::from(size.1));
        let glance = live.board.glance();
        let controls = live.board.desk.get();
        // The last cell stays free: some terminals begin a new line in it.
        let cells = width.saturating_sub(1);
        let lines = draw::screen(cells, begun.elapsed(), &glance, &controls, &meters);
        // So does the last line, where the cursor waits: what is taller could not be wiped again.
        let lines = draw::fit(lines, height.saturating_sub(1));
        let mut text = if size == before {
            back(drawn)
        } else if drawn == 0 {
            String::new()
        } else {
            // Lines that no longer fit have been taken apart: nobody knows where the picture is now.
            "\x1b[2J\x1b[H".to_owned()
        };
        before = size;
        for event in live.events() {
            text += &format!("{}\r\n", draw::cut(&told(&event), 4 * width));
        }
        for line in &lines {
            text += &format!("{line}\r\n");
        }
        drawn = lines.len();
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        drop(out);
        if keys::wait(FRAME, &keys, live) {
            break;
        }
    }
    drop(raw);
    Ok(())
}

/// Up by so many lines, and everything below is wiped.
fn back(lines: usize) -> String {
    if lines == 0 {
        String::new()
    } else {
        format!("\x1b[{lines}A\r\x1b[J")
    }
}

/// Keys, read on a thread of their own: where the terminal was closed, the reading never returns, and
/// the program must end all the same.
fn keys() -> mpsc::Receiver<KeyEvent> {
    let (pressed, keys) = mpsc::channel();
    let thread = std::thread::Builder::new().name("limpid-keys".to_owned());
    // Without the thread, Ctrl-C still comes as a signal from elsewhere.
    let _ = thread.spawn(move || {
        while let Ok(event) = event::read() {
            let Input::Key(key) = event else { continue };
            if key.kind != KeyEventKind::Release && pressed.send(key).is_err() {
                return;
            }
        }
    });
    keys
}
