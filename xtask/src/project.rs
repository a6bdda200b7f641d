//! Where things are.

use std::path::{Path, PathBuf};

use limpid_engine::runtime::{LibraryFacts, RuntimeError};

/// The root of the source tree.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// What commands fetch and make that does not depend on how the project is built; not under version
/// control.
pub fn local() -> PathBuf {
    root().join(".limpid")
}

/// The ONNX Runtime library, once `setup` has fetched it.
pub fn library() -> Result<PathBuf, RuntimeError> {
    Ok(local().join(LibraryFacts::current()?.file_name))
}

/// cargo's target folder: the one that this program was built in.
pub fn target() -> std::io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    // TARGET/debug/xtask
    Ok(program.ancestors().nth(2).unwrap_or(root()).to_owned())
}

/// As seen from the root, where that is shorter.
pub fn relative(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}
