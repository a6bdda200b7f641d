//! The editor as the host sees it: a window that opens in the size and scale that the session has.
//!
//! nice-plug's editor is made before a session is loaded, and its size cannot be changed afterwards
//! but by the user. So it is made anew for an opening whenever the session says something else.

mod closing;

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use limpid_panel::{Appearance, LARGEST_SIZE, SMALLEST_SIZE};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, Size};
use nice_plug::editor::{HostMethods, SpawnedEditor};
use nice_plug::prelude::*;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, RepaintNotifier, create_egui_editor,
};

use crate::librarian::Wish;
use crate::parameters::LimpidParameters;
use crate::stream::StreamHandle;
use crate::window::Window;

pub(crate) use closing::WindowThread;
use closing::{Closing, Handle};

/// How often nice-plug-egui looks whether somebody asks for a frame: practically never. It would find its
/// own first request within 16 ms, before a host that takes longer shows the window. baseview 0.4.2 then
/// asks the display to tell when it may draw, without having signed on for the answer, and asks for nothing
/// further until that comes: the window would stay black for ever. The panel needs nobody to ask for it,
/// it asks for its next frame with each.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// What every window needs of the plugin.
#[derive(Clone)]
pub(crate) struct Plugged {
    pub(crate) parameters: Arc<LimpidParameters>,
    pub(crate) stream: Arc<StreamHandle>,
    pub(crate) wish: Arc<Wish>,
}

/// Makes windows.
pub struct LimpidEditor {
    plugged: Plugged,
    made: Mutex<Made>,
}

struct Made {
    editor: EguiEditor<Window>,
    state: Arc<EguiEditorState>,
    /// Whether a window has told its size in pixels; until then it is computed.
    measured: Arc<AtomicBool>,
    thread: WindowThread,
}

impl Made {
    fn new(plugged: &Plugged) -> Option<Self> {
        let (size, scale) = wanted(plugged);
        let state = EguiEditorState::from_size(size, scale);
        let measured = Arc::new(AtomicBool::new(false));
        let thread = WindowThread::default();
        let logical = |[width, height]: [f32; 2]| LogicalSize::new(width, height);
        let hint = ResizeHint::RESIZABLE
            .with_min_max_logical_size(Some(logical(SMALLEST_SIZE)), Some(logical(LARGEST_SIZE)));
        let editor = create_egui_editor(
            Arc::clone(&state),
            RepaintNotifier::new(),
            EguiNiceSettings::new()
                .with_tile("Limpid")
                .with_repaint_poll_interval(NEVER)
                .with_resize_hint(hint),
            Window::new(plugged.clone(), Arc::clone(&measured), thread.clone()),
        )?;
        Some(Self {
            editor,
            state,
            measured,
            thread,
        })
    }
}

/// Size in points and scale that the session has.
fn wanted(plugged: &Plugged) -> (Size, f32) {
    let look = plugged.parameters.look.get();
    let [width, height] = look.size().map(f64::from);
    let size = Size::Logical(LogicalSize::new(width, height));
    (size, Appearance::from(look).scale)
}

impl LimpidEditor {
    pub(crate) fn new(plugged: Plugged) -> Option<Self> {
        let made = Mutex::new(Made::new(&plugged)?);
        Some(Self { plugged, made })
    }

    /// The editor, made anew if no window is open and the session has another size or scale.
    fn made(&self) -> MutexGuard<'_, Made> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = (made.state.size(), made.state.user_scale_factor());
        if !made.state.is_open()
            && stands != wanted(&self.plugged)
            && let Some(other) = Made::new(&self.plugged)
        {
            *made = other;
        }
        made
    }
}

impl Editor for LimpidEditor {
    type Handle = Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let made = self.made();
        let SpawnedEditor { handle, window } = made.editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )?;
        Ok(SpawnedEditor {
            handle: Handle(handle),
            window: Closing::new(window, &made.thread),
        })
    }

    fn size(&self) -> NativeSize<u32> {
        let made = self.made();
        if made.measured.load(Ordering::Relaxed) {
            return made.editor.size();
        }
        // nice-plug's leaves the scale out as long as no window has been open.
        let scale = made.state.user_scale_factor();
        let size = made.state.logical_size();
        let size = LogicalSize::new(size.width * scale, size.height * scale);
        NativeSize::from_size(size.into(), 1.0)
    }

    fn resize_hint(&self) -> ResizeHint {
        self.made().editor.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.made().editor.track_info_updated(info);
    }
}
