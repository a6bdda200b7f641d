//! A model that was checked, tried and timed, and the streams that it opens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use super::lane::{Lane, States, refused};
use super::outside::has_outside_weights;
use super::pool::{Pool, Seat};
use super::probe::{self, Signal};
use super::{Cost, ModelError, NetworkError, Stream, session};
use crate::contract::{self, Contract, Dimension, ModelFacts};
use crate::digest;
use crate::runtime::Runtime;

/// Longest model file that is read: a hundred times what real time can use.
pub const MAX_MODEL_BYTES: u64 = 256 << 20;

/// Most hops that one call runs: beyond some tens nothing is gained, and the tensors grow.
pub const MAX_BATCH: usize = 256;

/// Steps that are timed, unless they take longer than [`TIMING_BUDGET`] together.
const TIMED_STEPS: usize = 15;
/// Steps that are timed however long they take: on a busy machine one alone may have waited.
const LEAST_STEPS: usize = 5;
const TIMING_BUDGET: Duration = Duration::from_millis(150);
/// The first steps fill caches and the runtime's own memory; they are not timed.
const WARM_UP_STEPS: usize = 3;

/// A model, ready to open streams. Cheap to clone; the file's bytes are shared.
#[derive(Clone)]
pub struct Model {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: Runtime,
    bytes: Arc<[u8]>,
    label: String,
    sha256: String,
    contract: Contract,
    takes_several_hops: bool,
    cost: Cost,
    pool: Arc<Pool>,
}

impl Model {
    /// Reads a model file, checks it against the contract, runs it on silence and on noise, and times
    /// it. The file is read once and not needed afterwards.
    ///
    /// Takes some tens of milliseconds; not for an audio thread.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn load(runtime: &Runtime, path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(runtime, &path.display().to_string(), read(path)?)
    }

    /// As [`Model::load`], from the content of a file; `label` is what errors call it.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn from_bytes(
        runtime: &Runtime,
        label: &str,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<Self, ModelError> {
        let bytes = bytes.into();
        let facts = facts_of(runtime, label, &bytes)?;
        let contract = contract::check(&facts).map_err(|source| ModelError::Contract {
            model: label.to_owned(),
            source,
        })?;
        let cost = try_out(runtime, label, &bytes, &contract)?;
        Ok(Self {
            inner: Arc::new(Inner {
                runtime: runtime.clone(),
                label: label.to_owned(),
                sha256: digest::sha256(&bytes),
                takes_several_hops: hops_are_free(&facts, &contract),
                bytes,
                contract,
                cost,
                pool: Arc::new(Pool::new()),
            }),
        })
    }

    /// What a file says of itself, whether or not it keeps the contract; for
    /// [`crate::contract::report`].
    ///
    /// # Errors
    /// When the file cannot be read or is no model at all.
    pub fn inspect(runtime: &Runtime, path: &Path) -> Result<ModelFacts, ModelError> {
        facts_of(runtime, &path.display().to_string(), &read(path)?)
    }

    /// A stream that runs one hop a call of the runtime: for real time.
    ///
    /// # Errors
    /// [`ModelError::DoesNotRun`], when the runtime has run out of memory or the like; the model itself
    /// ran when it was loaded.
    pub fn open_stream(&self) -> Result<Stream, ModelError> {
        self.open_stream_batched(1)
    }

    /// Streams that one thread runs, as those of the channels of one signal: they are counted as one
    /// when it comes to how many sessions the model needs.
    ///
    /// # Errors
    /// As [`Model::open_stream`].
    pub fn open_streams(&self, count: usize) -> Result<Vec<Stream>, ModelError> {
        let seat = self.seat()?;
        let streams = (0..count).map(|_| self.open_on(Arc::clone(&seat), 1));
        streams.collect()
    }

    /// A stream that runs up to `hops` hops a call of the runtime, which takes less time a hop: for
    /// files. It gives the same bits as one hop at a time, which is tried out here; a model that does
    /// not, or that takes one hop only, runs one hop at a time. [`Stream::batching`] tells. More than
    /// [`MAX_BATCH`] hops are taken as that many.
    ///
    /// # Errors
    /// As [`Model::open_stream`].
    pub fn open_stream_batched(&self, hops: usize) -> Result<Stream, ModelError> {
        self.open_on(self.seat()?, hops.min(MAX_BATCH))
    }

    fn seat(&self) -> Result<Arc<Seat>, ModelError> {
        let Inner {
            runtime,
            bytes,
            contract,
            label,
            pool,
            ..
        } = &*self.inner;
        pool.join(|| Lane::open(runtime, bytes, contract, 1))
            .map_err(|e| does_not_run(label, refused(e)))
    }

    fn open_on(&self, seat: Arc<Seat>, hops: usize) -> Result<Stream, ModelError> {
        let Inner {
            runtime,
            bytes,
            contract,
            takes_several_hops,
            label,
            ..
        } = &*self.inner;
        Stream::open(seat, runtime, bytes, contract, hops, *takes_several_hops)
            .map_err(|source| does_not_run(label, source))
    }

    /// What the model is.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.inner.contract
    }

    /// SHA-256 of the file, in hexadecimal: the same model has the same one everywhere.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.inner.sha256
    }

    /// What the model was loaded as: its path, or the label of its bytes.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.inner.label
    }

    /// Whether the model can run several hops a call.
    #[must_use]
    pub fn takes_several_hops(&self) -> bool {
        self.inner.takes_several_hops
    }

    /// What a hop cost when the model was loaded.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.inner.cost
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("label", &self.inner.label)
            .field("sha256", &self.inner.sha256)
            .field("contract", &self.inner.contract)
            .finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let owned = || -> PathBuf { path.to_owned() };
    let unreadable = |source| ModelError::Unreadable {
        path: owned(),
        source,
    };
    // Before opening: opening a pipe would wait for its other end.
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(ModelError::Missing { path: owned() });
        }
        Err(e) => return Err(unreadable(e)),
    };
    if !metadata.is_file() {
        return Err(ModelError::NotAFile { path: owned() });
    }
    bounded(&path.display().to_string(), metadata.len())?;
    fs::read(path).map_err(unreadable)
}

fn bounded(label: &str, bytes: u64) -> Result<(), ModelError> {
    let model = label.to_owned();
    match bytes {
        0 => Err(ModelError::Empty { model }),
        _ if bytes > MAX_MODEL_BYTES => Err(ModelError::TooLarge { model, bytes }),
        _ => Ok(()),
    }
}

fn facts_of(runtime: &Runtime, label: &str, bytes: &[u8]) -> Result<ModelFacts, ModelError> {
    bounded(label, bytes.len() as u64)?;
    let not_a_model = |reason: String| ModelError::NotAModel {
        model: label.to_owned(),
        reason,
    };
    // The runtime's own format is recognised by these bytes. It holds choices made for one version and
    // one processor, and its loader checks less than that of ONNX.
    if bytes.get(4..8) == Some(b"ORTM".as_slice()) {
        return Err(not_a_model(
            "it is in the .ort format; export it as .onnx".to_owned(),
        ));
    }
    if has_outside_weights(bytes) {
        return Err(ModelError::WeightsOutside {
            model: label.to_owned(),
        });
    }
    session::open_for_facts(runtime, bytes)
        .and_then(|session| session::facts(&session))
        .map_err(|e| not_a_model(e.message().to_owned()))
}

fn hops_are_free(facts: &ModelFacts, contract: &Contract) -> bool {
    let input = facts.input(contract.kind.input_name());
    let first = input.and_then(|tensor| tensor.shape.first());
    matches!(first, Some(Dimension::Named(_)))
}

/// Runs a session that is dropped afterwards, so that no trace of the trial is left in any state.
fn try_out(
    runtime: &Runtime,
    label: &str,
    bytes: &[u8],
    contract: &Contract,
) -> Result<Cost, ModelError> {
    let failed = |signal: Signal| {
        move |source| match source {
            NetworkError::NotFinite { tensor } => ModelError::NotFinite {
                model: label.to_owned(),
                signal: signal.name(),
                tensor,
            },
            source => does_not_run(label, source),
        }
    };
    let opened = Lane::open(runtime, bytes, contract, 1)
        .and_then(|lane| States::new(contract).map(|states| (lane, states)));
    let (mut lane, mut states) = opened.map_err(|e| does_not_run(label, refused(e)))?;
    let mut output = vec![0.0; contract.kind.output_len()];

    for signal in [Signal::Silence, Signal::Noise, Signal::Silence] {
        let inputs = probe::hops(&contract.kind, signal, WARM_UP_STEPS);
        for input in inputs.chunks_exact(contract.kind.input_len()) {
            lane.run(&mut states, input, &mut output)
                .map_err(failed(signal))?;
        }
    }
    let inputs = probe::hops(&contract.kind, Signal::Noise, TIMED_STEPS);
    let mut steps = Vec::with_capacity(TIMED_STEPS);
    let start = Instant::now();
    for input in inputs.chunks_exact(contract.kind.input_len()) {
        let before = Instant::now();
        lane.run(&mut states, input, &mut output)
            .map_err(failed(Signal::Noise))?;
        steps.push(before.elapsed());
        if steps.len() >= LEAST_STEPS && start.elapsed() > TIMING_BUDGET {
            break;
        }
    }
    let hop = Duration::from_secs_f64(contract.kind.hop_seconds());
    Ok(Cost::of_steps(steps, hop))
}

fn does_not_run(label: &str, source: NetworkError) -> ModelError {
    ModelError::DoesNotRun {
        model: label.to_owned(),
        source,
    }
}
