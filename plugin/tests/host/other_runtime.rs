//! ONNX Runtime of another version in the host's process, as another plugin would bring it, used through
//! its own C interface.
#![allow(
    unsafe_code,
    reason = "the interface is one of raw pointers, as ONNX Runtime defines it"
)]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr;

use libloading::Library;
use ort_sys::{
    ONNXTensorElementDataType, OrtAllocatorType, OrtApi, OrtApiBase, OrtLoggingLevel, OrtMemType,
    OrtSession, OrtStatusPtr,
};

/// Samples that the waveform models of the engine's tests take.
const WINDOW: usize = 480;

/// A session of its own environment. What it holds goes with the process.
pub struct OtherRuntime {
    pub version: String,
    api: &'static OrtApi,
    session: *mut OrtSession,
    _library: Library,
}

impl OtherRuntime {
    /// Loads the library from a file, and a waveform model into it.
    pub fn load(library: &Path, model: &Path) -> Self {
        type GetBase = unsafe extern "C" fn() -> *const OrtApiBase;
        let name = CString::new(model.to_str().expect("a path")).expect("a path");
        // SAFETY: the library is ONNX Runtime, whose functions take these pointers to what lives here, and
        // whose tables live as long as it does: to the end of the process.
        unsafe {
            let loaded = Library::new(library).expect("another ONNX Runtime");
            let base = loaded.get::<GetBase>(b"OrtGetApiBase").expect("its entry");
            let base = &*base();
            let version = CStr::from_ptr((base.GetVersionString)());
            let version = version.to_string_lossy().into_owned();
            let api = (base.GetApi)(17).as_ref().expect("an interface that old");
            let (mut environment, mut options) = (ptr::null_mut(), ptr::null_mut());
            let mut session = ptr::null_mut();
            let level = OrtLoggingLevel::ORT_LOGGING_LEVEL_ERROR;
            good((api.CreateEnv)(
                level,
                c"other".as_ptr(),
                &raw mut environment,
            ));
            good((api.CreateSessionOptions)(&raw mut options));
            let made = (api.CreateSession)(environment, name.as_ptr(), options, &raw mut session);
            good(made);
            Self {
                version,
                api,
                session,
                _library: loaded,
            }
        }
    }

    /// What the model makes of a ramp.
    pub fn answer(&self) -> Vec<f32> {
        let mut frame: Vec<f32> = (0..WINDOW).map(|i| i as f32 / WINDOW as f32).collect();
        let shape = [1, 1, WINDOW as i64];
        // SAFETY: as above; the tensor stands on `frame`, which outlives it, and the output has as many
        // samples as the input.
        unsafe {
            let (mut memory, mut input) = (ptr::null_mut(), ptr::null_mut());
            let (kind, place) = (
                OrtAllocatorType::OrtDeviceAllocator,
                OrtMemType::OrtMemTypeDefault,
            );
            good((self.api.CreateCpuMemoryInfo)(kind, place, &raw mut memory));
            good((self.api.CreateTensorWithDataAsOrtValue)(
                memory,
                frame.as_mut_ptr().cast(),
                size_of_val(frame.as_slice()),
                shape.as_ptr(),
                shape.len(),
                ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                &raw mut input,
            ));
            let (from, to) = ([c"frame".as_ptr()], [c"frame_out".as_ptr()]);
            let (inputs, mut output) = ([input.cast_const()], ptr::null_mut());
            good((self.api.Run)(
                self.session,
                ptr::null(),
                from.as_ptr(),
                inputs.as_ptr(),
                1,
                to.as_ptr(),
                1,
                &raw mut output,
            ));
            let mut samples = ptr::null_mut();
            good((self.api.GetTensorMutableData)(output, &raw mut samples));
            std::slice::from_raw_parts(samples.cast::<f32>(), WINDOW).to_vec()
        }
    }
}

fn good(status: OrtStatusPtr) {
    assert!(status.0.is_null(), "the other runtime refuses");
}
