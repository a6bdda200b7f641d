//! What is done to the project, each command a module: `cargo xtask <command>`.
//!
//! Only ordinary tools of a development machine are called: cargo, Python with pip, and apt-get where
//! something of those is missing on Debian.

#![allow(
    unreachable_pub,
    reason = "a program has no outside: `pub` here means other modules"
)]

mod bundle;
mod demo;
mod evaluate;
mod failure;
mod help;
mod install;
mod process;
mod project;
mod setup;
mod test;

use std::process::ExitCode;

use crate::failure::Failure;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.split_first() {
        Some((&"setup", rest)) => none_left(rest).and_then(|()| setup::run()),
        Some((&"demo", rest)) => none_left(rest).and_then(|()| demo::run_all()),
        Some((&"bundle", rest)) => bundle::Order::parse(rest)
            .and_then(|order| bundle::run_all(&order))
            .map(|_| ()),
        Some((&"install", rest)) => install::run(rest),
        Some((&"evaluate", rest)) => std::env::current_dir()
            .map_err(Failure::file("."))
            .and_then(|here| evaluate::Order::parse(rest, &here))
            .and_then(|order| evaluate::run(&order)),
        Some((&"test", rest)) => test::Part::parse(rest).and_then(test::run),
        None | Some((&"help" | &"--help" | &"-h", _)) => {
            println!("{}", help::TEXT);
            Ok(())
        }
        Some((other, _)) => Err(Failure::Usage(format!("there is no command {other:?}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(if matches!(failure, Failure::Usage(_)) {
                2
            } else {
                1
            })
        }
    }
}

fn none_left(rest: &[&str]) -> Result<(), Failure> {
    match rest.first() {
        None => Ok(()),
        Some(extra) => Err(Failure::Usage(format!(
            "nothing is known of {extra:?} here"
        ))),
    }
}
