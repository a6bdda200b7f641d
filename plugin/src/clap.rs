//! The entry point of the CLAP.
//!
//! It does what `nice_export_clap!` of nice-plug 0.4.2 does, with one thing mended: its tail is what the
//! last block has told, and so none before the first block and after each start. A host that asks then,
//! to know how much longer it has to play than its input, would cut the end. Here the tail is never
//! shorter than the latency.
#![allow(
    unsafe_code,
    reason = "the interface is one of raw pointers, as CLAP defines it"
)]

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use nice_plug::wrapper::clap::{
    CLAP_PLUGIN_FACTORY_ID, CLAP_VERSION, PluginDescriptor, Wrapper, clap_host, clap_plugin,
    clap_plugin_descriptor, clap_plugin_entry, clap_plugin_factory,
};
use nice_plug::wrapper::setup_logger;

use crate::Limpid;

/// What a host looks for first in the library.
#[unsafe(no_mangle)]
#[used]
pub(crate) static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(get_factory),
};

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(plugin_count),
    get_plugin_descriptor: Some(plugin_descriptor),
    create_plugin: Some(create_plugin),
};

static TAIL: clap_plugin_tail = clap_plugin_tail {
    get: Some(tail_at_least_the_latency),
};

type GetExtension = unsafe extern "C" fn(*const clap_plugin, *const c_char) -> *const c_void;

/// nice-plug's own, the same for every instance.
static THEIRS: OnceLock<GetExtension> = OnceLock::new();

fn descriptor() -> &'static PluginDescriptor {
    static DESCRIPTOR: OnceLock<PluginDescriptor> = OnceLock::new();
    DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Limpid>)
}

unsafe extern "C" fn init(_: *const c_char) -> bool {
    setup_logger::<Limpid>();
    true
}

unsafe extern "C" fn deinit() {}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    // SAFETY: null or a text that ends with a zero.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        (&raw const FACTORY).cast()
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn plugin_count(_: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(
    _: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 {
        descriptor().clap_plugin_descriptor()
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn create_plugin(
    _: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: null or a text that ends with a zero.
    if id.is_null() || unsafe { CStr::from_ptr(id) } != descriptor().clap_id() {
        return ptr::null();
    }
    // SAFETY: the host gives itself, alive for longer than the instance. nice-plug takes the reference
    // back when the host destroys the instance; until then it keeps the wrapper alive, and with it the
    // table of functions in it, of which no other thread and no host knows yet.
    unsafe {
        let wrapper = Arc::into_raw(Wrapper::<Limpid>::new(host));
        let plugin = (*wrapper).clap_plugin.as_ptr();
        if let Some(theirs) = (*plugin).get_extension {
            THEIRS.get_or_init(|| theirs);
            (*plugin).get_extension = Some(get_extension);
        }
        plugin
    }
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    // SAFETY: null or a text that ends with a zero.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_EXT_TAIL {
        return (&raw const TAIL).cast();
    }
    // SAFETY: the host's own arguments, for the function that they are meant for.
    THEIRS
        .get()
        .map_or(ptr::null(), |theirs| unsafe { theirs(plugin, id) })
}

unsafe extern "C" fn tail_at_least_the_latency(plugin: *const clap_plugin) -> u32 {
    let Some(theirs) = THEIRS.get() else {
        return 0;
    };
    // SAFETY: the host's own plugin, and extensions of it by their own names: tables that live as long
    // as it does, of functions that any thread of a host's may call.
    unsafe {
        let tail = theirs(plugin, CLAP_EXT_TAIL.as_ptr()).cast::<clap_plugin_tail>();
        let latency = theirs(plugin, CLAP_EXT_LATENCY.as_ptr()).cast::<clap_plugin_latency>();
        let tail = tail.as_ref().and_then(|table| table.get);
        let latency = latency.as_ref().and_then(|table| table.get);
        let samples = |get: Option<unsafe extern "C" fn(*const clap_plugin) -> u32>| {
            get.map_or(0, |get| get(plugin))
        };
        samples(tail).max(samples(latency))
    }
}
