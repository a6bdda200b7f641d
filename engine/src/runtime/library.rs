//! The official builds of ONNX Runtime 1.23.2 that Limpid runs with.

use super::RuntimeError;

/// What one build of the library is: enough to recognise it before it is loaded.
///
/// The builds are those in the wheels of `onnxruntime` on PyPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFacts {
    /// Operating system, as in [`std::env::consts::OS`].
    pub os: &'static str,
    /// Processor, as in [`std::env::consts::ARCH`].
    pub arch: &'static str,
    /// Version of ONNX Runtime.
    pub version: &'static str,
    /// Our name for the file. Its own name would meet other programs' copies of the library: Windows
    /// gives a process that asks for `onnxruntime.dll` whichever it has loaded under that name.
    pub file_name: &'static str,
    /// Where the file lies inside the wheel.
    pub path_in_wheel: &'static str,
    /// The wheel's platform, as `pip download --platform` wants it.
    pub wheel_platform: &'static str,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in small hexadecimal digits.
    pub sha256: &'static str,
}

impl LibraryFacts {
    /// All builds, one a platform.
    pub const ALL: &'static [Self] = &[
        Self {
            os: "linux",
            arch: "x86_64",
            version: VERSION,
            file_name: "limpid_onnxruntime_1_23_2.so",
            path_in_wheel: "onnxruntime/capi/libonnxruntime.so.1.23.2",
            wheel_platform: "manylinux_2_27_x86_64",
            bytes: 22_326_072,
            sha256: "718c3fb0785d5ea06061b92c32ce4ad35be1bd4c71ae6192efe06f1ab21f0f8a",
        },
        Self {
            os: "linux",
            arch: "aarch64",
            version: VERSION,
            file_name: "limpid_onnxruntime_1_23_2.so",
            path_in_wheel: "onnxruntime/capi/libonnxruntime.so.1.23.2",
            wheel_platform: "manylinux_2_27_aarch64",
            bytes: 18_693_384,
            sha256: "ab8c4363e06ac80b3d1279ea55ebea44e906c5b131ba783ff684a067540c0e94",
        },
        Self {
            os: "windows",
            arch: "x86_64",
            version: VERSION,
            file_name: "limpid_onnxruntime_1_23_2.dll",
            path_in_wheel: "onnxruntime/capi/onnxruntime.dll",
            wheel_platform: "win_amd64",
            bytes: 15_709_728,
            sha256: "462ea8e85b881b26388c595f96b1b9b39e57565aa4725fe29136695c1ead179f",
        },
        Self {
            os: "macos",
            arch: "aarch64",
            version: VERSION,
            file_name: "limpid_onnxruntime_1_23_2.dylib",
            path_in_wheel: "onnxruntime/capi/libonnxruntime.1.23.2.dylib",
            wheel_platform: "macosx_13_0_arm64",
            bytes: 27_623_992,
            sha256: "92500010659b052368797e30c1841956b0efd699a8061ef8b3b25f27449c86e7",
        },
        Self {
            os: "macos",
            arch: "x86_64",
            version: VERSION,
            file_name: "limpid_onnxruntime_1_23_2.dylib",
            path_in_wheel: "onnxruntime/capi/libonnxruntime.1.23.2.dylib",
            wheel_platform: "macosx_13_0_x86_64",
            bytes: 30_819_512,
            sha256: "41e7960eccef34f60ca21d091d37bc97d0e70a0b4ce902babf5f795a76e1af74",
        },
    ];

    /// The build for the system that this program was compiled for.
    ///
    /// # Errors
    /// [`RuntimeError::UnsupportedPlatform`] where there is none.
    pub fn current() -> Result<&'static Self, RuntimeError> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        Self::ALL
            .iter()
            .find(|facts| facts.os == os && facts.arch == arch)
            .ok_or(RuntimeError::UnsupportedPlatform { os, arch })
    }
}

const VERSION: &str = "1.23.2";
