//! Two files that grow while the sound runs: what was heard, and what was made of it.
//!
//! Both are 32-bit float WAV and line up to the sample. Their headers are brought up to date four
//! times a second, after the samples that they tell of, so files are playable whenever the process
//! ends, and however. Before a file reaches the 4 GiB that its header can count, the next pair begins.

mod series;
mod writers;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use ringbuf::traits::{Consumer, Observer, Split};
use ringbuf::{HeapCons, HeapRb};

use super::feeder::Tape;
pub use series::{Paths, Series};
use writers::Writers;

/// From one look at the tape to the next.
const PACE: Duration = Duration::from_millis(250);
/// What a tape holds, in seconds: a disk may be busy for so long.
const TAPE: usize = 10;

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something of that name is there.
    #[error("{} exists already; choose another name, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// Both names lead to one file.
    #[error("{} are one file; a recording needs two", .0.describe())]
    Same(Paths),
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
    /// Where it began.
    paths: Paths,
    rate: u32,
    channels: usize,
}

impl Recorder {
    /// Makes the next files of a series and waits for sound.
    pub fn begin(series: &Series, rate: u32, channels: usize) -> Result<Self, RecordError> {
        let writers = Writers::open(series, rate, channels)?;
        let paths = writers.paths().clone();
        let (tapes, incoming) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(Progress::default());
        let clerk = Clerk {
            writers: Some(writers),
            series: series.clone(),
            channels,
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
            paths,
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

    /// The files that it began with.
    pub fn paths(&self) -> &Paths {
        &self.paths
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

/// What the recorder's thread works with.
struct Clerk {
    /// `None` once a next pair could not be made.
    writers: Option<Writers>,
    series: Series,
    channels: usize,
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
                *failed = Some(reason);
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
        if let Some(writers) = self.writers.as_mut().filter(|_| wrote) {
            let flushed = writers.flush();
            flushed.map_err(|error| ended(writers, &error))?;
        }
        Ok(())
    }

    /// Writes what is on the tape; tells whether that was anything.
    fn empty(&mut self) -> Result<bool, String> {
        let Some(tape) = &mut self.tape else {
            return Ok(false);
        };
        let mut wrote = false;
        while tape.occupied_len() > 0
            && let Some(mut writers) = self.writers.take()
        {
            // Both are whole frames.
            let count = tape.pop_slice(&mut self.room);
            let written = writers.write(&self.room[..count]);
            written.map_err(|error| ended(&writers, &error))?;
            let frames = count / 2 / self.channels;
            self.progress
                .frames
                .fetch_add(frames as u64, Ordering::Relaxed);
            wrote = true;
            if writers.is_full() {
                let before = writers.paths().describe();
                writers = writers.follow(&self.series).map_err(|error| {
                    format!("the recording has ended after {before}, which are full: {error}")
                })?;
            }
            self.writers = Some(writers);
        }
        Ok(wrote)
    }
}

/// Why a recording goes no further than its present files.
fn ended(writers: &Writers, reason: &hound::Error) -> String {
    let paths = writers.paths().describe();
    format!("the recording into {paths} has ended: {reason}")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        reason = "a test ends where something it needs is not there"
    )]

    use std::path::Path;

    use ringbuf::traits::Producer;

    use super::*;

    fn samples(path: &Path) -> Vec<f32> {
        let mut reader = hound::WavReader::open(path).expect("a WAV file");
        let samples: Result<Vec<f32>, _> = reader.samples::<f32>().collect();
        samples.expect("floats")
    }

    fn begin(paths: &Paths, force: bool, channels: usize) -> Result<Recorder, RecordError> {
        Recorder::begin(&Series::new(paths.clone(), force), 48_000, channels)
    }

    /// Waits until so many frames are written, without waiting for the clerk's pace.
    fn wait_for(recorder: &Recorder, frames: u64) {
        let begun = std::time::Instant::now();
        while recorder.progress().frames() < frames && begun.elapsed() < Duration::from_secs(10) {
            if let Some(thread) = &recorder.thread {
                thread.thread().unpark();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
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
        let recorder = begin(&paths, false, 2).expect("a recording");
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
        let recorder = begin(&paths, false, 1).expect("a recording");
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
        let refused = begin(&paths, false, 1).err();
        assert!(refused.expect("a refusal").to_string().contains("--force"));
        assert!(!paths.noisy.exists());
        assert_eq!(std::fs::read(&paths.voice).expect("a file"), b"precious");
        drop(begin(&paths, true, 1).expect("a recording"));
        assert_eq!(samples(&paths.voice), [] as [f32; 0]);
    }

    #[test]
    fn a_second_file_that_cannot_be_made_leaves_no_first_one_and_spoils_none() {
        let (folder, mut paths) = scene();
        paths.voice = folder.path().join("no/voice.wav");
        let refused = begin(&paths, true, 1).err().expect("a refusal");
        assert!(refused.to_string().contains("voice.wav"), "{refused}");
        assert!(!paths.noisy.exists());
        std::fs::write(&paths.noisy, "precious").expect("a file");
        assert!(begin(&paths, true, 1).is_err());
        assert_eq!(std::fs::read(&paths.noisy).expect("a file"), b"precious");
    }

    #[cfg(unix)]
    #[test]
    fn two_names_of_one_file_are_refused() {
        let (_folder, paths) = scene();
        std::fs::write(&paths.noisy, "precious").expect("a file");
        std::os::unix::fs::symlink(&paths.noisy, &paths.voice).expect("a link");
        let refused = begin(&paths, true, 1).err().expect("a refusal");
        assert!(refused.to_string().contains("are one file"), "{refused}");
        assert_eq!(std::fs::read(&paths.noisy).expect("a file"), b"precious");
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let (folder, _) = scene();
        let paths = Paths {
            noisy: folder.path().join("no/noisy.wav"),
            voice: folder.path().join("no/voice.wav"),
        };
        let refused = begin(&paths, false, 1).err();
        assert!(
            refused
                .expect("a refusal")
                .to_string()
                .contains("noisy.wav")
        );
    }

    #[test]
    fn a_full_pair_is_followed_by_the_next_and_no_frame_is_lost() {
        let (folder, paths) = scene();
        // Ten frames of one channel.
        let series = Series::new(paths, false).up_to(40);
        let recorder = Recorder::begin(&series, 48_000, 1).expect("a recording");
        let mut tape = recorder.tape();
        for frame in 0..25 {
            tape.frames.push_slice(&[frame as f32, -(frame as f32)]);
            // Whole deliveries go into one file, so each is waited for.
            wait_for(&recorder, frame + 1);
        }
        drop(recorder);
        let names = ["noisy.wav", "noisy-2.wav", "noisy-3.wav"];
        let parts = names.map(|name| samples(&folder.path().join(name)));
        assert_eq!(parts[0].len(), 10);
        let all: Vec<f32> = parts.concat();
        assert!(all.iter().zip(0..).all(|(x, n)| *x == n as f32), "{all:?}");
        assert_eq!(all.len(), 25);
        assert_eq!(samples(&folder.path().join("voice-3.wav"))[4], -24.0);
    }

    #[test]
    fn a_recording_that_goes_on_after_a_full_pair_takes_new_files_even_by_force() {
        for force in [false, true] {
            let (folder, paths) = scene();
            let series = Series::new(paths, force).up_to(40);
            let mut first = 0.0;
            // As when the device changes its rate: another recorder of the same series.
            for rate in [48_000, 44_100] {
                let recorder = Recorder::begin(&series, rate, 1).expect("a recording");
                let mut tape = recorder.tape();
                for frame in 0..15 {
                    let x = first + frame as f32;
                    tape.frames.push_slice(&[x, -x]);
                    wait_for(&recorder, frame + 1);
                }
                assert_eq!(recorder.progress().failed(), None);
                first += 15.0;
            }
            let names = ["noisy.wav", "noisy-2.wav", "noisy-3.wav", "noisy-4.wav"];
            let all = names
                .map(|name| samples(&folder.path().join(name)))
                .concat();
            assert_eq!(all, (0..30).map(|n| n as f32).collect::<Vec<f32>>());
        }
    }
}
