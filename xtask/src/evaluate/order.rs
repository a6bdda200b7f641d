//! What `evaluate` can be asked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Options whose value is a path: Python runs in another folder than the user, so they are made absolute.
const PATHS: [&str; 5] = ["--set", "--manifest", "--speech", "--noise", "--rir"];

/// Options that are passed on as they are.
const WORDS: [&str; 4] = ["--peers", "--each", "--every", "--processes"];

const USAGE: &str = "evaluate takes --set DIR, or --manifest CSV, or --speech DIR with --noise DIR (and --rir DIR); \
     with --model NAME|FILE, --peers NAMES|all|none, --each N, --every N, --processes N, --earlier REPORT.json, \
     --out DIR";

/// The options of `evaluate`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// For the report, instead of `target/evaluate`.
    pub out: Option<PathBuf>,
    /// Whether others' suppressors are run too.
    pub peers: bool,
    /// What Python is told.
    pub passed_on: Vec<OsString>,
}

impl Order {
    /// From what follows `evaluate` on the command line, typed in the folder `here`.
    pub fn parse(arguments: &[&str], here: &Path) -> Result<Self, Failure> {
        let mut order = Self {
            peers: true,
            ..Self::default()
        };
        let mut has_set = false;
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            let value = *rest.next().ok_or_else(usage)?;
            match *option {
                "--out" => {
                    order.out = Some(here.join(value));
                    continue;
                }
                "--peers" if value == "none" => {
                    order.peers = false;
                    order.pass_on(option, "");
                }
                // A model is a name or a file.
                "--model" if here.join(value).is_file() => {
                    order.pass_on(option, here.join(value));
                }
                "--model" => order.pass_on(option, value),
                "--earlier" => order.pass_on(option, here.join(value)),
                path if PATHS.contains(&path) => {
                    has_set = true;
                    order.pass_on(option, here.join(value));
                }
                word if WORDS.contains(&word) => order.pass_on(option, value),
                _ => return Err(usage()),
            }
        }
        if has_set { Ok(order) } else { Err(usage()) }
    }

    fn pass_on(&mut self, option: &str, value: impl Into<OsString>) {
        self.passed_on.push(option.into());
        self.passed_on.push(value.into());
    }
}

fn usage() -> Failure {
    Failure::Usage(USAGE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, Failure> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Order::parse(&words, Path::new("/home/me"))
    }

    #[test]
    fn paths_are_those_of_the_folder_where_they_were_typed() {
        let order = parse(
            "--set mixtures --out report --model limpid --every 3 --earlier report/report.json",
        )
        .unwrap();
        assert_eq!(order.out, Some(PathBuf::from("/home/me/report")));
        let passed_on: Vec<&str> = order.passed_on.iter().filter_map(|w| w.to_str()).collect();
        let expected = "--set /home/me/mixtures --model limpid --every 3 --earlier /home/me/report/report.json";
        assert_eq!(passed_on.join(" "), expected);
        assert!(order.peers);
    }

    #[test]
    fn no_peers_are_installed_when_none_are_wanted() {
        assert!(!parse("--set mixtures --peers none").unwrap().peers);
    }

    #[test]
    fn without_anything_to_judge_on_the_options_are_told() {
        for line in ["", "--peers none", "--set", "--set a --loud yes"] {
            let told = parse(line).unwrap_err().to_string();
            assert!(told.contains("--set DIR"), "{line}: {told}");
        }
    }
}
