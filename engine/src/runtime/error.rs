//! Every way in which the library can be missing or wrong.

use std::io;
use std::path::PathBuf;

/// Why there is no ONNX Runtime. Without it no model runs, and the sound passes unchanged.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is no official build for this system.
    #[error(
        "there is no ONNX Runtime for {os} on {arch}; Limpid runs on Linux, macOS and Windows on x86-64, and on Linux and macOS on arm64"
    )]
    UnsupportedPlatform {
        /// Name of the operating system.
        os: &'static str,
        /// Name of the processor architecture.
        arch: &'static str,
    },
    /// No folder of the search has the library.
    #[error(
        "the ONNX Runtime library {file_name} was not found; install Limpid again, \
         or name the file in the variable LIMPID_ONNXRUNTIME. Searched: {}",
        listed(.searched)
    )]
    NotFound {
        /// Name of the file that was looked for.
        file_name: &'static str,
        /// The paths that were tried, in order.
        searched: Vec<PathBuf>,
    },
    /// The file that was named does not exist.
    #[error("the ONNX Runtime library {} does not exist; correct the path, or leave it out to search the usual folders", .path.display())]
    Missing {
        /// The path that was named.
        path: PathBuf,
    },
    /// A folder, a device or the like where the library should be.
    #[error("{} is not a file, so it cannot be the ONNX Runtime library; name the file itself", .path.display())]
    NotAFile {
        /// The path that was tried.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the ONNX Runtime library {} cannot be read: {source}; correct its permissions, or install Limpid again", .path.display())]
    Unreadable {
        /// The path that was tried.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has another length than the official build: cut short, or another build.
    #[error("{} has {found} bytes, ONNX Runtime {version} has {expected}; it is damaged or another build, install Limpid again", .path.display())]
    WrongSize {
        /// The path that was tried.
        path: PathBuf,
        /// The version that was expected.
        version: &'static str,
        /// Bytes of the official build.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// The file has the right length and another content.
    #[error("{} is not ONNX Runtime {version}: its SHA-256 is {found}, not {expected}; it is damaged or another build, install Limpid again", .path.display())]
    WrongHash {
        /// The path that was tried.
        path: PathBuf,
        /// The version that was expected.
        version: &'static str,
        /// SHA-256 of the official build, in hexadecimal.
        expected: &'static str,
        /// SHA-256 of the file.
        found: String,
    },
    /// The verified file would not load or would not start.
    #[error("the ONNX Runtime library {} was verified, but this system will not load it: {reason}; see the requirements in the documentation", .path.display())]
    Refused {
        /// The path that was tried.
        path: PathBuf,
        /// What the system or the library said.
        reason: String,
    },
    /// A process can hold one library, and it holds another file than the one named.
    #[error("this process has loaded {} and cannot load {} as well; restart it to change the library", .loaded.display(), .asked.display())]
    OtherAlreadyLoaded {
        /// The file that was loaded.
        loaded: PathBuf,
        /// The file that was named.
        asked: PathBuf,
    },
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    paths.join(", ")
}
