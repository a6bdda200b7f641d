//! What the user must know of the stream, in one sentence or two.

use limpid_panel::{Notice, NoticeKind};

use crate::stream::Glance;

/// The most important; `hushed` when the user knows that the worker has no priority.
pub(super) fn of(glance: Glance, hushed: bool) -> Option<Notice> {
    let warning = |text: String, dismissible| {
        Some(Notice {
            kind: NoticeKind::Warning,
            text,
            dismissible,
        })
    };
    if let Some(text) = glance.refusal {
        return warning(text, false);
    }
    if let Some(reason) = glance.status.failed {
        return warning(
            format!("The model has failed, and the sound passes through unchanged: {reason}."),
            false,
        );
    }
    if let Some(text) = glance.remark {
        return warning(text, true);
    }
    if let Some(rejected) = glance.status.rejected {
        return warning(format!("The model was not taken over: {rejected}."), false);
    }
    let refused = glance.priority.filter(|_| !hushed)?;
    (glance.status.misses > 0).then(|| Notice {
        kind: NoticeKind::Information,
        text: format!(
            "Some sound was not computed in time, and the system gives the worker no priority \
             over other programs: {refused}. Use larger blocks, or allow it real-time priority."
        ),
        dismissible: true,
    })
}
