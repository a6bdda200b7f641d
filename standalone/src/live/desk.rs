//! Where the faders stand, for callbacks that must not wait.

use std::sync::atomic::{AtomicU32, Ordering};

use limpid_engine::controls::{Controls, Solo};

/// The controls, each in an atomic of its own: one is moved at a time, by hand.
#[derive(Debug)]
pub struct Desk {
    /// Bits of `f32`s.
    voice: AtomicU32,
    background: AtomicU32,
    /// Solo in the lowest two bits, then link, then bypass.
    switches: AtomicU32,
}

impl Desk {
    pub fn new(controls: &Controls) -> Self {
        let desk = Self {
            voice: AtomicU32::new(0),
            background: AtomicU32::new(0),
            switches: AtomicU32::new(0),
        };
        desk.set(controls);
        desk
    }

    pub fn set(&self, controls: &Controls) {
        let solo = match controls.solo {
            Solo::None => 0,
            Solo::Voice => 1,
            Solo::Background => 2,
        };
        let switches = solo | u32::from(controls.link) << 2 | u32::from(controls.bypass) << 3;
        self.voice
            .store(controls.voice_db.to_bits(), Ordering::Relaxed);
        self.background
            .store(controls.background_db.to_bits(), Ordering::Relaxed);
        self.switches.store(switches, Ordering::Relaxed);
    }

    pub fn get(&self) -> Controls {
        let switches = self.switches.load(Ordering::Relaxed);
        Controls {
            voice_db: f32::from_bits(self.voice.load(Ordering::Relaxed)),
            background_db: f32::from_bits(self.background.load(Ordering::Relaxed)),
            solo: match switches & 3 {
                1 => Solo::Voice,
                2 => Solo::Background,
                _ => Solo::None,
            },
            link: switches & 4 != 0,
            bypass: switches & 8 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_got() {
        let desk = Desk::new(&Controls::default());
        assert_eq!(desk.get(), Controls::default());
        for solo in Solo::ALL {
            let controls = Controls {
                voice_db: 3.0,
                background_db: -18.0,
                solo,
                link: false,
                bypass: true,
            };
            desk.set(&controls);
            assert_eq!(desk.get(), controls);
        }
    }
}
