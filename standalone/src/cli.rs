//! What can be typed.

mod enhance;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::enhance::{EnhanceArguments, Shard};

/// Makes noisy speech clear: splits it into the voice and the background, with a fader for each.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enhance WAV files, one or whole folders
    Enhance(Box<EnhanceArguments>),
    /// List the models that are found, or check a model file
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Show what Limpid finds on this machine: runtime library, models, speed
    Doctor,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are found, with where they were found
    List,
    /// Show what a model file says of itself and whether Limpid can run it
    Check {
        /// An .onnx file, or the name of a model that `list` shows
        file: PathBuf,
    },
}
