//! `limpid live` drawn on a terminal and moved by keys.

use crate::jack::Jack;
use crate::on_jack;
use crate::program::Terminal;
use crate::support::fixture;

/// What hides the cursor, and what shows it.
const HIDDEN: &str = "\x1b[?25l";
const SHOWN: &str = "\x1b[?25h";

fn start(folder: &tempfile::TempDir, jack: &Jack) -> Terminal {
    let live = on_jack::live(folder, jack, &fixture("identity_k1"));
    let terminal = Terminal::start(&live, folder, |command| jack.aim(command));
    terminal.wait_for(0, "to JACK output");
    terminal
}

/// Ends it by keys; it must leave the terminal as it was, with a summary.
#[track_caller]
fn assert_ends(terminal: &mut Terminal, keys: &str) {
    terminal.press(keys);
    let status = terminal.end();
    let drawn = terminal.drawn();
    assert!(status.success(), "{status}: {drawn:?}");
    let (_, last) = drawn.rsplit_once(HIDDEN).expect("a hidden cursor");
    let (_, after) = last.split_once(SHOWN).expect("the cursor again");
    assert!(after.starts_with("ended after"), "{after:?}");
    assert!(after.contains("hops, "), "{after:?}");
}

#[test]
fn keys_move_faders_and_switches_and_end_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("keys", 480);
    let mut terminal = start(&folder, &jack);
    let keys = [
        ("\x1b[A", "fader +1 dB"),
        ("\x1b[B", "fader 0 dB"),
        ("\x1b[C", "fader -60 dB"),
        ("\x1b[D", "fader silent"),
        ("s", "solo voice"),
        ("b", "bypass on"),
        ("l", "link off"),
    ];
    for (key, seen) in keys {
        let before = terminal.drawn().len();
        terminal.press(key);
        terminal.wait_for(before, seen);
    }
    // Nothing was raised, so nothing is said of it.
    terminal.press("r");
    let drawn = terminal.drawn();
    assert!(!drawn.contains("as asked for"), "{drawn:?}");
    // In place: up by as many lines as were drawn, and wiped from there on.
    let lines = drawn.split("A\r\x1b[J").next().expect("a picture");
    let (picture, up) = lines.rsplit_once("\x1b[").expect("the way up");
    let (_, picture) = picture.split_once(HIDDEN).expect("a hidden cursor");
    assert_eq!(picture.matches("\r\n").count().to_string(), up, "{drawn:?}");
    assert_ends(&mut terminal, "q");
}

#[test]
fn ctrl_c_ends_it_with_a_summary() {
    let folder = tempfile::tempdir().expect("a folder");
    let jack = Jack::start("ctrl-c", 480);
    let mut terminal = start(&folder, &jack);
    assert_ends(&mut terminal, "\x03");
}
