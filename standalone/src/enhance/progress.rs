//! A bar on stderr, when a person watches it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far the file is gone through. Dropping it takes the bar away.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For so many frames at so many a second.
    pub fn new(frames: u64, rate: u32, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = ProgressBar::with_draw_target(Some(frames), ProgressDrawTarget::stderr());
        let length = frames / u64::from(rate);
        let length = format!("{}:{:02}", length / 60, length % 60);
        // The template is constant but for digits; a bar in the plain style would do as well.
        if let Ok(style) = ProgressStyle::with_template(&format!(
            "{{bar:32}} {{percent:>3}} % of {length}, {{eta}} left"
        )) {
            bar.set_style(style.progress_chars("━━─"));
        }
        Self { bar }
    }

    /// So many frames more.
    pub fn advance(&self, frames: u64) {
        self.bar.inc(frames);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
