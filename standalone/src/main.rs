//! The program `limpid`: speech enhancement for files and for the microphone.
//!
//! Without a command it opens its window; `limpid live` does the same work in the terminal.
//! `limpid enhance` is the engine's [`Enhancer`](limpid_engine::enhancer::Enhancer) with a sound file on
//! either side; `limpid models` and `limpid doctor` tell what there is to work with. What goes wrong
//! is one sentence on stderr and exit code 1 (2 for a command that does not exist).

#![allow(
    unreachable_pub,
    reason = "a program has no outside: `pub` here means other modules"
)]

mod audio;
mod autostart;
mod cli;
mod compare;
mod devices;
mod doctor;
mod enhance;
mod failure;
mod level;
mod live;
mod manual;
mod models;
mod places;
mod say;
mod settings;
mod sound;
mod wav;
mod window;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, ModelsCommand};
use crate::failure::Failure;

fn main() -> ExitCode {
    let Some(command) = Cli::parse().command else {
        return ended(window::run());
    };
    let done = match command {
        Command::Autostart { command } => autostart::run(command),
        Command::Enhance(arguments) => enhance::run(&arguments),
        Command::Live(arguments) => live::run(&arguments),
        Command::Models { command } => match command {
            ModelsCommand::List => models::list(),
            ModelsCommand::Inspect { file, json } => models::inspect(&file, json),
            ModelsCommand::Check { file } => models::check(&file),
        },
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Completions { shell } => manual::completions(shell),
        Command::Manual { folder } => manual::manual(folder.as_deref()),
        Command::Devices { json, all } => devices::run(json, all),
        Command::Doctor => doctor::run(),
    };
    ended(done)
}

fn ended(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_quiet() {
                say::error(&format!("limpid: {failure}"));
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
