//! What can be typed.

mod compare;
mod enhance;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::compare::CompareArguments;
pub use self::enhance::{EnhanceArguments, Link, Shard};

/// Makes noisy speech clear: splits it into the voice and the background, with a fader for each.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enhance sound files, one or whole folders
    Enhance(Box<EnhanceArguments>),
    /// Compare a file with what was made of it, in figures and in a picture
    Compare(CompareArguments),
    /// List the models that are found, or check a model file
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Show what Limpid finds on this machine: runtime library, models, speed
    Doctor,
    /// Print what a shell needs to complete commands and options
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (for `man -l -`), or write a page a command
    Manual {
        /// Write the pages into this folder
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
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
