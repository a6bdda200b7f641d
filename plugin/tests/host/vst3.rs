//! A VST3 host on the bare interface: none of JUCE's or Steinberg's own code is in it.
#![allow(
    unsafe_code,
    reason = "the interface is one of raw pointers, as Steinberg defines it"
)]

mod given;
mod module;

use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use vst3::Steinberg::Vst::BusDirections_::{kInput, kOutput};
use vst3::Steinberg::Vst::MediaTypes_::kAudio;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::{kCanAutomate, kIsBypass};
use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_::{kPlaying, kProjectTimeMusicValid};
use vst3::Steinberg::Vst::ProcessModes_::{kOffline, kPrefetch, kRealtime};
use vst3::Steinberg::Vst::SpeakerArr::{kMono, kStereo};
use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample32;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentHandler, IComponentTrait, IEditController, IEditControllerTrait, IHostApplication,
    IParameterChanges, ParamID, ParameterInfo, ProcessContext, ProcessData, ProcessSetup, ViewType,
};
use vst3::Steinberg::{
    FUnknown, IBStream, IPlugFrame, IPlugView, IPlugViewTrait, IPluginBaseTrait, ViewRect,
    kPlatformTypeX11EmbedWindowID, kResultOk,
};
use vst3::{ComPtr, ComWrapper};

use super::{Change, Format, Host, Play, Script, at_pace, noise, on_a_thread_for_ever};
use given::{Changes, Ear, Memory};
use module::Module;

struct Parameter {
    name: String,
    id: ParamID,
    /// Steps between the lowest and the highest value, 0 for a fader.
    steps: i32,
    bypass: bool,
    automatable: bool,
}

impl Parameter {
    fn scale(&self) -> f64 {
        f64::from(self.steps.max(1))
    }
}

/// One instance.
pub struct Vst3 {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    ear: ComWrapper<Ear>,
    view: Option<ComPtr<IPlugView>>,
    parameters: Vec<Parameter>,
    play: Play,
    prefetching: bool,
    active: bool,
    position: i64,
    /// Last, so that it goes last.
    _module: Rc<Module>,
}

fn text(characters: &[u16]) -> String {
    let end = characters.iter().position(|c| *c == 0);
    String::from_utf16_lossy(&characters[..end.unwrap_or(characters.len())])
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

impl Vst3 {
    fn look_at_parameters(&mut self) {
        // SAFETY: room for the information.
        let parameter = |index| unsafe {
            let mut info: ParameterInfo = std::mem::zeroed();
            let told = self.controller.getParameterInfo(index, &raw mut info);
            assert_eq!(told, kResultOk);
            Parameter {
                name: text(&info.title),
                id: info.id,
                steps: info.stepCount,
                bypass: info.flags & kIsBypass != 0,
                automatable: info.flags & kCanAutomate != 0,
            }
        };
        // SAFETY: nothing is given.
        let count = unsafe { self.controller.getParameterCount() };
        self.parameters = (0..count).map(parameter).collect();
    }

    fn parameter(&self, name: &str) -> &Parameter {
        let found = self.parameters.iter().find(|known| known.name == name);
        found.unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn mode(&self) -> i32 {
        (match (self.play.offline, self.prefetching) {
            (true, _) => kOffline,
            (false, true) => kPrefetch,
            (false, false) => kRealtime,
        }) as i32
    }

    /// From now on a host that plays ahead of the clock, and says so.
    pub fn prefetch(&mut self) {
        self.prefetching = true;
        self.reactivate(self.play);
    }

    fn open(&self) -> &ComPtr<IPlugView> {
        self.view.as_ref().expect("an open window")
    }
}

/// A bus of these channels, which must stay where they are.
pub fn bus(channels: &mut [*mut f32]) -> AudioBusBuffers {
    AudioBusBuffers {
        numChannels: channels.len() as i32,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 {
            channelBuffers32: channels.as_mut_ptr(),
        },
    }
}

/// A block of these buses, at which nothing else happens.
fn data(
    mode: i32,
    length: usize,
    from: &mut AudioBusBuffers,
    to: &mut AudioBusBuffers,
) -> ProcessData {
    ProcessData {
        processMode: mode,
        symbolicSampleSize: kSample32 as i32,
        numSamples: length as i32,
        numInputs: 1,
        numOutputs: 1,
        inputs: from,
        outputs: to,
        inputParameterChanges: ptr::null_mut(),
        outputParameterChanges: ptr::null_mut(),
        inputEvents: ptr::null_mut(),
        outputEvents: ptr::null_mut(),
        processContext: ptr::null_mut(),
    }
}

impl Host for Vst3 {
    type Library = Rc<Module>;
    const FORMAT: Format = Format::Vst3;

    fn load(plugin: &Path) -> Rc<Module> {
        Module::open(plugin)
    }

    fn new(library: &Rc<Module>, play: Play) -> Self {
        let component = library.component();
        let ear = ComWrapper::new(Ear::default());
        let context = ear.as_com_ref::<IHostApplication>().expect("a host");
        let handler = ear.as_com_ref::<IComponentHandler>().expect("a handler");
        // SAFETY: both live as long as the instance.
        let controller = unsafe {
            let host = context.as_ptr().cast::<FUnknown>();
            assert_eq!(component.initialize(host), kResultOk);
            let controller = component.cast::<IEditController>().expect("a controller");
            assert_eq!(controller.setComponentHandler(handler.as_ptr()), kResultOk);
            controller
        };
        let mut host = Self {
            processor: component.cast().expect("a processor"),
            component,
            controller,
            ear,
            view: None,
            parameters: Vec::new(),
            play,
            prefetching: false,
            active: false,
            position: 0,
            _module: Rc::clone(library),
        };
        host.look_at_parameters();
        host.activate();
        host
    }

    fn play(&self) -> Play {
        self.play
    }

    fn activate(&mut self) {
        let arrangement = |channels| if channels == 1 { kMono } else { kStereo };
        let (mut ins, mut outs) = (
            arrangement(self.play.channels.0),
            arrangement(self.play.channels.1),
        );
        let mut setup = ProcessSetup {
            processMode: self.mode(),
            symbolicSampleSize: kSample32 as i32,
            maxSamplesPerBlock: self.play.longest as i32,
            sampleRate: f64::from(self.play.rate),
        };
        // SAFETY: the calls come in the order that VST3 prescribes, with pointers to what lives here.
        unsafe {
            let taken = (self.processor).setBusArrangements(&raw mut ins, 1, &raw mut outs, 1);
            assert_eq!(taken, kResultOk);
            for direction in [kInput, kOutput] {
                let (media, direction) = (kAudio as i32, direction as i32);
                let on = self.component.activateBus(media, direction, 0, 1);
                assert_eq!(on, kResultOk);
            }
            let set = self.processor.setupProcessing(&raw mut setup);
            assert_eq!(set, kResultOk);
            assert_eq!(self.component.setActive(1), kResultOk);
            assert_eq!(self.processor.setProcessing(1), kResultOk);
        }
        self.active = true;
    }

    fn deactivate(&mut self) {
        if std::mem::take(&mut self.active) {
            // SAFETY: in the order that VST3 prescribes.
            unsafe {
                self.processor.setProcessing(0);
                assert_eq!(self.component.setActive(0), kResultOk);
            }
        }
    }

    fn reactivate(&mut self, play: Play) {
        self.deactivate();
        self.play = play;
        self.activate();
    }

    fn reset(&mut self) {
        // SAFETY: nothing is given. VST3 has no other word for it.
        unsafe {
            self.processor.setProcessing(0);
            self.processor.setProcessing(1);
        }
    }

    fn seek(&mut self, position: i64) {
        self.position = position;
    }

    fn latency(&mut self) -> usize {
        // SAFETY: nothing is given.
        unsafe { self.processor.getLatencySamples() as usize }
    }

    fn tail(&mut self) -> usize {
        // SAFETY: nothing is given.
        unsafe { self.processor.getTailSamples() as usize }
    }

    fn restarts(&mut self) -> usize {
        self.ear.restarts.swap(0, Ordering::SeqCst)
    }

    fn save(&mut self) -> Vec<u8> {
        let memory = Memory::of(&[]);
        let stream = memory.as_com_ref::<IBStream>().expect("a stream");
        // SAFETY: the stream lives on.
        let saved = unsafe { self.component.getState(stream.as_ptr()) };
        assert_eq!(saved, kResultOk);
        memory.bytes.take()
    }

    fn restore(&mut self, saved: &[u8]) -> bool {
        let memory = Memory::of(saved);
        let stream = memory.as_com_ref::<IBStream>().expect("a stream");
        // SAFETY: the stream lives on.
        unsafe { self.component.setState(stream.as_ptr()) == kResultOk }
    }

    fn packed(json: &str) -> Vec<u8> {
        json.as_bytes().to_vec()
    }

    fn unpacked(saved: &[u8]) -> &[u8] {
        saved
    }

    fn parameters(&mut self) -> Vec<String> {
        self.parameters.iter().map(|p| p.name.clone()).collect()
    }

    fn numbers(&mut self) -> Vec<(u32, bool)> {
        let all = self.parameters.iter();
        all.map(|p| (p.id, p.automatable)).collect()
    }

    fn value(&mut self, name: &str) -> f64 {
        let parameter = self.parameter(name);
        // SAFETY: numbers alone are given.
        let normalized = unsafe { self.controller.getParamNormalized(parameter.id) };
        normalized * parameter.scale()
    }

    fn text(&mut self, name: &str, value: f64) -> String {
        let parameter = self.parameter(name);
        let (id, value) = (parameter.id, value / parameter.scale());
        let mut room = [0; 128];
        // SAFETY: there is room for a text.
        let told = unsafe {
            self.controller
                .getParamStringByValue(id, value, &raw mut room)
        };
        assert_eq!(told, kResultOk);
        text(&room)
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<f64> {
        let parameter = self.parameter(name);
        let (mut text, mut value) = (wide(text), 0.0);
        // SAFETY: the text ends with a zero, and there is room for a number.
        let read = unsafe {
            let (text, value) = (text.as_mut_ptr(), &raw mut value);
            self.controller
                .getParamValueByString(parameter.id, text, value)
        };
        (read == kResultOk).then(|| value * parameter.scale())
    }

    fn bypass(&mut self) -> Option<String> {
        let bypass = self.parameters.iter().find(|p| p.bypass);
        bypass.map(|p| p.name.clone())
    }

    fn open_window(&mut self, parent: u32) -> (u32, u32) {
        let frame = self.ear.as_com_ref::<IPlugFrame>().expect("a frame");
        let mut rect = ViewRect {
            left: 0,
            top: 0,
            right: 0,
            bottom: 0,
        };
        // SAFETY: the frame lives as long as the instance, and the test closes the plugin's window
        // before its own.
        unsafe {
            let view = self.controller.createView(ViewType::kEditor);
            let view = ComPtr::from_raw(view).expect("a window");
            let x11 = kPlatformTypeX11EmbedWindowID;
            assert_eq!(view.isPlatformTypeSupported(x11), kResultOk);
            assert_eq!(view.setFrame(frame.as_ptr()), kResultOk);
            assert_eq!(view.getSize(&raw mut rect), kResultOk);
            let parent = ptr::without_provenance_mut::<c_void>(parent as usize);
            assert_eq!(view.attached(parent, x11), kResultOk);
            self.view = Some(view);
        }
        (rect.right as u32, rect.bottom as u32)
    }

    fn resize_window(&mut self, width: u32, height: u32) -> (u32, u32) {
        let mut rect = ViewRect {
            left: 0,
            top: 0,
            right: width as i32,
            bottom: height as i32,
        };
        // SAFETY: the rectangle lives here.
        unsafe {
            self.open().checkSizeConstraint(&raw mut rect);
            assert_eq!(self.open().onSize(&raw mut rect), kResultOk);
        }
        (rect.right as u32, rect.bottom as u32)
    }

    fn idle(&mut self) {
        self.ear.call_handlers();
    }

    fn wanted_size(&mut self) -> Option<(u32, u32)> {
        self.idle();
        let packed = self.ear.size.swap(0, Ordering::SeqCst);
        (packed != 0).then_some(((packed >> 32) as u32, packed as u32))
    }

    fn close_window(&mut self) {
        // SAFETY: nothing is given but null.
        unsafe {
            self.open().setFrame(ptr::null_mut());
            assert_eq!(self.open().removed(), kResultOk);
        }
        self.view = None;
        self.idle();
        assert_eq!(self.ear.held.load(Ordering::SeqCst), 0, "a gesture goes on");
    }

    fn play_on_a_thread(
        mut self,
        script: &Script,
        begin: impl FnOnce() + Send + 'static,
        mut meanwhile: impl FnMut(&mut Self) -> bool,
    ) {
        let (play, mode, script) = (self.play, self.mode(), script.clone());
        let points = script.changes.iter().map(|(block, change)| {
            let parameter = self.parameter(change.parameter);
            let value = change.value / parameter.scale();
            (*block, (parameter.id, change.at as i32, value))
        });
        let points: Vec<_> = points.collect();
        let processor = self.processor.clone();
        let played = move || {
            let mut input = vec![noise(1, play.longest); play.channels.0];
            let mut output = vec![vec![0.0; play.longest]; play.channels.1];
            let mut ins: Vec<*mut f32> = input.iter_mut().map(|c| c.as_mut_ptr()).collect();
            let mut outs: Vec<*mut f32> = output.iter_mut().map(|c| c.as_mut_ptr()).collect();
            let (mut from, mut to) = (bus(&mut ins), bus(&mut outs));
            let mut data = data(mode, play.longest, &mut from, &mut to);
            let changes = points
                .iter()
                .map(|(block, point)| (*block, Changes::new(&[*point])));
            let changes: Vec<_> = changes.collect();
            begin();
            at_pace(play, script.blocks, |number| {
                let changed = changes.iter().find(|(block, _)| *block == number);
                let queues = changed.and_then(|(_, c)| c.as_com_ref::<IParameterChanges>());
                data.inputParameterChanges = queues.map_or(ptr::null_mut(), |q| q.as_ptr());
                // SAFETY: all that is pointed to lives here, in the lengths that are told.
                let played = unsafe {
                    if script.resets.contains(&number) {
                        processor.setProcessing(0);
                        processor.setProcessing(1);
                    }
                    processor.process(&raw mut data)
                };
                assert_eq!(played, kResultOk);
            });
            std::mem::forget((processor, changes));
        };
        on_a_thread_for_ever(played, || meanwhile(&mut self));
        std::mem::forget(self);
    }

    fn block(&mut self, mut input: Vec<Vec<f32>>, changes: &[Change]) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let mut output = vec![vec![f32::NAN; length]; self.play.channels.1];
        let mut ins: Vec<*mut f32> = input.iter_mut().map(|c| c.as_mut_ptr()).collect();
        let mut outs: Vec<*mut f32> = output.iter_mut().map(|c| c.as_mut_ptr()).collect();
        let (mut from, mut to) = (bus(&mut ins), bus(&mut outs));
        let edits = std::mem::take(&mut *self.ear.edits.lock().expect("what was set"));
        let mut points: Vec<_> = edits.into_iter().map(|(id, v)| (id, 0, v)).collect();
        points.extend(changes.iter().map(|change| {
            let parameter = self.parameter(change.parameter);
            let value = change.value / parameter.scale();
            (parameter.id, change.at as i32, value)
        }));
        let changes = Changes::new(&points);
        let queues = changes.as_com_ref::<IParameterChanges>().expect("changes");
        // SAFETY: numbers alone, for which zeros mean that nothing is known.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        context.state = kPlaying | kProjectTimeMusicValid;
        context.sampleRate = f64::from(self.play.rate);
        context.projectTimeSamples = self.position;
        let mut data = data(self.mode(), length, &mut from, &mut to);
        data.inputParameterChanges = queues.as_ptr();
        data.processContext = &raw mut context;
        // SAFETY: all that is pointed to lives here, in the lengths that are told.
        let played = unsafe { self.processor.process(&raw mut data) };
        assert_eq!(played, kResultOk);
        self.position += length as i64;
        self.idle();
        output
    }
}

impl Drop for Vst3 {
    fn drop(&mut self) {
        self.deactivate();
        // SAFETY: the last call to the instance.
        unsafe {
            self.component.terminate();
        }
    }
}
