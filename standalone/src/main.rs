//! The program `limpid`: speech enhancement for files.
//!
//! `limpid enhance` is the engine's [`Enhancer`](limpid_engine::enhancer::Enhancer) with a sound file on
//! either side; `limpid models` and `limpid doctor` tell what there is to work with. What goes wrong
//! is one sentence on stderr and exit code 1 (2 for a command that does not exist).

#![allow(
    unreachable_pub,
    reason = "a program has no outside: `pub` here means other modules"
)]

mod cli;
mod compare;
mod doctor;
mod enhance;
mod failure;
mod level;
mod manual;
mod models;
mod places;
mod say;
mod sound;
mod wav;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, ModelsCommand};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Enhance(arguments) => enhance::run(&arguments),
        Command::Models { command } => match command {
            ModelsCommand::List => models::list(),
            ModelsCommand::Check { file } => models::check(&file),
        },
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Completions { shell } => manual::completions(shell),
        Command::Manual { folder } => manual::manual(folder.as_deref()),
        Command::Doctor => doctor::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_quiet() {
                eprintln!("limpid: {failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
