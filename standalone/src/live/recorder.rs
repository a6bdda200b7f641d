//! Two files that grow while the sound runs: what was heard, and what was made of it.
//!
//! Both are 32-bit float WAV and line up to the sample. Their headers are brought up to date four
//! times a second, after the samples that they tell of, so files are playable whenever the process
//! ends, and however. Before a file reaches the 4 GiB that its header can count, the next pair begins.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};
use ringbuf::traits::{Consumer, Observer, Split};
use ringbuf::{HeapCons, HeapRb};

use super::feeder::Tape;

/// From one look at the tape to the next.
const PACE: Duration = Duration::from_millis(250);
/// What a tape holds, in seconds: a disk may be busy for so long.
const TAPE: usize = 10;
/// Bytes of samples in a file, at most.
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
            Some((noisy, voice)) if !noisy.is_empty() && !voice.is_empty() && noisy != voice => {
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
    pub(super) fn part(&self, part: u32) -> Self {
        let numbered = |path: &Path| {
            if part == 1 {
                return path.to_owned();
            }
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!("{stem}-{part}.{extension}"))
        };
        Self {
            noisy: numbered(&self.noisy),
            voice: numbered(&self.voice),
        }
    }

    fn describe(&self) -> String {
        format!("{} and {}", self.noisy.display(), self.voice.display())
    }
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something of that name is there.
    #[error("{} exists already; choose another name, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// How a recording is doing.
#[derive(Debug, Default)]
pub struct Progress {
    frames: AtomicU64,
    lost: Arc<AtomicU64>,
    failed: Mutex<Option<String>>,
}

impl Progress {
    /// Frames in the files.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Blocks that found no room on the tape, as the disk was busy for too long.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Why it has ended by itself.
    pub fn failed(&self) -> Option<String> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A recording under way; it ends when this is dropped.
pub struct Recorder {
    tapes: mpsc::Sender<HeapCons<f32>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
    rate: u32,
    channels: usize,
}

impl Recorder {
    /// Makes the files and waits for sound. Files that are there are replaced only when `force`d.
    pub fn begin(
        paths: &Paths,
        force: bool,
        rate: u32,
        channels: usize,
    ) -> Result<Self, RecordError> {
        let writers = Writers::open(paths, 1, force, rate, channels)?;
        let (tapes, incoming) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(Progress::default());
        let clerk = Clerk {
            writers,
            part: 1,
            paths: paths.clone(),
            force,
            incoming,
            tape: None,
            room: vec![0.0; 2 * channels * 4096],
            progress: Arc::clone(&progress),
        };
        let stop = Arc::clone(&stopping);
        let thread = std::thread::Builder::new()
            .name("limpid-recorder".to_owned())
            .spawn(move || clerk.run(&stop))
            .map_err(|source| RecordError::Write {
                path: paths.noisy.clone(),
                source,
            })?;
        Ok(Self {
            tapes,
            stopping,
            thread: Some(thread),
            progress,
            rate,
            channels,
        })
    }

    /// The callback's end of a new tape; what is on the one before is still written.
    pub fn tape(&self) -> Box<Tape> {
        let frames = TAPE * self.rate as usize;
        let (sender, receiver) = HeapRb::new(2 * self.channels * frames).split();
        // The thread ends early only when the disk fails, and then nobody wants the samples.
        let _ = self.tapes.send(receiver);
        Box::new(Tape {
            frames: sender,
            lost: Arc::clone(&self.progress.lost),
        })
    }

    /// Whether it can take sound of this form.
    pub fn fits(&self, rate: u32, channels: usize) -> bool {
        (self.rate, self.channels) == (rate, channels)
    }

    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It can only have panicked over the disk; its files are as of the last look.
            drop(thread.join());
        }
    }
}

struct Writers {
    noisy: WavWriter<BufWriter<File>>,
    voice: WavWriter<BufWriter<File>>,
    channels: usize,
    frames: u64,
}

impl Writers {
    fn open(
        paths: &Paths,
        part: u32,
        force: bool,
        rate: u32,
        channels: usize,
    ) -> Result<Self, RecordError> {
        let paths = paths.part(part);
        let spec = WavSpec {
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            sample_rate: rate,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        if !force
            && let Some(there) = [&paths.noisy, &paths.voice]
                .into_iter()
                .find(|p| p.exists())
        {
            return Err(RecordError::Exists(there.clone()));
        }
        let open = |path: &PathBuf| {
            let refused = |source| RecordError::Write {
                path: path.clone(),
                source,
            };
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .open(path)
                .map_err(refused)?;
            let mut writer =
                WavWriter::new(BufWriter::new(file), spec).map_err(|e| refused(into_io(e)))?;
            writer.flush().map_err(|e| refused(into_io(e)))?;
            Ok(writer)
        };
        Ok(Self {
            noisy: open(&paths.noisy)?,
            voice: open(&paths.voice)?,
            channels,
            frames: 0,
        })
    }

    /// Frames of both, side by side.
    fn write(&mut self, beside: &[f32]) -> Result<(), hound::Error> {
        for frame in beside.chunks_exact(2 * self.channels) {
            let (noisy, voice) = frame.split_at(self.channels);
            for &sample in noisy {
                self.noisy.write_sample(sample)?;
            }
            for &sample in voice {
                self.voice.write_sample(sample)?;
            }
            self.frames += 1;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), hound::Error> {
        self.noisy.flush()?;
        self.voice.flush()
    }

    fn is_full(&self) -> bool {
        self.frames * self.channels as u64 * 4 >= LARGEST
    }
}

/// What the recorder's thread works with.
struct Clerk {
    writers: Writers,
    part: u32,
    paths: Paths,
    force: bool,
    incoming: mpsc::Receiver<HeapCons<f32>>,
    tape: Option<HeapCons<f32>>,
    room: Vec<f32>,
    progress: Arc<Progress>,
}

impl Clerk {
    fn run(mut self, stop: &AtomicBool) {
        loop {
            let last = stop.load(Ordering::Acquire);
            if let Err(reason) = self.look() {
                let mut failed = self
                    .progress
                    .failed
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *failed = Some(format!(
                    "the recording into {} has ended: {reason}",
                    self.paths.part(self.part).describe()
                ));
                return;
            }
            if last {
                return;
            }
            std::thread::park_timeout(PACE);
        }
    }

    fn look(&mut self) -> Result<(), String> {
        let mut wrote = self.empty()?;
        while let Ok(tape) = self.incoming.try_recv() {
            self.tape = Some(tape);
            wrote |= self.empty()?;
        }
        if wrote {
            self.writers.flush().map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Writes what is on the tape; tells whether that was anything.
    fn empty(&mut self) -> Result<bool, String> {
        let Some(tape) = &mut self.tape else {
            return Ok(false);
        };
        let mut wrote = false;
        while tape.occupied_len() > 0 {
            // Both are whole frames.
            let count = tape.pop_slice(&mut self.room);
            self.writers
                .write(&self.room[..count])
                .map_err(|e| e.to_string())?;
            let frames = count / 2 / self.writers.channels;
            self.progress
                .frames
                .fetch_add(frames as u64, Ordering::Relaxed);
            wrote = true;
            if self.writers.is_full() {
                self.part += 1;
                let spec = self.writers.noisy.spec();
                let channels = self.writers.channels;
                let next = Writers::open(
                    &self.paths,
                    self.part,
                    self.force,
                    spec.sample_rate,
                    channels,
                );
                let full = std::mem::replace(&mut self.writers, next.map_err(|e| e.to_string())?);
                full.noisy.finalize().map_err(|e| e.to_string())?;
                full.voice.finalize().map_err(|e| e.to_string())?;
            }
        }
        Ok(wrote)
    }
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use ringbuf::traits::Producer;

    use super::*;

    fn samples(path: &Path) -> Vec<f32> {
        let mut reader = hound::WavReader::open(path).expect("a WAV file");
        let samples: Result<Vec<f32>, _> = reader.samples::<f32>().collect();
        samples.expect("floats")
    }

    fn scene() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = Paths {
            noisy: folder.path().join("noisy.wav"),
            voice: folder.path().join("voice.wav"),
        };
        (folder, paths)
    }

    #[test]
    fn both_files_hold_their_side_over_a_change_of_tape() {
        let (_folder, paths) = scene();
        let recorder = Recorder::begin(&paths, false, 48_000, 2).expect("a recording");
        for start in [0.0, 100.0] {
            let mut tape = recorder.tape();
            for frame in 0..50 {
                let x = start + frame as f32;
                tape.frames.push_slice(&[x, x + 0.25, -x, -x - 0.25]);
            }
        }
        drop(recorder);
        let (noisy, voice) = (samples(&paths.noisy), samples(&paths.voice));
        assert_eq!(noisy.len(), 200);
        assert!(noisy.iter().zip(&voice).all(|(n, v)| *n == -*v));
        assert_eq!(noisy[198..], [149.0, 149.25]);
    }

    #[test]
    fn files_are_whole_while_they_grow() {
        let (_folder, paths) = scene();
        let recorder = Recorder::begin(&paths, false, 48_000, 1).expect("a recording");
        assert_eq!(samples(&paths.noisy), [] as [f32; 0]);
        let mut tape = recorder.tape();
        tape.frames.push_slice(&[0.5, -0.5]);
        let begun = std::time::Instant::now();
        while recorder.progress().frames() < 1 && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Frames are counted just before the headers are brought up to date.
        std::thread::sleep(2 * PACE);
        assert_eq!(samples(&paths.noisy), [0.5]);
        assert_eq!(samples(&paths.voice), [-0.5]);
    }

    #[test]
    fn what_is_there_is_not_replaced_unasked() {
        let (_folder, paths) = scene();
        std::fs::write(&paths.voice, "precious").expect("a file");
        let refused = Recorder::begin(&paths, false, 48_000, 1).err();
        assert!(refused.expect("a refusal").to_string().contains("--force"));
        assert!(!paths.noisy.exists());
        assert_eq!(std::fs::read(&paths.voice).expect("a file"), b"precious");
        drop(Recorder::begin(&paths, true, 48_000, 1).expect("a recording"));
        assert_eq!(samples(&paths.voice), [] as [f32; 0]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let (folder, _) = scene();
        let paths = Paths {
            noisy: folder.path().join("no/noisy.wav"),
            voice: folder.path().join("no/voice.wav"),
        };
        let refused = Recorder::begin(&paths, false, 48_000, 1).err();
        assert!(
            refused
                .expect("a refusal")
                .to_string()
                .contains("noisy.wav")
        );
    }

    #[test]
    fn paths_are_two_names() {
        let paths = Paths::parse("a.wav,b.wav").expect("two names");
        assert_eq!(paths.part(2).noisy, Path::new("a-2.wav"));
        for text in ["a.wav", "a.wav,", ",b.wav", "a.wav,a.wav"] {
            assert!(Paths::parse(text).is_err(), "{text}");
        }
    }
}
