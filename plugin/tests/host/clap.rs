//! A CLAP host, built on clack.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use clack_extensions::audio_ports_config::PluginAudioPortsConfig;
use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window,
};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_extensions::tail::PluginTail;
use clack_host::events::event_types::{ParamValueEvent, TransportEvent, TransportFlags};
use clack_host::events::io::EventBuffer;
use clack_host::events::{EventFlags, EventHeader, Pckn};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use super::{Change, Format, Host, Play, Script, at_pace, noise, on_a_thread_for_ever};

/// What the plugin has asked of the host.
#[derive(Default)]
pub struct Asked {
    restarts: AtomicUsize,
    callback: AtomicBool,
    /// The size of window that was asked for last, packed.
    size: AtomicU64,
}

impl SharedHandler<'_> for Asked {
    fn request_restart(&self) {
        self.restarts.fetch_add(1, Ordering::SeqCst);
    }
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::SeqCst);
    }
}

impl HostGuiImpl for Asked {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, new_size: GuiSize) -> Result<(), HostError> {
        self.size.store(new_size.pack_to_u64(), Ordering::SeqCst);
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _: bool) {}
}

pub struct Main;

impl MainThreadHandler<'_> for Main {}

impl HostLatencyImpl for Main {
    fn changed(&self) {}
}

pub struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Asked;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Self::Shared<'_>) {
        builder.register::<HostLatency>().register::<HostGui>();
    }
}

/// One instance.
pub struct Clap {
    instance: PluginInstance<Handlers>,
    processor: Option<StartedPluginAudioProcessor<Handlers>>,
    play: Play,
    /// Samples played since the last activation.
    steady: u64,
    /// Where the transport stands.
    position: i64,
    parameters: Vec<(String, ClapId)>,
    automatable: Vec<bool>,
    bypass: Option<String>,
}

impl Clap {
    fn choose_ports(&mut self) {
        let wanted = match self.play.channels {
            (2, 2) => 0,
            (1, 1) => 1,
            (1, 2) => 2,
            other => panic!("the plugin has no ports for {other:?}"),
        };
        let handle = self.instance.plugin_handle();
        let configs = handle
            .get_extension::<PluginAudioPortsConfig>()
            .expect("several configurations of ports");
        assert_eq!(configs.count(&handle), 3);
        configs
            .select(&handle, ClapId::new(wanted))
            .expect("this configuration");
    }

    /// Switches between playing and rendering without a new activation, as CLAP allows.
    pub fn switch_mode(&mut self, offline: bool) {
        self.play.offline = offline;
        self.set_mode();
    }

    fn set_mode(&mut self) {
        let mode = if self.play.offline {
            RenderMode::Offline
        } else {
            RenderMode::Realtime
        };
        let handle = self.instance.plugin_handle();
        let render = handle
            .get_extension::<PluginRender>()
            .expect("render modes");
        render.set(&handle, mode).expect("this mode");
    }

    fn look_at_parameters(&mut self) {
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        for index in 0..params.count(&handle) {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(&handle, index, &mut buffer);
            let info = info.expect("a parameter");
            let name = String::from_utf8_lossy(info.name).into_owned();
            if info.flags.contains(ParamInfoFlags::IS_BYPASS) {
                self.bypass = Some(name.clone());
            }
            let automatable = info.flags.contains(ParamInfoFlags::IS_AUTOMATABLE);
            self.automatable.push(automatable);
            self.parameters.push((name, info.id));
        }
    }

    fn id(&self, name: &str) -> ClapId {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("there is no {name}")).1
    }

    fn transport(&self) -> TransportEvent {
        let seconds = self.position as f64 / f64::from(self.play.rate);
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags: TransportFlags::HAS_SECONDS_TIMELINE | TransportFlags::IS_PLAYING,
            song_pos_beats: BeatTime::from_int(0),
            song_pos_seconds: SecondsTime::from_float(seconds),
            tempo: 120.0,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_int(0),
            bar_number: 0,
            time_signature_numerator: 4,
            time_signature_denominator: 4,
        }
    }
}

impl Host for Clap {
    type Library = PluginEntry;
    const FORMAT: Format = Format::Clap;

    fn load(plugin: &Path) -> PluginEntry {
        // SAFETY: the library is the plugin that was built for these tests.
        #[allow(unsafe_code, reason = "loading a library runs its code")]
        let entry = unsafe { PluginEntry::load(plugin) };
        entry.expect("the plugin's library")
    }

    fn new(library: &PluginEntry, play: Play) -> Self {
        let mut host = Self {
            instance: instance(library),
            processor: None,
            play,
            steady: 0,
            position: 0,
            parameters: Vec::new(),
            automatable: Vec::new(),
            bypass: None,
        };
        host.look_at_parameters();
        host.choose_ports();
        host.activate();
        host
    }

    fn play(&self) -> Play {
        self.play
    }

    fn activate(&mut self) {
        self.set_mode();
        let configuration = PluginAudioConfiguration {
            sample_rate: f64::from(self.play.rate),
            min_frames_count: 1,
            max_frames_count: self.play.longest as u32,
        };
        let stopped = self
            .instance
            .activate(|_, _| (), configuration)
            .expect("activation");
        self.processor = Some(stopped.start_processing().expect("a start"));
        self.steady = 0;
        self.idle();
    }

    fn deactivate(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.instance.deactivate(processor.stop_processing());
        }
    }

    fn reactivate(&mut self, play: Play) {
        self.deactivate();
        self.play = play;
        self.activate();
    }

    fn reset(&mut self) {
        self.processor.as_mut().expect("an active plugin").reset();
    }

    fn seek(&mut self, position: i64) {
        self.position = position;
    }

    fn latency(&mut self) -> usize {
        let handle = self.instance.plugin_handle();
        let latency = handle.get_extension::<PluginLatency>().expect("latency");
        latency.get(&handle) as usize
    }

    fn tail(&mut self) -> usize {
        let processor = self.processor.as_mut().expect("an active plugin");
        let handle = processor.plugin_handle();
        let tail = handle.get_extension::<PluginTail>().expect("a tail");
        tail.get(&handle).to_raw() as usize
    }

    fn restarts(&mut self) -> usize {
        self.instance
            .access_shared_handler(|asked| asked.restarts.swap(0, Ordering::SeqCst))
    }

    fn save(&mut self) -> Vec<u8> {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().expect("a state");
        let mut saved = Vec::new();
        state.save(&handle, &mut saved).expect("a saved state");
        saved
    }

    fn restore(&mut self, saved: &[u8]) -> bool {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().expect("a state");
        let taken = state.load(&handle, &mut &*saved).is_ok();
        self.idle();
        taken
    }

    /// The framework puts the length ahead.
    fn packed(json: &str) -> Vec<u8> {
        let mut saved = (json.len() as u64).to_le_bytes().to_vec();
        saved.extend_from_slice(json.as_bytes());
        saved
    }

    fn unpacked(saved: &[u8]) -> &[u8] {
        &saved[8..]
    }

    fn parameters(&mut self) -> Vec<String> {
        self.parameters.iter().map(|(n, _)| n.clone()).collect()
    }

    fn numbers(&mut self) -> Vec<(u32, bool)> {
        let ids = self.parameters.iter().map(|(_, id)| id.get());
        ids.zip(self.automatable.iter().copied()).collect()
    }

    fn value(&mut self, name: &str) -> f64 {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        params.get_value(&handle, id).expect("a value")
    }

    fn text(&mut self, name: &str, value: f64) -> String {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        let mut buffer = [0; 64];
        let text = params.value_to_text(&handle, id, value, &mut buffer);
        String::from_utf8_lossy(text.expect("a text")).into_owned()
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<f64> {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        let text = CString::new(text).expect("a text without zeros");
        params.text_to_value(&handle, id, &text)
    }

    fn bypass(&mut self) -> Option<String> {
        self.bypass.clone()
    }

    fn open_window(&mut self, parent: u32) -> (u32, u32) {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        let configuration = GuiConfiguration {
            api_type: GuiApiType::X11,
            is_floating: false,
        };
        gui.create(&handle, configuration).expect("a window");
        let size = gui.get_size(&handle).expect("a size");
        // Hosts make room for the window between these, which takes its time.
        std::thread::sleep(Duration::from_millis(50));
        // SAFETY: the test closes the plugin's window before its own.
        #[allow(unsafe_code, reason = "a window is given by its number")]
        unsafe {
            let parent = Window::from_x11_handle(parent.into());
            gui.set_parent(&handle, parent).expect("a parent");
        }
        gui.show(&handle).expect("a window that shows");
        self.idle();
        (size.width, size.height)
    }

    fn resize_window(&mut self, width: u32, height: u32) -> (u32, u32) {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        let wanted = GuiSize { width, height };
        let taken = gui.adjust_size(&handle, wanted).unwrap_or(wanted);
        gui.set_size(&handle, taken).expect("a size");
        self.idle();
        (taken.width, taken.height)
    }

    fn idle(&mut self) {
        let due = self
            .instance
            .access_shared_handler(|asked| asked.callback.swap(false, Ordering::SeqCst));
        if due {
            self.instance.call_on_main_thread_callback();
        }
    }

    fn wanted_size(&mut self) -> Option<(u32, u32)> {
        self.idle();
        let packed = self
            .instance
            .access_shared_handler(|asked| asked.size.swap(0, Ordering::SeqCst));
        let GuiSize { width, height } = GuiSize::unpack_from_u64(packed);
        (packed != 0).then_some((width, height))
    }

    fn close_window(&mut self) {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        gui.destroy(&handle);
        self.idle();
    }

    fn play_on_a_thread(
        mut self,
        script: &Script,
        begin: impl FnOnce() + Send + 'static,
        mut meanwhile: impl FnMut(&mut Self) -> bool,
    ) {
        let (play, script) = (self.play, script.clone());
        let changes = script.changes.iter().map(|(block, change)| {
            let mut events = EventBuffer::new();
            let id = self.id(change.parameter);
            let (at, all) = (change.at as u32, Pckn::match_all());
            events.push(&ParamValueEvent::new(at, id, all, change.value));
            (*block, events)
        });
        let changes: Vec<(usize, EventBuffer)> = changes.collect();
        let mut processor = self.processor.take().expect("an active plugin");
        let played = move || {
            let (ins, outs) = play.channels;
            let mut input = vec![noise(1, play.longest); ins];
            let mut output = vec![vec![0.0; play.longest]; outs];
            let mut input_ports = AudioPorts::with_capacity(ins, 1);
            let mut output_ports = AudioPorts::with_capacity(outs, 1);
            let inputs = input_ports.with_input_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_input_only(
                    input.iter_mut().map(InputChannel::variable),
                ),
            }]);
            let mut outputs = output_ports.with_output_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(
                    output.iter_mut().map(|channel| channel.as_mut_slice()),
                ),
            }]);
            let (nothing, mut said) = (EventBuffer::new(), EventBuffer::new());
            let mut said = OutputEvents::from_buffer(&mut said);
            begin();
            at_pace(play, script.blocks, |number| {
                if script.resets.contains(&number) {
                    processor.reset();
                }
                let events = changes.iter().find(|(block, _)| *block == number);
                let events = InputEvents::from_buffer(events.map_or(&nothing, |(_, e)| e));
                processor
                    .process(&inputs, &mut outputs, &events, &mut said, None, None)
                    .expect("a processed block");
            });
            std::mem::forget(processor);
        };
        on_a_thread_for_ever(played, || meanwhile(&mut self));
        std::mem::forget(self);
    }

    fn block(&mut self, mut input: Vec<Vec<f32>>, changes: &[Change]) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let (ins, outs) = self.play.channels;
        let mut events = EventBuffer::new();
        for change in changes {
            let id = self.id(change.parameter);
            let (at, all) = (change.at as u32, Pckn::match_all());
            events.push(&ParamValueEvent::new(at, id, all, change.value));
        }
        let mut output = vec![vec![f32::NAN; length]; outs];
        let mut input_ports = AudioPorts::with_capacity(ins, 1);
        let mut output_ports = AudioPorts::with_capacity(outs, 1);
        let inputs = input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                input.iter_mut().map(InputChannel::variable),
            ),
        }]);
        let mut outputs = output_ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                output.iter_mut().map(|channel| channel.as_mut_slice()),
            ),
        }]);
        let mut said = EventBuffer::new();
        let transport = self.transport();
        let processor = self.processor.as_mut().expect("an active plugin");
        processor
            .process(
                &inputs,
                &mut outputs,
                &InputEvents::from_buffer(&events),
                &mut OutputEvents::from_buffer(&mut said),
                Some(self.steady),
                Some(&transport),
            )
            .expect("a processed block");
        self.steady += length as u64;
        self.position += length as i64;
        self.idle();
        output
    }
}

impl Drop for Clap {
    fn drop(&mut self) {
        self.deactivate();
    }
}

fn instance(entry: &PluginEntry) -> PluginInstance<Handlers> {
    const ID: &CStr = c"org.limpid.limpid";
    let info = HostInfo::new("Limpid's tests", "Limpid", "", "1").expect("a host");
    PluginInstance::new(|()| Asked::default(), |_| Main, entry, ID, &info).expect("an instance")
}
