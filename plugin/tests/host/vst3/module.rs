//! The library as VST3 has it: what a host calls to get at the plugin, and before it lets go.

use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use std::rc::Rc;

use libloading::Library;
use vst3::Steinberg::Vst::IComponent;
use vst3::Steinberg::{IPluginFactory, IPluginFactoryTrait, PClassInfo, kResultOk};
use vst3::{ComPtr, Interface};

/// The plugin's library with its factory.
pub struct Module {
    factory: Option<ComPtr<IPluginFactory>>,
    library: Library,
}

impl Module {
    pub(super) fn open(plugin: &Path) -> Rc<Self> {
        type Enter = unsafe extern "C" fn(*mut c_void) -> bool;
        type Get = unsafe extern "C" fn() -> *mut IPluginFactory;
        // SAFETY: the library is the plugin that was built for these tests, and its functions are
        // those that VST3 names.
        unsafe {
            let library = Library::new(plugin).expect("the plugin's library");
            let enter = library.get::<Enter>(b"ModuleEntry").expect("an entry");
            assert!(enter(ptr::null_mut()));
            let get = library.get::<Get>(b"GetPluginFactory").expect("a factory");
            let factory = ComPtr::from_raw(get());
            assert!(factory.is_some());
            Rc::new(Self { factory, library })
        }
    }

    /// The one component that there is.
    pub(super) fn component(&self) -> ComPtr<IComponent> {
        let factory = self.factory.as_ref().expect("a factory");
        // SAFETY: room for the information and a pointer, and identifiers of 16 bytes.
        unsafe {
            assert_eq!(factory.countClasses(), 1);
            let mut class: PClassInfo = std::mem::zeroed();
            assert_eq!(factory.getClassInfo(0, &raw mut class), kResultOk);
            let mut object = ptr::null_mut();
            let (class, interface) = (class.cid.as_ptr(), IComponent::IID.as_ptr().cast());
            let made = factory.createInstance(class, interface, &raw mut object);
            assert_eq!(made, kResultOk);
            ComPtr::from_raw(object.cast()).expect("a component")
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        type Exit = unsafe extern "C" fn() -> bool;
        self.factory = None;
        // SAFETY: the function that VST3 names.
        unsafe {
            let exit = self.library.get::<Exit>(b"ModuleExit").expect("an exit");
            assert!(exit());
        }
    }
}
