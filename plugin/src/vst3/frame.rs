//! The host's frame round a window, as nice-plug is given it on Linux.
//!
//! nice-plug 0.4.2 signs on with the host's loop for each opening and never signs off (its own words in
//! `wrapper/vst3/view.rs`: "This drop method never actually gets called"): the object that is called
//! back holds a reference to itself. Each opening would leave a quarter of a megabyte and two sockets
//! behind. Here it gets a frame of ours in place of the host's, which knows who has signed on, and lets
//! go of that reference when the host takes the frame away.

use std::cell::RefCell;
use std::sync::OnceLock;

use nice_plug::wrapper::vst3::Wrapper;
use nice_plug::wrapper::vst3::vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{IEditController, IEditControllerVtbl};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewVtbl, ViewRect, kInvalidArgument,
    tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::Mended;
use crate::Limpid;

/// The host's frame and loop, and who has signed on.
struct Frame {
    host: ComPtr<IPlugFrame>,
    run_loop: ComPtr<IRunLoop>,
    handlers: RefCell<Vec<*mut IEventHandler>>,
}

thread_local! {
    /// Frames in use, by the window that they are round: windows belong to the host's main thread.
    static FRAMES: RefCell<Vec<(*mut IPlugView, ComWrapper<Frame>)>> =
        const { RefCell::new(Vec::new()) };
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl Frame {
    /// `None` when the host has no loop to sign on with.
    fn round(host: ComRef<'_, IPlugFrame>) -> Option<ComWrapper<Self>> {
        let run_loop = host.cast::<IRunLoop>()?;
        Some(ComWrapper::new(Self {
            host: host.to_com_ptr(),
            run_loop,
            handlers: RefCell::default(),
        }))
    }

    /// Signs everybody off and lets go of what nice-plug has left held.
    fn end(&self) {
        for handler in self.handlers.take() {
            // SAFETY: it has signed on and not off, so the reference that it holds to itself keeps it
            // alive; that one is given back here, once, as nice-plug would in its place.
            unsafe {
                self.run_loop.unregisterEventHandler(handler);
                drop(ComPtr::from_raw(handler));
            }
        }
    }
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: handed on as it came.
        unsafe { self.host.resizeView(view, size) }
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(
        &self,
        handler: *mut IEventHandler,
        fd: FileDescriptor,
    ) -> tresult {
        self.handlers.borrow_mut().push(handler);
        // SAFETY: handed on as it came.
        unsafe { self.run_loop.registerEventHandler(handler, fd) }
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        self.handlers.borrow_mut().retain(|known| *known != handler);
        // SAFETY: handed on as it came; a host does not mind one that has signed off.
        unsafe { self.run_loop.unregisterEventHandler(handler) }
    }

    unsafe fn registerTimer(&self, handler: *mut ITimerHandler, every: TimerInterval) -> tresult {
        // SAFETY: handed on as it came.
        unsafe { self.run_loop.registerTimer(handler, every) }
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        // SAFETY: handed on as it came.
        unsafe { self.run_loop.unregisterTimer(handler) }
    }
}

static CONTROLLER: OnceLock<Mended<IEditControllerVtbl>> = OnceLock::new();
static VIEW: OnceLock<Mended<IPlugViewVtbl>> = OnceLock::new();

/// Gives an instance that nobody has seen yet windows that are mended.
pub(super) fn mend(wrapper: &ComWrapper<Wrapper<Limpid>>) {
    let Some(controller) = wrapper.as_com_ref::<IEditController>() else {
        return;
    };
    let controller = controller.as_ptr();
    // SAFETY: as for the processor in `super::mend`.
    unsafe {
        let table = CONTROLLER
            .get_or_init(|| Mended::of((*controller).vtbl, |table| table.createView = create_view));
        (*controller).vtbl = &raw const table.mended;
    }
}

unsafe extern "system" fn create_view(
    this: *mut IEditController,
    name: FIDString,
) -> *mut IPlugView {
    let Some(table) = CONTROLLER.get() else {
        return std::ptr::null_mut();
    };
    // SAFETY: the host's own arguments, for the function that they are meant for. The window that it
    // gives, if any, is live, and nobody has seen it yet.
    unsafe {
        let view = (table.theirs.createView)(this, name);
        if !view.is_null() {
            let table =
                VIEW.get_or_init(|| Mended::of((*view).vtbl, |table| table.setFrame = set_frame));
            (*view).vtbl = &raw const table.mended;
        }
        view
    }
}

unsafe extern "system" fn set_frame(this: *mut IPlugView, frame: *mut IPlugFrame) -> tresult {
    let Some(table) = VIEW.get() else {
        return kInvalidArgument;
    };
    let theirs = table.theirs.setFrame;
    // SAFETY: null or the host's frame, alive for the call.
    let ours = unsafe { ComRef::from_raw(frame) }.and_then(Frame::round);
    let given = ours.as_ref().and_then(ComWrapper::as_com_ref::<IPlugFrame>);
    // SAFETY: the host's window and a frame that is alive; nice-plug holds it further.
    let result = unsafe { theirs(this, given.map_or(frame, |given| given.as_ptr())) };
    let before = FRAMES.with_borrow_mut(|frames| {
        let found = frames.iter().position(|(view, _)| *view == this);
        let before = found.map(|index| frames.swap_remove(index).1);
        frames.extend(ours.map(|ours| (this, ours)));
        before
    });
    if let Some(before) = before {
        before.end();
    }
    result
}
