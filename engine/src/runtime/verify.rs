//! Recognises the library's file by size and SHA-256, without loading it.

use std::fs::File;
use std::path::Path;

use crate::digest::sha256_of_reader;

use super::{LibraryFacts, RuntimeError};

/// Checks that a file is the build that `facts` describe.
///
/// # Errors
/// [`RuntimeError::Missing`], [`RuntimeError::NotAFile`], [`RuntimeError::Unreadable`],
/// [`RuntimeError::WrongSize`] or [`RuntimeError::WrongHash`].
pub fn verify(path: &Path, facts: &LibraryFacts) -> Result<(), RuntimeError> {
    let unreadable = |source| RuntimeError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // Before opening: opening a pipe would wait for its other end.
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(RuntimeError::Missing {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(unreadable(e)),
    };
    if !metadata.is_file() {
        return Err(RuntimeError::NotAFile {
            path: path.to_owned(),
        });
    }
    if metadata.len() != facts.bytes {
        return Err(RuntimeError::WrongSize {
            path: path.to_owned(),
            version: facts.version,
            expected: facts.bytes,
            found: metadata.len(),
        });
    }
    let found = File::open(path)
        .and_then(sha256_of_reader)
        .map_err(unreadable)?;
    if found != facts.sha256 {
        return Err(RuntimeError::WrongHash {
            path: path.to_owned(),
            version: facts.version,
            expected: facts.sha256,
            found,
        });
    }
    Ok(())
}
