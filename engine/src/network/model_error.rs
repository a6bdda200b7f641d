//! Every way in which a model file can be of no use.

use std::io;
use std::path::PathBuf;

use super::NetworkError;
use crate::contract::ContractError;

/// Why a model was not loaded. `model` is the file's path, or what the caller called the bytes.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no such file.
    #[error("the model {} does not exist", .path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A folder or a device where the model should be.
    #[error("{} is not a file; name the model's .onnx file itself", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the model {} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing is in the file.
    #[error("the model {model} is empty; copy it again from where it came")]
    Empty {
        /// The model.
        model: String,
    },
    /// More than a model for real time can need.
    #[error(
        "the model {model} has {bytes} bytes; {} are the most, and real time needs far fewer",
        super::MAX_MODEL_BYTES
    )]
    TooLarge {
        /// The model.
        model: String,
        /// Its length.
        bytes: u64,
    },
    /// The runtime cannot make a network of it: no ONNX, cut short, or with operators that it lacks.
    #[error(
        "{model} is not a model that ONNX Runtime can read (damaged, cut short, or no .onnx): {reason}"
    )]
    NotAModel {
        /// The model.
        model: String,
        /// What the runtime said.
        reason: String,
    },
    /// Its weights lie in another file.
    #[error(
        "{model} keeps its weights in another file; export it again with all of them inside (in PyTorch: external_data=False)"
    )]
    WeightsOutside {
        /// The model.
        model: String,
    },
    /// It is a model and does not keep the contract.
    #[error("{model} is not a model for Limpid: {source}")]
    Contract {
        /// The model.
        model: String,
        /// The first requirement that is not met.
        source: ContractError,
    },
    /// It gives or remembers numbers that are none, on silence or on noise.
    #[error("{model} is broken: on {signal}, its {tensor} holds a number that is not finite")]
    NotFinite {
        /// The model.
        model: String,
        /// What it was tried on.
        signal: &'static str,
        /// The output or the state.
        tensor: String,
    },
    /// It keeps the contract by its words and does not run.
    #[error("{model} does not run: {source}")]
    DoesNotRun {
        /// The model.
        model: String,
        /// What happened in the first hops.
        source: NetworkError,
    },
}
