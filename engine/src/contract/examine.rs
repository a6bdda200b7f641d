//! The contract as a list of requirements, each with what was found.

use super::{Contract, ContractError, Kind, ModelFacts, metadata, tensors};

/// One requirement of the contract and how a model meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the contract asks for.
    pub requirement: String,
    /// What the model has.
    pub found: String,
    /// Why that is not enough; `None` is a tick.
    pub problem: Option<ContractError>,
}

impl Row {
    /// Whether the requirement is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.problem.is_none()
    }
}

/// Checks a model against the contract.
///
/// # Errors
/// The first requirement that is not met, in the order of [`report`].
pub fn check(facts: &ModelFacts) -> Result<Contract, ContractError> {
    let (mut rows, contract) = examine(facts);
    match rows.iter_mut().find_map(|row| row.problem.take()) {
        Some(problem) => Err(problem),
        // Without a problem in any row every part was read.
        None => contract.ok_or_else(|| ContractError::MissingKey {
            key: metadata::key("contract"),
            means: metadata::CONTRACT_MEANS,
        }),
    }
}

/// The contract row by row, for somebody who wants to see all that a model keeps and misses.
///
/// Rows that need an earlier one (the shape of `spectrum` needs `limpid.bins`) are left out when that
/// one is not met.
#[must_use]
pub fn report(facts: &ModelFacts) -> Vec<Row> {
    examine(facts).0
}

fn examine(facts: &ModelFacts) -> (Vec<Row>, Option<Contract>) {
    let mut rows = Vec::new();
    let card = metadata::read(facts, &mut rows);
    let kind: Option<Kind> = card
        .numbers
        .as_ref()
        .and_then(|numbers| tensors::main_pair(facts, numbers, &mut rows));
    let states = tensors::states(facts, card.numbers.as_ref(), &mut rows);
    let contract = kind.map(|kind| Contract {
        kind,
        name: card.name,
        version: card.version,
        licence: card.licence,
        description: card.description,
        states,
    });
    (rows, contract)
}

/// Notes a requirement and hands on what was read, if it was met.
pub(super) fn note<T>(
    rows: &mut Vec<Row>,
    requirement: impl Into<String>,
    found: impl Into<String>,
    outcome: Result<T, ContractError>,
) -> Option<T> {
    let (value, problem) = match outcome {
        Ok(value) => (Some(value), None),
        Err(problem) => (None, Some(problem)),
    };
    rows.push(Row {
        requirement: requirement.into(),
        found: found.into(),
        problem,
    });
    value
}
