//! The names of a recording's files, pair after pair.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::RecordError;

/// Bytes of samples in a file, at most: its header counts to 4 GiB.
const LARGEST: u64 = 4_000_000_000;

/// The two files of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// What came in.
    pub noisy: PathBuf,
    /// What was made of it.
    pub voice: PathBuf,
}

impl Paths {
    /// From `NOISY,VOICE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(',') {
            Some((noisy, voice))
                if !noisy.is_empty()
                    && !voice.is_empty()
                    && whole(Path::new(noisy)) != whole(Path::new(voice)) =>
            {
                Ok(Self {
                    noisy: noisy.into(),
                    voice: voice.into(),
                })
            }
            _ => {
                Err("a recording is two files with a comma between: noisy.wav,voice.wav".to_owned())
            }
        }
    }

    /// The pair number `part`: `noisy.wav`, then `noisy-2.wav`.
    fn part(&self, part: u32) -> Self {
        let numbered = |path: &Path| {
            if part == 1 {
                return path.to_owned();
            }
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let mut name = format!("{stem}-{part}");
            if let Some(extension) = path.extension() {
                name += &format!(".{}", extension.to_string_lossy());
            }
            path.with_file_name(name)
        };
        Self {
            noisy: numbered(&self.noisy),
            voice: numbered(&self.voice),
        }
    }

    /// The one that is there already, if any is.
    fn taken(&self) -> Option<&Path> {
        let both = [self.noisy.as_path(), self.voice.as_path()];
        both.into_iter().find(|path| path.exists())
    }

    pub(super) fn describe(&self) -> String {
        format!("{} and {}", self.noisy.display(), self.voice.display())
    }
}

/// A path from the root, by which two ways to the same file are told. The file need not be there; where
/// its folder is not, that is told when it is opened.
fn whole(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    path.file_name()
        .map_or(folder.clone(), |name| folder.join(name))
}

/// The pairs of one recording: the next begins when one is full, or when the sound changes its form. All
/// clones count on together, so none is given out twice.
#[derive(Debug, Clone)]
pub struct Series {
    paths: Paths,
    force: bool,
    largest: u64,
    given: Arc<AtomicU32>,
}

impl Series {
    /// With names that begin so. Files that are there are replaced only when `force`d.
    pub fn new(paths: Paths, force: bool) -> Self {
        Self {
            paths,
            force,
            largest: LARGEST,
            given: Arc::default(),
        }
    }

    /// The same with smaller files.
    #[cfg(test)]
    pub fn up_to(mut self, bytes: u64) -> Self {
        self.largest = bytes;
        self
    }

    /// Bytes of samples in a file, at most.
    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// The next names. The first are those that were asked for; later ones that are taken are passed over.
    pub(super) fn next(&self) -> Result<Paths, RecordError> {
        loop {
            let part = self.given.fetch_add(1, Ordering::Relaxed) + 1;
            let paths = self.paths.part(part);
            match paths.taken().filter(|_| !self.force) {
                None => return Ok(paths),
                Some(there) if part == 1 => return Err(RecordError::Exists(there.to_owned())),
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use super::*;

    #[test]
    fn paths_are_two_names() {
        let paths = Paths::parse("a.wav,b.wav").expect("two names");
        assert_eq!(paths.part(2).noisy, Path::new("a-2.wav"));
        let plain = Paths::parse("a,b.c").expect("two names").part(2);
        assert_eq!(plain.noisy, Path::new("a-2"));
        assert_eq!(plain.voice, Path::new("b-2.c"));
        let same = "a.wav,./a.wav";
        for text in ["a.wav", "a.wav,", ",b.wav", "a.wav,a.wav", same] {
            assert!(Paths::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn later_names_that_are_taken_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let paths = Paths {
            noisy: at("noisy.wav"),
            voice: at("voice.wav"),
        };
        std::fs::write(at("voice-2.wav"), "precious").expect("a file");
        let series = Series::new(paths.clone(), false);
        let next = |series: &Series| series.next().expect("names").noisy;
        assert_eq!(next(&series), at("noisy.wav"));
        assert_eq!(next(&series.clone()), at("noisy-3.wav"));
        // Whoever wants files replaced has the numbers without a hole.
        let forced = Series::new(paths, true);
        assert_eq!(
            [next(&forced), next(&forced)],
            [at("noisy.wav"), at("noisy-2.wav")]
        );
    }
}
