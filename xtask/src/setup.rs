//! `cargo xtask setup`: everything that a program needs and cargo does not fetch.

mod library;
mod system;

pub use system::{ARDOUR, DISPLAY, HEADERS, Need, SOUND_TOOLS, VENV};
#[cfg(target_os = "linux")]
pub use system::{PIPEWIRE, SERVERS};

use crate::failure::Failure;

/// Fetches what is missing, and says what it does. Doing it again does nothing.
pub fn run() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    require(&[system::SOUND])?;
    library::fetch()
}

/// Installs whichever of `needs` is missing, where that can be done.
pub fn require(needs: &[Need]) -> Result<(), Failure> {
    system::require(needs)
}
