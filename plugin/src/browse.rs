//! The system's own dialog for choosing a model's file, on a thread of its own.
//!
//! On Linux alone: there the dialog is another program's, reached by the desktop portal or zenity. On
//! Windows and macOS it would be code of this process, which a host that lets go of the plugin could
//! take from under it; the path is typed there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::librarian::Wish;
use crate::stream::StreamHandle;

/// Opens one dialog at a time.
#[derive(Default)]
pub(crate) struct Browser {
    open: Arc<AtomicBool>,
}

impl Browser {
    pub(crate) const IS_THERE: bool = cfg!(target_os = "linux");

    /// Opens the dialog unless it is open; what is chosen becomes the wish. An instance that goes
    /// meanwhile is not kept.
    pub(crate) fn begin(&self, wish: &Arc<Wish>, stream: &Arc<StreamHandle>) {
        if self.open.swap(true, Ordering::Relaxed) {
            return;
        }
        let open = Arc::clone(&self.open);
        let (wish, listener) = (Arc::downgrade(wish), Arc::downgrade(stream));
        let thread = std::thread::Builder::new().name("limpid-dialog".to_owned());
        let started = thread.spawn(move || {
            ask(&wish, &listener);
            open.store(false, Ordering::Relaxed);
        });
        if let Err(error) = started {
            self.open.store(false, Ordering::Relaxed);
            stream.remark(Some(format!(
                "No dialog can be opened, as the system gave no thread: {error}. Type the path."
            )));
        }
    }
}

#[cfg(target_os = "linux")]
fn ask(wish: &Weak<Wish>, stream: &Weak<StreamHandle>) {
    use std::time::{Duration, Instant};

    use limpid_panel::ModelChoice;

    use crate::models::Wanted;

    /// Nobody cancels so quickly: a dialog that is gone by then never came.
    const NEVER_CAME: Duration = Duration::from_millis(300);

    let begun = Instant::now();
    let dialog = rfd::FileDialog::new()
        .set_title("A model for Limpid")
        .add_filter("ONNX models", &["onnx"]);
    let chosen = dialog.pick_file();
    let (Some(wish), Some(stream)) = (wish.upgrade(), stream.upgrade()) else {
        return;
    };
    match chosen {
        Some(path) => {
            let name = path.file_stem().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            stream.remark(None);
            wish.choose(Wanted::chosen(&ModelChoice { name, path }));
        }
        None if begun.elapsed() < NEVER_CAME => stream.remark(Some(
            "No dialog for files came up: it takes a desktop portal or the program zenity. Type the \
             path of the model instead."
                .to_owned(),
        )),
        None => {}
    }
}

#[cfg(not(target_os = "linux"))]
fn ask(_: &Weak<Wish>, _: &Weak<StreamHandle>) {}
