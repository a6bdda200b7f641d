//! Sessions as this engine wants them, and what can be read out of one.

use ort::session::Session;
use ort::session::builder::{AutoDevicePolicy, GraphOptimizationLevel, SessionBuilder};
use ort::value::{Outlet, TensorElementType, ValueType};

use crate::contract::{Dimension, ElementType, HOPS_AXIS, ModelFacts, TensorFact};
use crate::runtime::Runtime;

/// A session for facts: no optimisation, the free axes left free.
pub(super) fn open_for_facts(runtime: &Runtime, bytes: &[u8]) -> Result<Session, ort::Error> {
    builder(runtime)?
        .with_optimization_level(GraphOptimizationLevel::Disable)?
        .commit_from_memory(bytes)
}

/// A session for running `hops` hops a call.
pub(super) fn open_for_hops(
    runtime: &Runtime,
    bytes: &[u8],
    hops: usize,
) -> Result<Session, ort::Error> {
    // A usize from a batch size or a checked model; never near the limit.
    let size = i64::try_from(hops).unwrap_or(i64::MAX);
    builder(runtime)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_dimension_override(HOPS_AXIS, size)?
        .commit_from_memory(bytes)
}

fn builder(runtime: &Runtime) -> Result<SessionBuilder, ort::Error> {
    Ok(Session::builder(runtime.environment())?
        // `ort` asks for the most efficient device by default, which on macOS is not the CPU.
        .with_auto_device(AutoDevicePolicy::PreferCPU)?
        // The calling thread does all the work; the spinning is off for the day a pool exists.
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Every failure comes back as a value; the library need not print it too.
        .with_log_level(ort::logging::LogLevel::Fatal)?)
}

/// Metadata and tensors of a session's model.
pub(super) fn facts(session: &Session) -> Result<ModelFacts, ort::Error> {
    let metadata = session.metadata()?;
    let entries = metadata
        .custom_keys()?
        .into_iter()
        .filter_map(|key| metadata.custom(&key).map(|value| (key, value)))
        .collect();
    Ok(ModelFacts {
        metadata: entries,
        inputs: session.inputs().iter().map(tensor_fact).collect(),
        outputs: session.outputs().iter().map(tensor_fact).collect(),
    })
}

fn tensor_fact(outlet: &Outlet) -> TensorFact {
    let name = outlet.name().to_owned();
    let ValueType::Tensor {
        ty,
        shape,
        dimension_symbols,
    } = outlet.dtype()
    else {
        let element = ElementType::Other(outlet.dtype().to_string());
        return TensorFact {
            name,
            element,
            shape: Vec::new(),
        };
    };
    let symbols = dimension_symbols
        .iter()
        .map(String::as_str)
        .chain(std::iter::repeat(""));
    let shape = shape.iter().zip(symbols);
    TensorFact {
        name,
        element: match ty {
            TensorElementType::Float32 => ElementType::Float32,
            other => ElementType::Other(other.to_string()),
        },
        shape: shape
            .map(|(&size, symbol)| dimension(size, symbol))
            .collect(),
    }
}

fn dimension(size: i64, symbol: &str) -> Dimension {
    match usize::try_from(size) {
        Ok(size) => Dimension::Fixed(size),
        Err(_) if symbol.is_empty() => Dimension::Unknown,
        Err(_) => Dimension::Named(symbol.to_owned()),
    }
}
