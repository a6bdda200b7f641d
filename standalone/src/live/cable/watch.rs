//! Whether somebody records a source: asked when the server says that something has changed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::super::session::Provide;
use super::pactl::{command, end, listeners, pactl};

/// How long to wait for a server that is gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// A watch that lasts until this is dropped.
pub struct Watch {
    stop: Arc<AtomicBool>,
    child: Arc<Mutex<Option<Child>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn begin(
        source: &'static str,
        provide: Provide,
        tell: impl FnMut(bool) + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let child = Arc::new(Mutex::new(None));
        let (stopped, kept) = (Arc::clone(&stop), Arc::clone(&child));
        let thread = std::thread::Builder::new().name("limpid-watch".to_owned());
        let thread = thread
            .spawn(move || run(source, provide, tell, &stopped, &kept))
            .ok();
        Self {
            stop,
            child,
            thread,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = &mut *child {
            // Its end is what the thread waits for. One that is not here yet is ended by the thread.
            let _ = child.kill();
        }
        drop(child);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

fn run(
    source: &str,
    mut provide: Provide,
    mut tell: impl FnMut(bool),
    stop: &AtomicBool,
    kept: &Mutex<Option<Child>>,
) {
    let mut before = None;
    let mut ask = || {
        let now = is_listened(source);
        if now != before {
            before = now;
            // Without a server there is nobody.
            tell(now.unwrap_or(false));
        }
    };
    while !stop.load(Ordering::SeqCst) {
        // A server that was started anew knows nothing of it; one that is not there is asked again.
        let _ = provide();
        let started = command(&["subscribe"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        if let Ok(mut child) = started {
            let lines = child.stdout.take();
            {
                // Whoever wants the end says so before taking this lock: either finds the child here,
                // or is heard now.
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if stop.load(Ordering::SeqCst) {
                    end(&mut child);
                    return;
                }
                *kept = Some(child);
            }
            // Asked once the server tells of changes, so that none is overlooked.
            ask();
            for line in lines
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
            {
                let Ok(line) = line else { break };
                if line.contains("source-output") {
                    ask();
                }
            }
            let child = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(mut child) = child {
                let _ = child.wait();
            }
        }
        if stop.load(Ordering::SeqCst) {
            break;
        }
        ask();
        std::thread::park_timeout(PATIENCE);
    }
}

/// `None` when the server does not answer.
fn is_listened(source: &str) -> Option<bool> {
    let sources = pactl(&["list", "short", "sources"]).ok()?;
    let outputs = pactl(&["list", "source-outputs"]).ok()?;
    Some(listeners(source, &sources, &outputs) > 0)
}
