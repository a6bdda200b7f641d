//! A CLAP host in the test's own process, and the engine to compare with.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its own part"
)]

mod bundle;
mod reference;

pub use bundle::{Bundle, fixture};
pub use reference::{enhanced, impulse, noise, speech};

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use clack_extensions::audio_ports_config::PluginAudioPortsConfig;
use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window,
};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_extensions::tail::PluginTail;
use clack_host::events::Pckn;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::events::io::EventBuffer;
use clack_host::prelude::*;
use clack_host::utils::ClapId;

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

/// How a host plays.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    pub rate: u32,
    /// Channels in and out; the plugin offers 2 to 2, 1 to 1 and 1 to 2.
    pub channels: (usize, usize),
    pub longest: usize,
    pub offline: bool,
}

impl Play {
    pub fn offline(rate: u32, longest: usize) -> Self {
        Self {
            rate,
            channels: (2, 2),
            longest,
            offline: true,
        }
    }

    pub fn mono(self) -> Self {
        Self {
            channels: (1, 1),
            ..self
        }
    }
}

/// A parameter that changes at a sample of all that is played.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub at: usize,
    pub parameter: &'static str,
    /// As CLAP has it: 0 to 1 for faders, whole steps for the rest.
    pub value: f64,
}

/// One instance of the plugin in the host.
pub struct Host {
    instance: PluginInstance<Handlers>,
    processor: Option<StartedPluginAudioProcessor<Handlers>>,
    pub play: Play,
    /// Samples played since the last activation.
    position: usize,
}

/// Loads the plugin's library.
pub fn load(path: &std::path::Path) -> PluginEntry {
    // SAFETY: the library is the plugin that was built for these tests.
    #[allow(unsafe_code, reason = "loading a library runs its code")]
    let entry = unsafe { PluginEntry::load(path) };
    entry.expect("the plugin's library")
}

impl Host {
    pub fn new(entry: &PluginEntry, play: Play) -> Self {
        let mut host = Self {
            instance: instance(entry),
            processor: None,
            play,
            position: 0,
        };
        host.choose_ports();
        host.activate();
        host
    }

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

    pub fn activate(&mut self) {
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
        self.position = 0;
        self.idle();
    }

    pub fn deactivate(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.instance.deactivate(processor.stop_processing());
        }
    }

    /// As a host does it when the plugin asks for it or the user changes something.
    pub fn reactivate(&mut self, play: Play) {
        self.deactivate();
        self.play = play;
        self.activate();
    }

    /// What the main thread does between blocks.
    pub fn idle(&mut self) {
        let due = self
            .instance
            .access_shared_handler(|asked| asked.callback.swap(false, Ordering::SeqCst));
        if due {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// How often the plugin has asked for a restart since the last call.
    pub fn restarts(&self) -> usize {
        self.instance
            .access_shared_handler(|asked| asked.restarts.swap(0, Ordering::SeqCst))
    }

    pub fn latency(&mut self) -> usize {
        let handle = self.instance.plugin_handle();
        let latency = handle.get_extension::<PluginLatency>().expect("latency");
        latency.get(&handle) as usize
    }

    pub fn tail(&mut self) -> u32 {
        let processor = self.processor.as_mut().expect("an active plugin");
        let handle = processor.plugin_handle();
        let tail = handle.get_extension::<PluginTail>().expect("a tail");
        tail.get(&handle).to_raw()
    }

    pub fn reset(&mut self) {
        self.processor.as_mut().expect("an active plugin").reset();
    }

    pub fn save(&mut self) -> Vec<u8> {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().expect("a state");
        let mut saved = Vec::new();
        state.save(&handle, &mut saved).expect("a saved state");
        saved
    }

    /// Whether the plugin takes the state.
    pub fn restore(&mut self, saved: &[u8]) -> bool {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().expect("a state");
        let taken = state.load(&handle, &mut &*saved).is_ok();
        self.idle();
        taken
    }

    /// Loads a state given as JSON.
    pub fn restore_json(&mut self, json: &str) -> bool {
        let mut saved = (json.len() as u64).to_le_bytes().to_vec();
        saved.extend_from_slice(json.as_bytes());
        self.restore(&saved)
    }

    /// The saved state as JSON.
    pub fn json(&mut self) -> serde_json::Value {
        serde_json::from_slice(&self.save()[8..]).expect("JSON after the length")
    }

    /// Names of all parameters, in order.
    pub fn parameters(&mut self) -> Vec<String> {
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        (0..params.count(&handle))
            .map(|index| {
                let mut buffer = ParamInfoBuffer::new();
                let info = params.get_info(&handle, index, &mut buffer);
                let info = info.expect("a parameter");
                String::from_utf8_lossy(info.name).into_owned()
            })
            .collect()
    }

    fn id(&mut self, name: &str) -> ClapId {
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        for index in 0..params.count(&handle) {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(&handle, index, &mut buffer);
            let info = info.expect("a parameter");
            if info.name == name.as_bytes() {
                return info.id;
            }
        }
        panic!("there is no parameter {name}")
    }

    pub fn value(&mut self, name: &str) -> f64 {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        params.get_value(&handle, id).expect("a value")
    }

    pub fn text(&mut self, name: &str, value: f64) -> String {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        let mut buffer = [0; 64];
        let text = params.value_to_text(&handle, id, value, &mut buffer);
        String::from_utf8_lossy(text.expect("a text")).into_owned()
    }

    pub fn parse(&mut self, name: &str, text: &str) -> Option<f64> {
        let id = self.id(name);
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>().expect("parameters");
        let text = CString::new(text).expect("a text without zeros");
        params.text_to_value(&handle, id, &text)
    }

    /// Opens the window inside an X11 window; gives its size in pixels.
    pub fn open_window(&mut self, parent: u32) -> GuiSize {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        let configuration = GuiConfiguration {
            api_type: GuiApiType::X11,
            is_floating: false,
        };
        gui.create(&handle, configuration).expect("a window");
        let size = gui.get_size(&handle).expect("a size");
        // SAFETY: the test closes the plugin's window before its own.
        #[allow(unsafe_code, reason = "a window is given by its number")]
        unsafe {
            let parent = Window::from_x11_handle(parent.into());
            gui.set_parent(&handle, parent).expect("a parent");
        }
        gui.show(&handle).expect("a window that shows");
        self.idle();
        size
    }

    /// Gives the open window another size in pixels; gives the one that it took.
    pub fn resize_window(&mut self, width: u32, height: u32) -> GuiSize {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        let wanted = GuiSize { width, height };
        let taken = gui.adjust_size(&handle, wanted).unwrap_or(wanted);
        gui.set_size(&handle, taken).expect("a size");
        self.idle();
        taken
    }

    pub fn close_window(&mut self) {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().expect("a window");
        gui.destroy(&handle);
        self.idle();
    }

    /// Plays `input` (a channel each) in blocks of the lengths that `blocks` gives, with parameters
    /// changing on the way.
    pub fn run(
        &mut self,
        input: &[Vec<f32>],
        changes: &[Change],
        mut blocks: impl FnMut() -> usize,
    ) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let mut output = vec![Vec::with_capacity(length); self.play.channels.1];
        let changes: Vec<(usize, ClapId, f64)> = changes
            .iter()
            .map(|c| (c.at, self.id(c.parameter), c.value))
            .collect();
        let mut done = 0;
        while done < length {
            let count = blocks().clamp(1, self.play.longest).min(length - done);
            let mut events = EventBuffer::new();
            for (at, id, value) in &changes {
                if (done..done + count).contains(at) {
                    let time = (at - done) as u32;
                    events.push(&ParamValueEvent::new(time, *id, Pckn::match_all(), *value));
                }
            }
            let block: Vec<Vec<f32>> = input
                .iter()
                .map(|channel| channel[done..done + count].to_vec())
                .collect();
            for (all, part) in output.iter_mut().zip(self.block(block, &events)) {
                all.extend(part);
            }
            done += count;
        }
        output
    }

    /// Plays one block.
    fn block(&mut self, mut input: Vec<Vec<f32>>, events: &EventBuffer) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let (ins, outs) = self.play.channels;
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
        let processor = self.processor.as_mut().expect("an active plugin");
        processor
            .process(
                &inputs,
                &mut outputs,
                &InputEvents::from_buffer(events),
                &mut OutputEvents::from_buffer(&mut said),
                Some(self.position as u64),
                None,
            )
            .expect("a processed block");
        self.position += length;
        self.idle();
        output
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.deactivate();
    }
}

fn instance(entry: &PluginEntry) -> PluginInstance<Handlers> {
    const ID: &CStr = c"org.limpid.limpid";
    let info = HostInfo::new("Limpid's tests", "Limpid", "", "1").expect("a host");
    PluginInstance::new(|()| Asked::default(), |_| Main, entry, ID, &info).expect("an instance")
}

/// Blocks of one length.
pub fn blocks(length: usize) -> impl FnMut() -> usize {
    move || length
}

/// Blocks of lengths from 1 to `longest`, the same for the same seed.
pub fn random_blocks(seed: u64, longest: usize) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        1 + (state >> 33) as usize % longest
    }
}
