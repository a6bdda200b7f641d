//! What the host gives to the plugin: objects that it calls back.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use vst3::Steinberg::IBStream_::IStreamSeekMode_::{kIBSeekCur, kIBSeekEnd, kIBSeekSet};
use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler,
    TimerInterval,
};
use vst3::Steinberg::Vst::RestartFlags_::{kLatencyChanged, kReloadComponent};
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandlerTrait, IHostApplication, IHostApplicationTrait,
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ParamValue, String128,
};
use vst3::Steinberg::{
    IBStream, IBStreamTrait, IPlugFrame, IPlugFrameTrait, IPlugView, TUID, ViewRect, int32, int64,
    kInvalidArgument, kNotImplemented, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

/// A stream in memory, in which a state is saved.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
}

impl Memory {
    pub(super) fn of(bytes: &[u8]) -> ComWrapper<Self> {
        ComWrapper::new(Self {
            bytes: RefCell::new(bytes.to_vec()),
            at: Cell::new(0),
        })
    }
}

impl Class for Memory {
    type Interfaces = (IBStream,);
}

/// Writes where a pointer points, unless to nowhere.
unsafe fn tell<T>(room: *mut T, value: T) {
    if !room.is_null() {
        // SAFETY: the caller gives null or room for a `T`.
        unsafe { room.write(value) };
    }
}

impl IBStreamTrait for Memory {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = &bytes[self.at.get().min(bytes.len())..];
        let now = rest.len().min(count.max(0) as usize);
        // SAFETY: the plugin gives a buffer of `count` bytes, and null or room for the number.
        unsafe {
            buffer.cast::<u8>().copy_from(rest.as_ptr(), now);
            tell(done, now as int32);
        }
        self.at.set(self.at.get() + now);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let count = count.max(0) as usize;
        // SAFETY: the plugin gives a buffer of `count` bytes, and null or room for the number.
        unsafe {
            let new = std::slice::from_raw_parts(buffer.cast::<u8>(), count);
            self.bytes.borrow_mut().extend_from_slice(new);
            tell(done, count as int32);
        }
        self.at.set(self.at.get() + count);
        kResultOk
    }

    unsafe fn seek(&self, by: int64, from: int32, now: *mut int64) -> tresult {
        let is = |mode| from == mode as int32;
        let base = if is(kIBSeekCur) {
            self.at.get()
        } else if is(kIBSeekEnd) {
            self.bytes.borrow().len()
        } else if is(kIBSeekSet) {
            0
        } else {
            return kInvalidArgument;
        };
        let at = base as i64 + by;
        self.at.set(at.max(0) as usize);
        // SAFETY: null or room for a number.
        unsafe { tell(now, at) };
        kResultOk
    }

    unsafe fn tell(&self, at: *mut int64) -> tresult {
        // SAFETY: null or room for a number.
        unsafe { tell(at, self.at.get() as i64) };
        kResultOk
    }
}

/// Where the plugin tells what its window does and what it asks for. Called from its own threads too.
#[derive(Default)]
pub(super) struct Ear {
    pub(super) restarts: AtomicUsize,
    /// Gestures begun and not ended.
    pub(super) held: AtomicUsize,
    /// What the window has set, which the host gives to the processor with the next block.
    pub(super) edits: Mutex<Vec<(ParamID, ParamValue)>>,
    /// Width and height asked for last, 0 for none.
    pub(super) size: AtomicU64,
    /// Whom to call on the main thread when a file can be read. They are not held: they sign off.
    handlers: RefCell<Vec<(*mut IEventHandler, FileDescriptor)>>,
}

impl Class for Ear {
    type Interfaces = (IComponentHandler, IHostApplication, IPlugFrame, IRunLoop);
}

impl Ear {
    /// What the host's loop does between blocks.
    pub(super) fn call_handlers(&self) {
        let handlers = self.handlers.borrow().clone();
        for (handler, fd) in handlers {
            let mut asked = libc::pollfd {
                fd,
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one file is asked about, without waiting; a handler lives until it signs off.
            unsafe {
                if libc::poll(&raw mut asked, 1, 0) == 1 {
                    let handler = ComRef::from_raw(handler).expect("a handler");
                    handler.onFDIsSet(fd);
                }
            }
        }
    }
}

impl IRunLoopTrait for Ear {
    unsafe fn registerEventHandler(
        &self,
        handler: *mut IEventHandler,
        fd: FileDescriptor,
    ) -> tresult {
        self.handlers.borrow_mut().push((handler, fd));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        self.handlers
            .borrow_mut()
            .retain(|(known, _)| *known != handler);
        kResultOk
    }

    unsafe fn registerTimer(&self, _: *mut ITimerHandler, _: TimerInterval) -> tresult {
        kNotImplemented
    }

    unsafe fn unregisterTimer(&self, _: *mut ITimerHandler) -> tresult {
        kNotImplemented
    }
}

impl IComponentHandlerTrait for Ear {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        self.held.fetch_add(1, Ordering::SeqCst);
        kResultOk
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        let mut edits = self.edits.lock().expect("what was set");
        edits.push((id, value));
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        self.held.fetch_sub(1, Ordering::SeqCst);
        kResultOk
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        if flags & (kLatencyChanged | kReloadComponent) != 0 {
            self.restarts.fetch_add(1, Ordering::SeqCst);
        }
        kResultOk
    }
}

impl IHostApplicationTrait for Ear {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        let mut text = [0; 128];
        for (to, from) in text.iter_mut().zip("Limpid's tests".encode_utf16()) {
            *to = from;
        }
        // SAFETY: null or room for a name.
        unsafe { tell(name, text) };
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        _: *mut TUID,
        _: *mut TUID,
        object: *mut *mut c_void,
    ) -> tresult {
        // SAFETY: null or room for a pointer.
        unsafe { tell(object, std::ptr::null_mut()) };
        kNotImplemented
    }
}

impl IPlugFrameTrait for Ear {
    unsafe fn resizeView(&self, _: *mut IPlugView, size: *mut ViewRect) -> tresult {
        if size.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: not null, and so a rectangle.
        let size = unsafe { *size };
        let [width, height] = [size.right - size.left, size.bottom - size.top];
        let packed = (width as u64) << 32 | height as u64;
        self.size.store(packed, Ordering::SeqCst);
        kResultOk
    }
}

/// One parameter's points in a block.
struct Queue {
    id: ParamID,
    points: Vec<(int32, ParamValue)>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.len() as int32
    }

    unsafe fn getPoint(&self, index: int32, at: *mut int32, value: *mut ParamValue) -> tresult {
        let Some(point) = self.points.get(index as usize) else {
            return kInvalidArgument;
        };
        // SAFETY: null or room for a number each.
        unsafe {
            tell(at, point.0);
            tell(value, point.1);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _: int32, _: ParamValue, _: *mut int32) -> tresult {
        kResultFalse
    }
}

/// All that changes in a block.
pub(super) struct Changes(Vec<ComPtr<IParamValueQueue>>);

impl Changes {
    /// From points in the order of time.
    pub(super) fn new(points: &[(ParamID, int32, ParamValue)]) -> ComWrapper<Self> {
        let mut queues: Vec<Queue> = Vec::new();
        for (id, at, value) in points {
            let known = queues.iter_mut().find(|queue| queue.id == *id);
            match known {
                Some(queue) => queue.points.push((*at, *value)),
                None => queues.push(Queue {
                    id: *id,
                    points: vec![(*at, *value)],
                }),
            }
        }
        let queues = queues.into_iter().map(ComWrapper::new);
        let queues = queues.map(|queue| queue.to_com_ptr().expect("a queue"));
        ComWrapper::new(Self(queues.collect()))
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.0.len() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let queue = self.0.get(index as usize);
        queue.map_or(std::ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}
