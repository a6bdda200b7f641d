//! The output file: there whole, or not at all.
//!
//! It is written under a temporary name in its own folder and renamed when it is whole; on any error
//! the temporary file is removed. What is not an ordinary file is never replaced, since a rename would
//! destroy a device or a pipe.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use limpid_engine::controls::{Controls, Gains};
use same_file::is_same_file;
use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// A place for the output, with its temporary file. Dropping it removes the file.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    temporary: NamedTempFile,
}

impl Target {
    /// Checks that `output` may be written, and opens its temporary file.
    ///
    /// # Errors
    /// When `output` is the input (by this name, a symbolic or a hard link), a folder, a device, there
    /// already (without `force`), or when the system refuses.
    pub fn new(input: &Path, output: &Path, force: bool) -> Result<Self, Failure> {
        let mut path = output.to_owned();
        // A link that leads nowhere is something that is there, too.
        if output.symlink_metadata().is_ok() {
            if is_same_file(input, output).unwrap_or(false) {
                return Err(Failure::OutputIsInput(path));
            }
            match output.metadata() {
                Ok(metadata) if metadata.is_dir() => return Err(Failure::OutputIsFolder(path)),
                Ok(metadata) if !metadata.is_file() => return Err(Failure::OutputIsSpecial(path)),
                _ if !force => return Err(Failure::OutputExists(path)),
                // What a link leads to is replaced, not the link.
                _ => path = fs::canonicalize(output).unwrap_or(path),
            }
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(Failure::NoOutputFolder(folder.to_owned()));
        }
        match Self::temporary(folder) {
            Ok(temporary) => Ok(Self { path, temporary }),
            Err(source) => Err(Failure::Output { path, source }),
        }
    }

    fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".limpid-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: what the user's mask leaves of it. The default is private.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        // The error of the builder names the temporary file, which means nothing to the user.
        builder.tempfile_in(folder).map_err(|e| e.kind().into())
    }

    /// Where to write.
    pub fn writer(&self) -> &File {
        self.temporary.as_file()
    }

    /// Gives the written file its name.
    ///
    /// # Errors
    /// When the system refuses, or something has got the name meanwhile (without `force`).
    pub fn keep(self, force: bool) -> Result<(), Failure> {
        let Self { path, temporary } = self;
        // The name must not outlive a power failure that the samples do not.
        if let Err(source) = temporary.as_file().sync_all() {
            return Err(Failure::Output { path, source });
        }
        let kept = if force {
            temporary.persist(&path)
        } else {
            temporary.persist_noclobber(&path)
        };
        match kept {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Failure::OutputExists(path))
            }
            Err(e) => Err(Failure::Output {
                path,
                source: e.error,
            }),
        }
    }
}

/// Makes the folder that `output` goes into.
pub fn make_folder(output: &Path) -> Result<(), Failure> {
    let Some(folder) = output.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|source| Failure::MakeFolder {
        path: folder.to_owned(),
        source,
    })
}

/// `talk-voice.wav` for `talk.wav`, or `talk-background.wav` when no voice is heard.
pub fn default_path(input: &Path, controls: &Controls) -> PathBuf {
    let part = if Gains::from(controls).voice == 0.0 {
        "-background"
    } else {
        "-voice"
    };
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push(part);
    name.push(".");
    name.push(input.extension().unwrap_or("wav".as_ref()));
    input.with_file_name(name)
}
