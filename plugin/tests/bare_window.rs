//! What a window of baseview's with nothing in it leaves behind: the measure for `a_hundred_openings_leave_
//! nothing_behind`. It is run on a display of its own by hand, see CONTRIBUTING.md.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::time::Duration;

use host::Footprint;
use host::screen::{Display, Screen};
use nice_plug_egui::baseview::gl::GlConfig;
use nice_plug_egui::baseview::{
    Event, EventStatus, HandlerError, Window, WindowContext, WindowHandler, WindowSettings,
    WindowSize,
};

const CASE: &str = "LIMPID_TEST_BARE";

/// Draws nothing, with OpenGL.
struct Nothing(WindowContext);

impl WindowHandler for Nothing {
    fn draw(&self) -> Result<(), HandlerError> {
        let gl = self.0.gl_context().expect("OpenGL");
        // SAFETY: the context belongs to this thread, the window's own, and no other has one.
        #[allow(unsafe_code, reason = "a context is made current")]
        unsafe {
            gl.make_current()?;
            gl.swap_buffers()?;
            gl.make_not_current()?;
        }
        Ok(())
    }

    fn resized(&self, _: WindowSize) -> Result<(), HandlerError> {
        Ok(())
    }

    fn on_event(&self, _: Event) -> EventStatus {
        EventStatus::Ignored
    }
}

#[test]
#[ignore = "a measurement"]
fn memory_that_a_hundred_windows_with_nothing_in_them_leave() {
    if std::env::var_os(CASE).is_some() {
        return;
    }
    let display = Display::start();
    let status = std::process::Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--exact", "a_case", "--nocapture", "--ignored"])
        .env("DISPLAY", &display.1)
        .env("MALLOC_ARENA_MAX", "1")
        .env(CASE, "1")
        .status();
    assert!(status.expect("the test again").success());
}

#[test]
#[ignore = "run by the other, on a display of its own"]
fn a_case() {
    if std::env::var_os(CASE).is_none() {
        return;
    }
    // The display starts anew when nobody is left on it.
    let _host = Screen::unseen();
    let mut early = None;
    for opening in 1..=100 {
        let settings = WindowSettings::new().with_gl_config(GlConfig::default());
        let window = Window::create(settings, |context| Ok(Nothing(context))).expect("a window");
        window.show().expect("a window that shows");
        std::thread::sleep(Duration::from_millis(80));
        window.close();
        if opening == 20 {
            std::thread::sleep(Duration::from_millis(500));
            early = Some(Footprint::now());
        }
    }
    std::thread::sleep(Duration::from_millis(500));
    let (early, late) = (early.expect("a footprint"), Footprint::now());
    let each = (late.memory - early.memory) / 80.0;
    println!("{each:.3} MB each; after 20 openings {early:?}, after 100 {late:?}");
}
