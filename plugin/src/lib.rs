//! Limpid as a plugin, VST3 and CLAP in one library.
//!
//! Thin on purpose: the audio thread moves samples between the host and
//! [`engine::realtime`](limpid_engine::realtime), the window is [`limpid_panel`], and what is left is
//! told here module by module:
//!
//! | module | what it does |
//! |---|---|
//! | `parameters` | the engine's parameters as the host sees them, and the saved fields |
//! | `places` | finds the library and the models from where the plugin itself lies |
//! | `models` | loads each model once a process, and tells why one is refused |
//! | `stream` | the stream that plays, shared by everything but the audio thread |
//! | `librarian` | the thread that loads models while audio plays |
//! | `editor` | opens windows in the size that the session has, and closes them for good |
//! | `window` | the panel in a window |
//! | `browse` | the system's dialog for choosing a file |
//! | `clap`, `vst3` | the entry points of both formats |

mod browse;
mod clap;
mod editor;
mod librarian;
mod models;
mod parameters;
mod places;
mod state;
mod stream;
mod vst3;
mod window;

use std::num::NonZeroU32;
use std::sync::Arc;

use limpid_engine::realtime::{Mode, Port};
use nice_plug::prelude::*;

use editor::{LimpidEditor, Plugged};
use librarian::Librarian;
use parameters::LimpidParameters;
use stream::{Shape, StreamHandle};

/// The plugin.
pub struct Limpid {
    parameters: Arc<LimpidParameters>,
    stream: Arc<StreamHandle>,
    librarian: Librarian,
    /// The audio thread's half; `None` passes the sound through.
    port: Option<Port>,
    /// Channels that the host brings in.
    channels: usize,
    mode: Mode,
    #[cfg(feature = "assert-allocs")]
    offence: Option<Offence>,
}

/// What tests have the audio thread do, to see that it is caught.
#[cfg(feature = "assert-allocs")]
#[derive(Debug, Clone, Copy)]
enum Offence {
    Allocate,
    Sleep,
}

#[cfg(feature = "assert-allocs")]
impl Offence {
    fn asked_for() -> Option<Self> {
        match std::env::var("LIMPID_TEST_OFFENCE").ok()?.as_str() {
            "allocate" => Some(Self::Allocate),
            "sleep" => Some(Self::Sleep),
            _ => None,
        }
    }

    fn commit(self) {
        match self {
            Self::Allocate => drop(std::hint::black_box(vec![0.0f32; 512])),
            Self::Sleep => std::thread::sleep(std::time::Duration::from_micros(50)),
        }
    }
}

impl Default for Limpid {
    /// Hosts make short-lived objects to look at a plugin: no file and no thread is touched here.
    fn default() -> Self {
        places::remember();
        let stream = Arc::new(StreamHandle::default());
        let librarian = Librarian::new(Arc::clone(&stream));
        Self {
            parameters: Arc::new(LimpidParameters::new(librarian.wish())),
            stream,
            librarian,
            port: None,
            channels: 0,
            mode: Mode::RealTime,
            #[cfg(feature = "assert-allocs")]
            offence: Offence::asked_for(),
        }
    }
}

const fn layout(input: u32, output: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(input),
        main_output_channels: NonZeroU32::new(output),
        ..AudioIOLayout::const_default()
    }
}

impl Plugin for Limpid {
    const NAME: &'static str = "Limpid";
    const VENDOR: &'static str = "Limpid";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, 2), layout(1, 1), layout(1, 2)];
    /// Blocks are cut where a parameter changes, so automation acts at its sample.
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = LimpidEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        Arc::clone(&self.parameters) as Arc<dyn Params>
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Self::Editor> {
        LimpidEditor::new(Plugged {
            parameters: Arc::clone(&self.parameters),
            stream: Arc::clone(&self.stream),
            wish: self.librarian.wish(),
        })
    }

    fn filter_state(state: &mut PluginState) {
        state::migrate(state);
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let channels = layout.main_input_channels.map_or(0, NonZeroU32::get);
        self.mode = match buffers.process_mode {
            ProcessMode::Offline => Mode::Offline,
            ProcessMode::Realtime | ProcessMode::Buffered => Mode::RealTime,
        };
        let shape = Shape {
            sample_rate: buffers.sample_rate.round() as u32,
            channels: channels as usize,
            longest_block: buffers.max_buffer_size.max(1) as usize,
            mode: self.mode,
        };
        #[cfg(test)]
        tests::note_mode(self.mode);
        self.start(shape);
        context.set_latency_samples(self.latency());
        true
    }

    fn reset(&mut self) {
        if let Some(port) = &mut self.port {
            port.reset();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        #[cfg(feature = "assert-allocs")]
        if let Some(offence) = self.offence {
            offence.commit();
        }
        let controls = self.parameters.controls();
        let block = buffer.as_slice();
        let inputs = self.channels.min(block.len());
        let (heard, further) = block.split_at_mut(inputs);
        if let Some(port) = &mut self.port {
            port.process(heard, &controls, self.mode);
        }
        if let Some(first) = heard.first() {
            for channel in further {
                channel.copy_from_slice(first);
            }
        }
        if self.stream.restart_is_due() {
            context.request_restart();
        }
        // A host that stops when the input falls silent must wait for what is still on its way.
        ProcessStatus::Tail(self.latency())
    }
}

impl Limpid {
    /// Gets ready to play with the model that is wanted.
    fn start(&mut self, shape: Shape) {
        self.channels = shape.channels;
        let wanted = self.parameters.model.get();
        self.port = self.stream.activate(shape, &wanted, self.port.take());
        self.librarian.start(&wanted);
    }

    /// Samples from input to output as things play.
    fn latency(&self) -> u32 {
        let samples = self.port.as_ref().map_or(0, Port::latency);
        u32::try_from(samples).unwrap_or(u32::MAX)
    }
}

impl ClapPlugin for Limpid {
    const CLAP_ID: &'static str = "org.limpid.limpid";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Splits speech from its background in real time, with a fader for each");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Restoration,
        ClapFeature::Mono,
        ClapFeature::Stereo,
    ];
}

impl Vst3Plugin for Limpid {
    const VST3_CLASS_ID: [u8; 16] = *b"LimpidVoiceFader";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Restoration];
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use limpid_engine::realtime::Mode;

    thread_local! {
        static LAST_MODE: Cell<Option<Mode>> = const { Cell::new(None) };
    }

    /// The mode of the last activation on this thread.
    pub(crate) fn last_mode() -> Option<Mode> {
        LAST_MODE.get()
    }

    pub(crate) fn note_mode(mode: Mode) {
        LAST_MODE.set(Some(mode));
    }
}
