//! The recording of a session: begun, watched, and carried on when the input is another one.

use std::sync::Arc;

use super::Session;
use crate::live::recorder::Recorder;

impl Session {
    /// One look at the recording.
    pub(super) fn tend_recorder(&mut self) {
        let progress = self.recorder.as_ref().map(Recorder::progress);
        let lost = progress.map_or(0, |progress| progress.lost());
        let failed = progress.and_then(|progress| progress.failed());
        if lost > self.unrecorded {
            self.warn(format!(
                "the disk is too slow: {} blocks of the recording were lost",
                lost - self.unrecorded
            ));
        }
        self.unrecorded = lost;
        if let Some(failed) = failed {
            self.record = None;
            self.stop_recorder();
            self.warn(failed);
        } else if self.record.is_some() && self.recorder.is_none() {
            self.start_recorder();
        }
    }

    /// Begins to record the input that is open, if that is wanted.
    pub(super) fn start_recorder(&mut self) {
        let (Some(series), Some(input)) = (&self.record, &mut self.input.open) else {
            return;
        };
        let (rate, channels) = (input.format.rate, input.format.channels);
        match Recorder::begin(series, rate, channels) {
            Ok(recorder) => {
                input.tape(Some(recorder.tape()));
                let progress = Arc::clone(recorder.progress());
                self.board.shown().recording = Some((recorder.paths().clone(), progress));
                self.recorder = Some(recorder);
            }
            Err(error) => {
                self.record = None;
                self.warn(format!("nothing is recorded: {error}"));
            }
        }
    }

    pub(super) fn stop_recorder(&mut self) {
        if let Some(input) = &mut self.input.open {
            input.tape(None);
        }
        // Waits for what is on the tape.
        self.recorder = None;
        self.board.shown().recording = None;
    }

    /// The recording goes on, into other files if the sound has another form now.
    pub(super) fn tape_again(&mut self) {
        let Some(input) = &mut self.input.open else {
            return;
        };
        let (rate, channels) = (input.format.rate, input.format.channels);
        match &self.recorder {
            Some(recorder) if recorder.fits(rate, channels) => {
                let tape = recorder.tape();
                input.tape(Some(tape));
            }
            Some(_) => {
                self.stop_recorder();
                self.start_recorder();
            }
            None => self.start_recorder(),
        }
    }
}
