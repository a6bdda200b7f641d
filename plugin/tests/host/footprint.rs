//! What a process holds, to see what is left behind.

/// At one moment.
#[derive(Debug, Clone, Copy)]
pub struct Footprint {
    pub threads: usize,
    /// Files, sockets and the like.
    pub files: usize,
    /// Resident memory in MB.
    pub memory: f64,
}

impl Footprint {
    pub fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).expect("a list").count();
        let pages = std::fs::read_to_string("/proc/self/statm").expect("memory");
        let resident = pages.split(' ').nth(1).and_then(|n| n.parse().ok());
        let resident: f64 = resident.expect("pages");
        Self {
            threads: count("/proc/self/task"),
            files: count("/proc/self/fd"),
            memory: resident * 4096.0 / 1e6,
        }
    }
}
