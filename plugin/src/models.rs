//! Models: which one a session wants, where it lies, and loading it once a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use limpid_engine::contract::Kind;
use limpid_engine::enhancer::{Enhancer, EnhancerError};
use limpid_engine::network::{Cost, Model, ModelError, Network};
use limpid_engine::runtime::{Runtime, RuntimeError};
use limpid_panel::ModelChoice;
use serde::{Deserialize, Serialize};

use crate::places;

/// The model of a new session.
const DEFAULT: &str = "limpid";
/// Share of a core beyond which a model is of no use in real time: once an hop, with cold caches, a
/// network takes about twice what it takes in the loop by which it is timed.
const HIGHEST_LOAD: f64 = 0.5;

/// What a session says of its model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// File name without `.onnx`; empty for the default.
    pub(crate) name: String,
    /// Of the file that was heard when the session was saved, in hexadecimal; empty when unknown.
    pub(crate) sha256: String,
    /// The file, when the user has named it; a shipped model is found by its name.
    pub(crate) path: Option<PathBuf>,
}

/// A model that is ready, and what the user should know about it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) model: Model,
    /// The wish that it answers.
    pub(crate) wanted: Wanted,
    /// Said when it is not what the session was saved with.
    pub(crate) remark: Option<String>,
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "{name} takes {cost} on this computer, which is too slow for real time; choose another model"
    )]
    TooSlow { name: String, cost: Cost },
    /// As the runtime tells it, but with the one place where it belongs: a window has no room for all.
    #[error(
        "the ONNX Runtime library {file_name} was not found; install Limpid again, or put it into {}", .folder.display()
    )]
    NoLibrary {
        file_name: &'static str,
        folder: PathBuf,
    },
    #[error("the model {name} was not found; install Limpid again, or put {name}.onnx into {}", .folder.display())]
    NotFound { name: String, folder: PathBuf },
    #[error("{name} cannot run here: {source}; choose another model or sample rate")]
    Enhancer { name: String, source: EnhancerError },
}

impl Wanted {
    pub(crate) fn file_name(&self) -> &str {
        if self.name.is_empty() {
            DEFAULT
        } else {
            &self.name
        }
    }

    /// The wish for a model out of the chooser.
    pub(crate) fn chosen(choice: &ModelChoice) -> Self {
        let shipped = places::model_folders()
            .iter()
            .any(|folder| choice.path.parent() == Some(folder));
        Self {
            name: choice.name.clone(),
            sha256: String::new(),
            path: (!shipped).then(|| choice.path.clone()),
        }
    }
}

/// The models in the folders, by name; the first folder that has a name decides.
pub(crate) fn found() -> Vec<ModelChoice> {
    let mut found: Vec<ModelChoice> = Vec::new();
    for folder in places::model_folders() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let is_model = path.extension().is_some_and(|e| e == "onnx");
            if is_model && !found.iter().any(|known| known.name == name) {
                let name = name.into_owned();
                found.push(ModelChoice { name, path });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The model that is wanted, or the default one with a remark why. Takes its time.
///
/// # Errors
/// When the default one cannot be had either.
pub(crate) fn load_or_default(wanted: &Wanted) -> Result<Loaded, Refusal> {
    let refusal = match load(wanted) {
        Ok(loaded) => return Ok(loaded),
        Err(refusal @ (Refusal::Runtime(_) | Refusal::NoLibrary { .. })) => return Err(refusal),
        Err(refusal) if wanted.file_name() == DEFAULT && wanted.path.is_none() => {
            return Err(refusal);
        }
        Err(refusal) => refusal,
    };
    let mut loaded = load(&Wanted::default())?;
    let why = sentence(&refusal.to_string());
    loaded.remark = Some(format!("{why} The model {DEFAULT} runs instead."));
    // The wish stays, so that the session finds its model again where it is there.
    loaded.wanted = wanted.clone();
    Ok(loaded)
}

/// The model that is wanted and no other. Takes its time.
pub(crate) fn load(wanted: &Wanted) -> Result<Loaded, Refusal> {
    let runtime = runtime()?;
    let model = cached(&runtime, &file(wanted)?)?;
    let cost = model.cost();
    let name = wanted.file_name().to_owned();
    if !cost.is_within(HIGHEST_LOAD) {
        forget(&model);
        return Err(Refusal::TooSlow { name, cost });
    }
    let other = !wanted.sha256.is_empty() && wanted.sha256 != model.sha256();
    let remark = other.then(|| {
        format!("This is another version of the model {name} than the session was saved with.")
    });
    let wanted = Wanted {
        name: wanted.name.clone(),
        sha256: model.sha256().to_owned(),
        path: wanted.path.clone(),
    };
    Ok(Loaded {
        model,
        wanted,
        remark,
    })
}

fn runtime() -> Result<Runtime, Refusal> {
    Runtime::load(&places::library()).map_err(|error| match error {
        RuntimeError::NotFound {
            file_name,
            searched,
        } => Refusal::NoLibrary {
            file_name,
            folder: searched
                .first()
                .and_then(|path| path.parent())
                .unwrap_or(Path::new("its folder"))
                .to_owned(),
        },
        other => other.into(),
    })
}

fn file(wanted: &Wanted) -> Result<PathBuf, Refusal> {
    if let Some(path) = &wanted.path {
        return Ok(path.clone());
    }
    let name = wanted.file_name();
    let searched = places::model_folders();
    let mut files = searched.iter().map(|f| f.join(format!("{name}.onnx")));
    let there = files.find(|path| path.exists());
    there.ok_or_else(|| Refusal::NotFound {
        name: name.to_owned(),
        folder: places::own_models(),
    })
}

/// What tells one content of a file from another without reading it.
type Stamp = (PathBuf, u64, Option<SystemTime>);

/// Loaded models, for all instances of the plugin in the process; a model's bytes are shared.
static LOADED: Mutex<Vec<(Stamp, Model)>> = Mutex::new(Vec::new());

fn cached(runtime: &Runtime, path: &Path) -> Result<Model, ModelError> {
    let stamp = path
        .metadata()
        .ok()
        .map(|m| (path.to_owned(), m.len(), m.modified().ok()));
    let mut models = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, model)) = models.iter().find(|(s, _)| Some(s) == stamp.as_ref()) {
        return Ok(model.clone());
    }
    let model = Model::load(runtime, path)?;
    if let Some(stamp) = stamp {
        models.retain(|((known, ..), _)| *known != stamp.0);
        models.push((stamp, model.clone()));
    }
    Ok(model)
}

/// Has a model loaded and timed anew when it is asked for again: the machine may only have been busy.
fn forget(model: &Model) {
    let mut models = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    models.retain(|(_, known)| known.sha256() != model.sha256());
}

/// An enhancer of its own, for a stream of this rate and so many channels.
pub(crate) fn enhancer(
    loaded: &Loaded,
    sample_rate: u32,
    channels: usize,
) -> Result<Box<Enhancer>, Refusal> {
    let model = &loaded.model;
    // One a channel, as the link may be taken off while audio plays.
    let networks = model.open_streams(channels)?.into_iter();
    let networks = networks.map(|stream| Box::new(stream) as Box<dyn Network>);
    let networks = networks.collect();
    match Enhancer::new(model.contract(), networks, sample_rate, channels) {
        Ok(enhancer) => Ok(Box::new(enhancer)),
        Err(source) => Err(Refusal::Enhancer {
            name: loaded.wanted.file_name().to_owned(),
            source,
        }),
    }
}

/// A reason as a sentence of its own. The runtime ends some of its own with a full stop.
pub(crate) fn sentence(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    match reason.strip_prefix("the ") {
        Some(rest) => format!("The {rest}."),
        None => format!("{reason}."),
    }
}

/// How a model is shown: name and version, and the bandwidth of one that does not do all of it.
pub(crate) fn title(model: &Model) -> String {
    let contract = model.contract();
    let title = format!("{} {}", contract.name, contract.version);
    match contract.kind {
        Kind::Spectral { .. } => title,
        Kind::Waveform { sample_rate, .. } => {
            format!("{title} · up to {} kHz", f64::from(sample_rate) / 2000.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_reason_becomes_one_sentence() {
        assert_eq!(sentence("the file is gone"), "The file is gone.");
        assert_eq!(sentence("limpid is damaged.."), "limpid is damaged.");
        assert_eq!(sentence("theirs is older."), "theirs is older.");
    }
}
