//! `limpid models`: what there is, and whether a file keeps the contract.

mod inspect;
mod weights;

use std::fmt::Write;
use std::path::Path;

use limpid_engine::contract::report;
use limpid_engine::network::Model;
use limpid_engine::runtime::Runtime;

use crate::failure::Failure;
use crate::{places, say};

pub use self::inspect::inspect;

/// Prints every model that a name can mean: version, latency, kind, and where it lies. Without the library
/// a file cannot be looked into; the names are told all the same.
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
    let runtime = Runtime::load(&places::library()).ok();
    let lines: Vec<String> = models
        .iter()
        .map(|model| {
            let told = runtime.as_ref().map(|runtime| {
                let told = inspect::short(runtime, &model.path);
                told.unwrap_or_else(|| "keeps no contract".to_owned())
            });
            let told = told.map(|told| format!("{told:32}")).unwrap_or_default();
            format!("{:width$}  {told}  {}", model.name, model.path.display())
        })
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
