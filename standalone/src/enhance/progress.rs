//! Bars on stderr, when a person watches them: one for each file under way, and one for all.

use std::io::IsTerminal;
use std::path::Path;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::list::Job;

/// How far everything is gone through. Dropping it takes the bars away.
pub struct Progress {
    bars: MultiProgress,
    /// Counts bytes of the inputs. One file alone needs no sum.
    total: Option<ProgressBar>,
    several: bool,
}

/// How far one file is gone through. Dropping it takes its bar away.
pub struct Bar {
    bar: ProgressBar,
    bars: MultiProgress,
    total: Option<ProgressBar>,
    name: String,
    weight: u64,
    frames: u64,
}

impl Progress {
    /// For all of `jobs`.
    pub fn new(jobs: &[Job], quiet: bool) -> Self {
        let is_watched = !quiet && std::io::stderr().is_terminal();
        let several = jobs.len() > 1;
        let bars = MultiProgress::with_draw_target(if is_watched {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        let total = several.then(|| {
            let bytes = jobs.iter().map(|job| job.weight).sum();
            let bar = bars.add(ProgressBar::new(bytes));
            style(
                &bar,
                &format!(
                    "{{bar:32}} {{percent:>3}} % of {} files, {{eta}} left",
                    jobs.len()
                ),
            );
            bar
        });
        Self {
            bars,
            total,
            several,
        }
    }

    /// A bar for one file, which shows once it has begun.
    pub fn bar(&self, input: &Path, weight: u64) -> Bar {
        let name = match input.file_name() {
            Some(name) if self.several => {
                format!(" {}", name.to_string_lossy().replace(['{', '}'], ""))
            }
            _ => String::new(),
        };
        Bar {
            bar: ProgressBar::hidden(),
            bars: self.bars.clone(),
            total: self.total.clone(),
            name,
            weight,
            frames: 0,
        }
    }

    /// Runs `print` while no bar is in the way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bars.suspend(print)
    }
}

impl Bar {
    /// So many frames (0: nobody knows) at so many a second lie ahead.
    pub fn begin(&mut self, frames: u64, rate: u32) {
        self.frames = frames;
        let length = frames / u64::from(rate);
        let length = format!("{}:{:02}", length / 60, length % 60);
        let (bar, template) = match frames {
            0 => (
                ProgressBar::no_length(),
                format!("{{bar:32}} no length told{}, {{elapsed}} at it", self.name),
            ),
            _ => (
                ProgressBar::new(frames),
                format!(
                    "{{bar:32}} {{percent:>3}} % of {length}{}, {{eta}} left",
                    self.name
                ),
            ),
        };
        style(&bar, &template);
        self.bar = match &self.total {
            Some(total) => self.bars.insert_before(total, bar),
            None => self.bars.add(bar),
        };
    }

    /// So many frames more.
    pub fn advance(&self, frames: u64) {
        self.bar.inc(frames);
        if let Some(total) = &self.total
            && self.frames > 0
        {
            let part = |frames: u64| frames as f64 / self.frames as f64 * self.weight as f64;
            let done = self.bar.position();
            total.inc(part(done) as u64 - part(done - frames) as u64);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        // What was not gone through, of a file that failed or was there already, lies behind as well.
        if let Some(total) = &self.total {
            let done = self.bar.position() as f64 / self.frames.max(1) as f64;
            total.inc(self.weight - (done.min(1.0) * self.weight as f64) as u64);
        }
        self.bar.finish_and_clear();
        self.bars.remove(&self.bar);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(total) = &self.total {
            total.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    // The templates are constant but for digits and a file's name without braces; a bar in the
    // plain style would do as well.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━━─"));
    }
}
