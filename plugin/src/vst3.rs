//! The entry points of the VST3.
//!
//! They do what `nice_export_vst3!` of nice-plug 0.4.2 does, with three things mended. One is told in
//! `frame`. Another: its tail is what the last block has told, and so none before the first block and
//! after each reset; here it is never shorter than the latency. The third: its `setupProcessing` notes the mode of the call *before* for the activation that
//! follows, so a render would run in real time, and playback after it would wait for the worker in the
//! audio thread. Here each `setupProcessing` of a host is handed on twice: the second notes the mode of
//! the first, which is its own.
#![allow(
    unsafe_code,
    reason = "the interface is one of raw pointers, as Steinberg defines it"
)]

#[cfg(target_os = "linux")]
mod frame;

use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

use nice_plug::wrapper::setup_logger;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IAudioProcessor, IAudioProcessorVtbl, ProcessSetup,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    TUID, int32, kInvalidArgument, kResultOk, tresult, uint32,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComWrapper};
use nice_plug::wrapper::vst3::{PluginInfo, Wrapper};

use crate::Limpid;

/// Makes instances of the one plugin that there is.
struct Factory {
    plugin: PluginInfo,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

impl Factory {
    fn new() -> Self {
        Self {
            plugin: PluginInfo::for_plugin::<Limpid>(),
        }
    }
}

/// Writes what a host asks for, if it asks for the first class and gives room for it.
///
/// # Safety
/// `room` is null or points to room for a `T`.
unsafe fn give<T>(index: int32, room: *mut T, value: impl FnOnce() -> T) -> tresult {
    if index != 0 || room.is_null() {
        return kInvalidArgument;
    }
    // SAFETY: not null, and so room for a `T` by the function's contract.
    unsafe { room.write(value()) };
    kResultOk
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: the host gives null or room for the information.
        unsafe { give(0, info, || self.plugin.create_factory_info()) }
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        // SAFETY: as above.
        unsafe { give(index, info, || self.plugin.create_class_info()) }
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        if class.is_null() || interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: an identifier of a class has 16 bytes.
        if unsafe { &*class.cast::<[u8; 16]>() } != self.plugin.cid {
            return kInvalidArgument;
        }
        let wrapper = ComWrapper::new(Wrapper::<Limpid>::new());
        mend(&wrapper);
        #[cfg(target_os = "linux")]
        frame::mend(&wrapper);
        let Some(unknown) = wrapper.as_com_ref::<FUnknown>() else {
            return kInvalidArgument;
        };
        let unknown = unknown.as_ptr();
        // SAFETY: the object lives as long as `wrapper`, and what is given out holds it further;
        // an identifier of an interface has 16 bytes, and `object` has room for a pointer.
        unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast::<TUID>(), object) }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        // SAFETY: the host gives null or room for the information.
        unsafe { give(index, info, || self.plugin.create_class_info_2()) }
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        // SAFETY: the host gives null or room for the information.
        unsafe { give(index, info, || self.plugin.create_class_info_unicode()) }
    }

    unsafe fn setHostContext(&self, _: *mut FUnknown) -> tresult {
        kResultOk
    }
}

/// The functions of an interface as nice-plug has them, and the same with some mended.
struct Mended<T: 'static> {
    theirs: &'static T,
    mended: T,
}

impl<T> Mended<T> {
    /// # Safety
    /// `theirs` points to a table of functions that is a constant of the program.
    unsafe fn of(theirs: *const T, mend: impl FnOnce(&mut T)) -> Self {
        // SAFETY: by the function's contract; a table holds function pointers alone, which may be copied.
        let (theirs, mut mended) = unsafe { (&*theirs, ptr::read(theirs)) };
        mend(&mut mended);
        Self { theirs, mended }
    }
}

static PROCESSOR: OnceLock<Mended<IAudioProcessorVtbl>> = OnceLock::new();

/// Gives an instance that nobody has seen yet the mended functions.
fn mend(wrapper: &ComWrapper<Wrapper<Limpid>>) {
    let Some(processor) = wrapper.as_com_ref::<IAudioProcessor>() else {
        return;
    };
    let processor = processor.as_ptr();
    // SAFETY: the pointer is to the live object, of which no other thread and no reference knows yet;
    // its table is a constant of the program, and the one that it is given lasts as long.
    unsafe {
        let table = PROCESSOR.get_or_init(|| {
            Mended::of((*processor).vtbl, |table| {
                table.setupProcessing = setup_processing;
                table.getTailSamples = tail_samples;
            })
        });
        (*processor).vtbl = &raw const table.mended;
    }
}

/// The setup twice over; see the module.
unsafe extern "system" fn setup_processing(
    this: *mut IAudioProcessor,
    setup: *mut ProcessSetup,
) -> tresult {
    let Some(table) = PROCESSOR.get() else {
        return kInvalidArgument;
    };
    let theirs = table.theirs.setupProcessing;
    // SAFETY: the host's own arguments, for the function that they are meant for.
    unsafe {
        match theirs(this, setup) {
            result if result == kResultOk => theirs(this, setup),
            result => result,
        }
    }
}

/// At least the latency; see the module.
unsafe extern "system" fn tail_samples(this: *mut IAudioProcessor) -> uint32 {
    let Some(table) = PROCESSOR.get() else {
        return 0;
    };
    let theirs = table.theirs;
    // SAFETY: the host's own argument, for functions of the same object.
    unsafe { (theirs.getTailSamples)(this).max((theirs.getLatencySamples)(this)) }
}

/// What a host calls first to get at the plugin.
#[unsafe(no_mangle)]
pub(crate) extern "system" fn GetPluginFactory() -> *mut c_void {
    ComWrapper::new(Factory::new())
        .to_com_ptr::<IPluginFactory>()
        .map_or(ptr::null_mut(), |factory| factory.into_raw().cast())
}

/// Called when a host has loaded the library.
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ModuleEntry(_: *mut c_void) -> bool {
    setup_logger::<Limpid>();
    true
}

/// Called before a host lets go of the library.
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ModuleExit() -> bool {
    true
}

/// Called when a host has loaded the library.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn bundleEntry(_: *mut c_void) -> bool {
    setup_logger::<Limpid>();
    true
}

/// Called before a host lets go of the library.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn bundleExit() -> bool {
    true
}

/// Called when a host has loaded the library.
#[cfg(windows)]
#[unsafe(no_mangle)]
pub(crate) extern "system" fn InitDll() -> bool {
    setup_logger::<Limpid>();
    true
}

/// Called before a host lets go of the library.
#[cfg(windows)]
#[unsafe(no_mangle)]
pub(crate) extern "system" fn ExitDll() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use nice_plug::wrapper::vst3::vst3::ComPtr;
    use nice_plug::wrapper::vst3::vst3::Interface;
    use nice_plug::wrapper::vst3::vst3::Steinberg::IPluginBaseTrait;
    use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
        AudioBusBuffers, AudioBusBuffers__type0,
        BusDirections_::kOutput,
        IAudioProcessorTrait, IComponent, IComponentTrait,
        MediaTypes_::kAudio,
        ProcessData,
        ProcessModes_::{kOffline, kPrefetch, kRealtime},
        SpeakerArr::{kMono, kStereo},
        SymbolicSampleSizes_::kSample32,
    };

    use super::*;
    use crate::tests::last_mode;
    use limpid_engine::realtime::Mode;

    fn instance() -> ComPtr<IComponent> {
        let factory = ComWrapper::new(Factory::new());
        let mut object = ptr::null_mut();
        let class = Factory::new().plugin.cid;
        // SAFETY: both identifiers have 16 bytes, and there is room for a pointer.
        let result = unsafe {
            factory.createInstance(
                class.as_ptr().cast(),
                IComponent::IID.as_ptr().cast(),
                &raw mut object,
            )
        };
        assert_eq!(result, kResultOk);
        // SAFETY: the factory has just given this object out.
        unsafe { ComPtr::from_raw(object.cast()) }.expect("a component")
    }

    #[test]
    fn each_activation_runs_in_the_mode_that_the_host_has_set_up_last() {
        let component = instance();
        let processor = component.cast::<IAudioProcessor>().expect("a processor");
        // SAFETY: the calls come in the order that VST3 prescribes, with valid pointers.
        unsafe {
            assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
            for (mode, expected) in [
                (kOffline, Mode::Offline),
                (kRealtime, Mode::RealTime),
                (kOffline, Mode::Offline),
                (kPrefetch, Mode::RealTime),
            ] {
                let mut setup = setup(mode as i32);
                assert_eq!(processor.setupProcessing(&raw mut setup), kResultOk);
                assert_eq!(component.setActive(1), kResultOk);
                assert_eq!(last_mode(), Some(expected));
                assert_eq!(component.setActive(0), kResultOk);
            }
            assert_eq!(component.terminate(), kResultOk);
        }
    }

    fn setup(mode: i32) -> ProcessSetup {
        ProcessSetup {
            processMode: mode,
            symbolicSampleSize: kSample32 as i32,
            maxSamplesPerBlock: 512,
            sampleRate: 48_000.0,
        }
    }

    /// A bus of these channels.
    fn bus(channels: &mut [*mut f32]) -> AudioBusBuffers {
        AudioBusBuffers {
            numChannels: channels.len() as i32,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 {
                channelBuffers32: channels.as_mut_ptr(),
            },
        }
    }

    /// The hosts that are tested with have no such track, or do not tell the plugin of it. Nothing is
    /// installed here, so the sound passes through: to both sides.
    #[test]
    fn a_mono_track_may_go_to_both_sides() {
        let component = instance();
        let processor = component.cast::<IAudioProcessor>().expect("a processor");
        let mut input: Vec<f32> = (0..512).map(|i| i as f32 / 512.0).collect();
        let mut outputs = [vec![f32::NAN; 512], vec![f32::NAN; 512]];
        let mut ins = [input.as_mut_ptr()];
        let mut outs = outputs.each_mut().map(Vec::as_mut_ptr);
        let (mut mono, mut stereo) = (kMono, kStereo);
        // SAFETY: the calls come in the order that VST3 prescribes, with pointers to buffers of the
        // lengths that are told, all alive to the end.
        unsafe {
            assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
            let taken = processor.setBusArrangements(&raw mut mono, 1, &raw mut stereo, 1);
            assert_eq!(taken, kResultOk);
            assert_eq!(component.getBusCount(kAudio as i32, kOutput as i32), 1);
            let mut setup = setup(kRealtime as i32);
            assert_eq!(processor.setupProcessing(&raw mut setup), kResultOk);
            assert_eq!(component.setActive(1), kResultOk);
            let (mut from, mut to) = (bus(&mut ins), bus(&mut outs));
            let mut data = ProcessData {
                processMode: kRealtime as i32,
                symbolicSampleSize: kSample32 as i32,
                numSamples: 512,
                numInputs: 1,
                numOutputs: 1,
                inputs: &raw mut from,
                outputs: &raw mut to,
                inputParameterChanges: ptr::null_mut(),
                outputParameterChanges: ptr::null_mut(),
                inputEvents: ptr::null_mut(),
                outputEvents: ptr::null_mut(),
                processContext: ptr::null_mut(),
            };
            assert_eq!(processor.process(&raw mut data), kResultOk);
            assert_eq!(component.setActive(0), kResultOk);
            assert_eq!(component.terminate(), kResultOk);
        }
        assert_eq!(outputs[0], input);
        assert_eq!(outputs[1], input);
    }
}
