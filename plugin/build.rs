//! Tells the linker what cargo's manifest cannot.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A host may let go of the plugin while the system's dialog for files is open, whose thread runs
    // code of this library: it must stay.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
