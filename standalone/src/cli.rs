//! What can be typed.

mod compare;
mod enhance;
mod faders;
mod listed;
mod live;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::compare::CompareArguments;
pub use self::enhance::{EnhanceArguments, Link, Shard};
pub use self::live::LiveArguments;

/// Makes noisy speech clear: splits it into the voice and the background, with a fader for each.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    /// Without one the window opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    // Each of these says what it does where its arguments stand: what is said here would take that place.
    Enhance(Box<EnhanceArguments>),
    Compare(CompareArguments),
    Live(Box<LiveArguments>),
    /// List the models that are found, show what one is, or check a model file
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Keep the Limpid microphone there from your next login on, or no longer
    Autostart {
        #[command(subcommand)]
        command: AutostartCommand,
    },
    /// List microphones and other inputs, and outputs, with their ids
    Devices {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
        /// Show monitors of outputs and Limpid's own devices, too
        #[arg(long)]
        all: bool,
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

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum AutostartCommand {
    /// Start it at the login
    On,
    /// Start nothing
    Off,
    /// Tell which of the two it is
    Status,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are found: version, latency, kind, and where they were found
    List,
    /// Show what a model is: licence, latency, bandwidth, size, speed
    Inspect {
        /// An .onnx file, or the name of a model that `list` shows
        #[arg(value_name = "NAME|FILE")]
        file: PathBuf,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show what a model file says of itself and whether Limpid can run it
    Check {
        /// An .onnx file, or the name of a model that `list` shows
        file: PathBuf,
    },
}
