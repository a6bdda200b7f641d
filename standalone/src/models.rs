//! `limpid models`: what there is, and whether a file keeps the contract.

use std::fmt::Write;
use std::path::Path;

use limpid_engine::contract::report;
use limpid_engine::network::Model;
use limpid_engine::runtime::Runtime;

use crate::failure::Failure;
use crate::{places, say};

/// Prints every model that a name can mean, and where it lies.
pub fn list() -> Result<(), Failure> {
    let models = places::models();
    if models.is_empty() {
        let searched: Vec<String> = places::model_folders()
            .map(|folder| format!("  {}", folder.display()))
            .collect();
        return say::line(&format!("No models. Searched:\n{}", searched.join("\n")));
    }
    let width = models
        .iter()
        .map(|m| m.name.chars().count())
        .max()
        .unwrap_or(0);
    let lines: Vec<String> = models
        .iter()
        .map(|model| format!("{:width$}  {}", model.name, model.path.display()))
        .collect();
    say::line(&lines.join("\n"))
}

/// Prints the contract as a table with ticks, and what a hop costs here.
pub fn check(asked: &Path) -> Result<(), Failure> {
    let path = places::model(asked)?;
    let runtime = Runtime::load(&places::library())?;
    let rows = report(&Model::inspect(&runtime, &path)?);
    let width = rows
        .iter()
        .map(|r| r.requirement.chars().count())
        .max()
        .unwrap_or(0);
    let mut table = format!("{}\n", path.display());
    for row in &rows {
        let mark = if row.is_met() { '✓' } else { '✗' };
        // Writing to a string cannot fail.
        let _ = write!(table, "\n{mark} {:width$}  {}", row.requirement, row.found);
        if let Some(problem) = &row.problem {
            let _ = write!(table, "\n  {:width$}  {problem}", "");
        }
    }
    say::line(&table)?;
    if rows.iter().any(|row| !row.is_met()) {
        return Err(Failure::ModelRefused(path));
    }
    let model = Model::load(&runtime, &path)?;
    say::line(&format!(
        "\nSHA-256  {}\nspeed    {}, {:.1} % of a core",
        model.sha256(),
        model.cost(),
        model.cost().load() * 100.0
    ))
}
