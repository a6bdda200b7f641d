//! Reading a pipe so that an interruption is noticed while nothing comes.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::interrupt::Interrupt;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;
/// Pieces that wait to be taken.
const AHEAD: usize = 4;
/// How long an interruption may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// What comes out of a pipe, read ahead by a thread of its own.
struct Pipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    interrupt: Interrupt,
}

/// Begins to read `input`.
///
/// # Errors
/// When the system gives no thread.
pub fn read(
    mut input: impl Read + Send + 'static,
    interrupt: &Interrupt,
) -> io::Result<Box<dyn Read + Send>> {
    let (send, pieces) = sync_channel(AHEAD);
    thread::Builder::new()
        .name("pipe".to_owned())
        .spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let came = match input.read(&mut piece) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    came => came,
                };
                let is_last = !matches!(came, Ok(bytes) if bytes > 0);
                let sent = send.send(came.map(|bytes| {
                    piece.truncate(bytes);
                    piece
                }));
                if is_last || sent.is_err() {
                    return;
                }
            }
        })?;
    Ok(Box::new(Pipe {
        pieces,
        piece: Vec::new(),
        at: 0,
        interrupt: interrupt.clone(),
    }))
}

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => (self.piece, self.at) = (piece?, 0),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.interrupt.check().is_err() {
                return Err(io::Error::other("interrupted"));
            }
            if self.piece.is_empty() {
                continue;
            }
        }
        let taken = to.len().min(self.piece.len() - self.at);
        to[..taken].copy_from_slice(&self.piece[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
