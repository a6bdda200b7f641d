//! The output file: there whole, or not at all.
//!
//! It is written under a temporary name in its own folder and renamed when it is whole; on any error
//! the temporary file is removed. What is not an ordinary file is never replaced, since a rename would
//! destroy a device or a pipe.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_engine::controls::Gains;
use same_file::is_same_file;
use tempfile::{Builder, NamedTempFile};

use super::outlet::Part;
use crate::cli::EnhanceArguments;
use crate::failure::{Failure, Naming};
use crate::sound::{Container, ENDINGS, OTHER_ENDINGS};

/// How the names of temporary files begin and end.
const PREFIX: &str = ".limpid-";
const SUFFIX: &str = ".part";
/// A temporary file that is at work is written to more often.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// A place for the output, with its temporary file. Dropping it removes the file.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    temporary: NamedTempFile,
}

impl Target {
    /// Checks that `output` may be written ([`allowed`]), and opens its temporary file. `naming` is the
    /// option that names it.
    ///
    /// # Errors
    /// As there, and when the system refuses.
    pub fn new(input: &Path, output: &Path, force: bool, naming: Naming) -> Result<Self, Failure> {
        let path = allowed(input, output, force, naming)?;
        match Self::temporary(folder(&path)) {
            Ok(temporary) => {
                // Where nothing can be locked, nothing is taken for left behind either.
                #[cfg(unix)]
                let _ = temporary.as_file().try_lock();
                Ok(Self { path, temporary })
            }
            Err(source) => Err(Failure::Output { path, source }),
        }
    }

    fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: what the user's mask leaves of it. The default is private.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder).map_err(|e| {
            // The error of the builder names the temporary file, which means nothing to the user.
            let inner = e.get_ref().and_then(std::error::Error::source);
            let said = inner.map_or_else(|| e.kind().to_string(), ToString::to_string);
            let folder = folder.display();
            io::Error::new(
                e.kind(),
                format!("the folder {folder} takes no new files ({said})"),
            )
        })
    }

    /// Where to write.
    pub fn writer(&self) -> &File {
        self.temporary.as_file()
    }

    /// Gives the written file its name.
    ///
    /// # Errors
    /// When the system refuses, or something has got the name meanwhile (without `force`).
    pub fn keep(self, force: bool, naming: Naming) -> Result<(), Failure> {
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
                Err(Failure::OutputExists(path, naming))
            }
            Err(e) => Err(Failure::Output {
                path,
                source: e.error,
            }),
        }
    }
}

/// Checks that `output` may be written, and says where it really lies.
///
/// # Errors
/// When `output` is the input (by this name, a symbolic or a hard link), a folder, a device, there
/// already (without `force`), or its folder is not there.
pub fn allowed(
    input: &Path,
    output: &Path,
    force: bool,
    naming: Naming,
) -> Result<PathBuf, Failure> {
    let mut path = output.to_owned();
    // A link that leads nowhere is something that is there, too.
    if output.symlink_metadata().is_ok() {
        if is_same_file(input, output).unwrap_or(false) {
            return Err(Failure::OutputIsInput(path, naming));
        }
        match output.metadata() {
            Ok(metadata) if metadata.is_dir() => return Err(Failure::OutputIsFolder(path)),
            Ok(metadata) if !metadata.is_file() => {
                return Err(Failure::OutputIsSpecial(path, naming));
            }
            _ if !force => return Err(Failure::OutputExists(path, naming)),
            // What a link leads to is replaced, not the link.
            _ => path = fs::canonicalize(output).unwrap_or(path),
        }
    }
    let folder = folder(&path);
    if !folder.is_dir() {
        return Err(Failure::NoOutputFolder(folder.to_owned(), naming));
    }
    Ok(path)
}

/// The folder of a file.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Removes temporary files that a killed worker has left in `folder`: those that nobody holds locked, and that
/// have not been written to for a while, as there are shares whose locks do not reach other machines.
pub fn tidy(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(PREFIX) && name.ends_with(SUFFIX)
    });
    for entry in named {
        let age = entry.metadata().and_then(|m| m.modified()).ok();
        let is_old = age
            .and_then(|a| a.elapsed().ok())
            .is_some_and(|age| age > LEFT_ALONE);
        if is_old && is_free(&entry.path()) {
            // Another worker may have been quicker.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_free(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// A lock on Windows keeps its owner's other handles out, so there is none, and nothing is known.
#[cfg(not(unix))]
fn is_free(_: &Path) -> bool {
    false
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

/// `talk-voice.wav` for `talk.wav` or `talk.mp3`, `talk-background.wav` when no voice is heard, and a
/// pipe for a pipe.
pub fn default_path(input: &Path, arguments: &EnhanceArguments) -> PathBuf {
    if input == Path::new("-") {
        return input.to_owned();
    }
    let part = if Gains::from(&arguments.controls()).voice == 0.0 {
        "-background"
    } else {
        "-voice"
    };
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push(part);
    name.push(".");
    name.push(input.extension().unwrap_or("wav".as_ref()));
    written_name(input.with_file_name(name), arguments)
}

/// The name with the ending of what is written: its own where that is written here. An ending that says that
/// there is no header is not made use of unless the input has none either.
pub fn written_name(name: PathBuf, arguments: &EnhanceArguments) -> PathBuf {
    let own = Container::of(&name);
    let is_misleading = match own {
        Some(Container::Raw) => arguments.raw.is_none(),
        Some(_) => false,
        None => is_other(&name),
    };
    match arguments.to {
        Some(to) if own != Some(to) => name.with_extension(to.ending()),
        None if is_misleading => name.with_extension("wav"),
        _ => name,
    }
}

/// The option that names the output of `part`.
pub fn naming(part: Part, arguments: &EnhanceArguments) -> Naming {
    let is_folder = arguments.out_dir.is_some() || !arguments.names_one_file();
    match part {
        Part::Mix if is_folder => Naming::Folder("--out-dir"),
        Part::Mix => Naming::File("-o"),
        Part::Voice if is_folder => Naming::Folder("--voice-out"),
        Part::Voice => Naming::File("--voice-out"),
        Part::Background if is_folder => Naming::Folder("--background-out"),
        Part::Background => Naming::File("--background-out"),
    }
}

/// Whether it is a pipe that a shell made for `<(command)`, whose name is a number.
pub fn is_nameless(input: &Path) -> bool {
    let folder = folder(input);
    let is_of_process = folder.starts_with("/proc") && folder.ends_with("fd");
    folder == Path::new("/dev/fd") || is_of_process
}

/// What is written under this name.
///
/// # Errors
/// When the name is that of a kind of file that Limpid only reads.
pub fn container(path: &Path, arguments: &EnhanceArguments) -> Result<Container, Failure> {
    let by_name = arguments.to.or_else(|| Container::of(path));
    match by_name {
        Some(container) => Ok(container),
        None if is_other(path) => Err(Failure::OutputKind(path.to_owned())),
        None if arguments.raw.is_some() => Ok(Container::Raw),
        None => Ok(Container::Wav),
    }
}

/// Whether the ending is that of sound which is read and not written.
fn is_other(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str());
    let mut others = ENDINGS.iter().chain(&OTHER_ENDINGS);
    Container::of(path).is_none()
        && ending.is_some_and(|e| others.any(|known| e.eq_ignore_ascii_case(known)))
}
