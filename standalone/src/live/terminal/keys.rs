//! What keys do.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use limpid_engine::controls::{Controls, Solo, fader};

use crate::live::{Command, Live};

/// What the bottom line says.
pub(super) const HELP: &str =
    "up/down voice · left/right background · s solo · b bypass · l link · q quit";

/// A step of a fader in dB.
const STEP: f32 = 1.0;
/// The lowest step before silence.
const LOWEST: f32 = -60.0;

/// Takes keys for a while; tells whether it is to end.
pub(super) fn wait(patience: Duration, keys: &mpsc::Receiver<KeyEvent>, live: &Live) -> bool {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let key = match keys.recv_timeout(left) {
            Ok(key) => key,
            Err(mpsc::RecvTimeoutError::Timeout) => return false,
            // No more keys: the terminal may still be looked at.
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                std::thread::sleep(left);
                return false;
            }
        };
        let desk = &live.board.desk;
        match press(&key, &desk.get()) {
            Pressed::End => return true,
            Pressed::Set(controls) => desk.set(&controls),
            Pressed::Reset => live.tell(Command::Reset),
            Pressed::Nothing => {}
        }
    }
}

#[derive(Debug, PartialEq)]
enum Pressed {
    Set(Controls),
    /// The safety as it was asked for.
    Reset,
    End,
    Nothing,
}

fn press(key: &KeyEvent, now: &Controls) -> Pressed {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let mut next = *now;
    match key.code {
        KeyCode::Char('c' | 'd') if control => return Pressed::End,
        KeyCode::Char('q') | KeyCode::Esc => return Pressed::End,
        KeyCode::Char('r') => return Pressed::Reset,
        KeyCode::Up => next.voice_db = step(now.voice_db, STEP),
        KeyCode::Down => next.voice_db = step(now.voice_db, -STEP),
        KeyCode::Right => next.background_db = step(now.background_db, STEP),
        KeyCode::Left => next.background_db = step(now.background_db, -STEP),
        KeyCode::Char('s') => {
            next.solo = match now.solo {
                Solo::None => Solo::Voice,
                Solo::Voice => Solo::Background,
                Solo::Background => Solo::None,
            }
        }
        KeyCode::Char('b') => next.bypass = !now.bypass,
        KeyCode::Char('l') => next.link = !now.link,
        _ => return Pressed::Nothing,
    }
    Pressed::Set(next)
}

/// A fader moved by `by` dB: below the lowest step lies silence, and above silence the lowest step.
fn step(db: f32, by: f32) -> f32 {
    if db < LOWEST {
        return if by > 0.0 { LOWEST } else { fader::SILENT };
    }
    let next = db.round() + by;
    if next < LOWEST {
        fader::SILENT
    } else {
        fader::nearest(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, now: &Controls) -> Controls {
        match press(&KeyEvent::new(code, KeyModifiers::NONE), now) {
            Pressed::Set(controls) => controls,
            other => panic!("{code:?} gives {other:?}"),
        }
    }

    #[test]
    fn arrows_move_faders_between_silence_and_their_end() {
        let begun = Controls::default();
        let louder = pressed(KeyCode::Up, &begun);
        assert_eq!(louder.voice_db, 1.0);
        let some = pressed(KeyCode::Right, &begun);
        assert_eq!(some.background_db, LOWEST);
        let none = pressed(KeyCode::Left, &some);
        assert_eq!(none.background_db, fader::SILENT);
        let mut highest = begun;
        for _ in 0..100 {
            highest = pressed(KeyCode::Up, &highest);
        }
        assert_eq!(highest.voice_db, 12.0);
    }

    #[test]
    fn letters_throw_switches_and_back() {
        let begun = Controls::default();
        for letter in ['b', 'l'] {
            let thrown = pressed(KeyCode::Char(letter), &begun);
            assert_ne!(thrown, begun);
            assert_eq!(pressed(KeyCode::Char(letter), &thrown), begun);
        }
        let mut solo = begun;
        for expected in [Solo::Voice, Solo::Background, Solo::None] {
            solo = pressed(KeyCode::Char('s'), &solo);
            assert_eq!(solo.solo, expected);
        }
    }

    #[test]
    fn r_brings_the_safety_back() {
        let r = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::NONE);
        assert_eq!(press(&r, &Controls::default()), Pressed::Reset);
    }

    #[test]
    fn ctrl_c_and_q_end() {
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(press(&control, &Controls::default()), Pressed::End);
        let q = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(press(&q, &Controls::default()), Pressed::End);
    }
}
