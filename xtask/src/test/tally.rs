//! Steps, how long they took, and what passed.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Steps run so far.
#[derive(Debug, Default)]
pub struct Tally {
    steps: Vec<Step>,
    /// What was not run, and why.
    left_out: Vec<String>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    count: Count,
}

/// Tests that passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
}

/// Reads a count out of a line that a test runner prints, if the line holds one.
pub type Counter = fn(&str) -> Option<Count>;

impl Tally {
    /// A step that passes or fails as a whole.
    pub fn check(&mut self, name: &str, command: &mut Command) {
        self.step(name, command, |_| None);
    }

    /// A step that runs tests, which `counter` finds in what is printed. Everything printed is seen.
    pub fn step(&mut self, name: &str, command: &mut Command, counter: Counter) {
        println!("\n--- {name}");
        let begun = Instant::now();
        let mut count = None;
        let succeeded = match watch(command, counter, &mut count) {
            Ok(succeeded) => succeeded,
            Err(error) => {
                println!("cannot run {}: {error}", command.get_program().display());
                false
            }
        };
        let mut count = count.unwrap_or(Count {
            passed: u64::from(succeeded),
            failed: 0,
        });
        // A runner that broke before it counted anything failed once.
        if !succeeded && count.failed == 0 {
            count.failed = 1;
        }
        self.steps.push(Step {
            name: name.to_owned(),
            took: begun.elapsed(),
            count,
        });
    }

    /// What kept a step from being run at all is a failure like others.
    pub fn note(&mut self, name: &str, done: Result<(), Failure>) {
        if let Err(failure) = done {
            println!("\n{name}: {failure}");
            self.steps.push(Step {
                name: name.to_owned(),
                took: Duration::ZERO,
                count: Count {
                    passed: 0,
                    failed: 1,
                },
            });
        }
    }

    /// Something that cannot be run here. It is told at once and again at the end, where it is seen.
    pub fn leave_out(&mut self, name: &str, why: &str) {
        let told = format!("LEFT OUT: {name}: {why}");
        println!("\n--- {told}");
        self.left_out.push(told);
    }

    /// The steps as a table and, on the last line, the sum.
    pub fn print(&self, took: Duration) -> Result<(), Failure> {
        println!("\nstep                          seconds   passed   failed");
        let mut sum = Count::default();
        for Step { name, took, count } in &self.steps {
            let seconds = took.as_secs_f64();
            println!(
                "{name:28} {seconds:8.1} {:8} {:8}",
                count.passed, count.failed
            );
            sum.passed += count.passed;
            sum.failed += count.failed;
        }
        println!("{:28} {:8.1}\n", "all", took.as_secs_f64());
        for told in &self.left_out {
            println!("{told}");
        }
        println!("{} passed, {} failed", sum.passed, sum.failed);
        if sum.failed == 0 {
            Ok(())
        } else {
            Err(Failure::Tests)
        }
    }
}

/// Runs a command, passes on what it prints on stdout and stderr, counts in it; whether it succeeded.
fn watch(
    command: &mut Command,
    counter: Counter,
    count: &mut Option<Count>,
) -> std::io::Result<bool> {
    let (reader, writer) = std::io::pipe()?;
    command
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .stdin(Stdio::null());
    let mut child = command.spawn()?;
    // The command holds ends of the pipe, which would keep it open for ever.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    pass_on(reader, counter, count)?;
    Ok(child.wait()?.success())
}

fn pass_on(reader: impl Read, counter: Counter, count: &mut Option<Count>) -> std::io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        if let Some(more) = counter(&String::from_utf8_lossy(&line)) {
            let count = count.get_or_insert_default();
            count.passed += more.passed;
            count.failed += more.failed;
        }
        line.clear();
    }
    Ok(())
}

/// The number that stands ahead of `word` in a line: 12 in "12 passed; 0 failed" for "passed".
pub fn number_before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}
