//! A window that is gone once it is closed.
//!
//! On X11 baseview runs each window on a thread of its own and promises that nothing of it is used any
//! more when its handle has been dropped. Version 0.4.2 does not keep that: it stops the thread's loop,
//! then asks the thread to show the window, and where the thread is quicker than the question it takes
//! the missing answer for a failure and leaves without joining. The thread would then free what it has
//! of X and OpenGL while the host destroys the window round it, or ends: glibc has found the heap
//! corrupted by libEGL's own clean-up, which ran in both at once. So it is waited for here.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nice_plug::editor::EditorHandle;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::prelude::*;
use nice_plug_egui::EguiEditorHandle;
use nice_plug_egui::baseview::{Error, Window};

/// Longer than a window takes to go on the busiest machine. An X server that does not answer must not
/// hold the host up for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// The thread that a window runs on, once it has told.
#[derive(Debug, Clone, Default)]
pub(crate) struct WindowThread(Arc<Mutex<Option<PathBuf>>>);

impl WindowThread {
    /// Called on the thread itself. Elsewhere than on Linux windows have none.
    pub(crate) fn is_this(&self) {
        // `PROCESS/task/THREAD`, there as long as the thread is.
        let task = std::fs::read_link("/proc/thread-self").ok();
        let task = task.map(|task| PathBuf::from("/proc").join(task));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = task;
    }

    fn take(&self) -> Option<PathBuf> {
        (self.0.lock())
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// An open window. Dropping it closes it, and waits until its thread has ended.
pub struct Closing {
    window: Window,
    /// After the window, so that it goes after it.
    _thread: Awaited,
}

impl Closing {
    pub(super) fn new(window: Window, thread: &WindowThread) -> Self {
        Self {
            window,
            _thread: Awaited(thread.take()),
        }
    }
}

struct Awaited(Option<PathBuf>);

impl Drop for Awaited {
    fn drop(&mut self) {
        let Some(task) = &self.0 else { return };
        let begun = Instant::now();
        while task.exists() {
            if begun.elapsed() > PATIENCE {
                nice_warn!("The window's thread still runs {PATIENCE:?} after its closing");
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// nice-plug-egui's handle, for such a window.
pub struct Handle(pub(super) EguiEditorHandle);

impl EditorHandle for Handle {
    type Window = Closing;
    type Error = Error;

    fn run_until_closed(window: Closing) -> Result<(), Error> {
        window.window.run_until_closed()
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Closing) -> Result<(), Error> {
        self.0.set_parent(parent, &window.window)
    }

    fn show(&self, window: &Closing) -> Result<(), Error> {
        self.0.show(&window.window)
    }

    fn hide(&self, window: &Closing) -> Result<(), Error> {
        self.0.hide(&window.window)
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Closing) -> Result<(), Error> {
        self.0.set_size(size, &window.window)
    }

    fn host_main_thread_callback(&self, window: &Closing) {
        self.0.host_main_thread_callback(&window.window);
    }

    fn adjust_size(&self, size: NativeSize<u32>, window: &Closing) -> Option<NativeSize<u32>> {
        self.0.adjust_size(size, &window.window)
    }

    fn set_fallback_scale_factor(&self, factor: f64, window: &Closing) -> Result<(), Error> {
        self.0.set_fallback_scale_factor(factor, &window.window)
    }

    fn on_virtual_key_from_host(
        &self,
        key: VirtualKeyCode,
        is_down: bool,
        modifiers: Modifiers,
    ) -> bool {
        self.0.on_virtual_key_from_host(key, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.0.state_changed();
    }

    fn param_value_changed(&self, id: &str, value: f32) {
        self.0.param_value_changed(id, value);
    }

    fn param_modulation_changed(&self, id: &str, offset: f32) {
        self.0.param_modulation_changed(id, offset);
    }
}
