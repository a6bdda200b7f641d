//! What the graph takes and gives: the main pair of tensors, and the states.

use super::examine::{Row, note};
use super::metadata::Numbers;
use super::{
    ContractError, Dimension, ElementType, HOPS_AXIS, Kind, ModelFacts, StateShape, TensorFact,
};

/// 4 MB a tensor: a hundred times what a network for real time carries, and a batch of them does not
/// trouble a machine.
const MAX_VALUES: usize = 1 << 20;

impl Numbers {
    fn input_name(&self) -> &'static str {
        match self {
            Self::Spectral { .. } => "spectrum",
            Self::Waveform { .. } => "frame",
        }
    }
}

/// Checks the input and the output that are not states.
pub(super) fn main_pair(
    facts: &ModelFacts,
    numbers: &Numbers,
    rows: &mut Vec<Row>,
) -> Option<Kind> {
    match *numbers {
        Numbers::Spectral { frames, bins } => {
            let input_shape = format!("[{HOPS_AXIS}, 2, {bins}]");
            let hops = require(
                facts.input("spectrum"),
                "input",
                "spectrum",
                &input_shape,
                rows,
                |t| spectrum_hops(t, bins, &input_shape),
            );
            let output_shape = format!("[{HOPS_AXIS}, K, 2, {bins}]");
            let taps = require(
                facts.output("filter"),
                "output",
                "filter",
                &output_shape,
                rows,
                |t| filter_taps(t, bins, hops.as_ref(), &output_shape),
            );
            hops?;
            Some(Kind::Spectral {
                frames,
                bins,
                taps: taps?,
            })
        }
        Numbers::Waveform {
            sample_rate,
            window,
            hop,
        } => {
            let shape = format!("[1, 1, {window}]");
            let fits = |t: &TensorFact| match t.static_shape() {
                Some(found) if found == [1, 1, window] => Ok(()),
                _ => Err(wrong_shape(t, &shape)),
            };
            let input = require(facts.input("frame"), "input", "frame", &shape, rows, fits);
            let output = require(
                facts.output("frame_out"),
                "output",
                "frame_out",
                &shape,
                rows,
                fits,
            );
            input.and(output)?;
            Some(Kind::Waveform {
                sample_rate,
                window,
                hop,
            })
        }
    }
}

/// Checks the states and that nothing else is asked for; gives the states that hold.
pub(super) fn states(
    facts: &ModelFacts,
    numbers: Option<&Numbers>,
    rows: &mut Vec<Row>,
) -> Vec<StateShape> {
    let mut states = Vec::new();
    for input in &facts.inputs {
        if let Some(name) = input.name.strip_prefix("state.") {
            let requirement = format!("input `state.{name}` comes out as `next.{name}`");
            let found = match facts.output(&format!("next.{name}")) {
                Some(next) => format!("{} and {}", input.shape_text(), next.shape_text()),
                None => format!("{} and nothing", input.shape_text()),
            };
            states.extend(note(rows, requirement, found, state(facts, input, name)));
        }
    }
    for output in &facts.outputs {
        if let Some(name) = output.name.strip_prefix("next.")
            && facts.input(&format!("state.{name}")).is_none()
        {
            let problem = ContractError::NextWithoutState {
                name: name.to_owned(),
            };
            let requirement = format!("output `next.{name}` goes in as `state.{name}`");
            note::<()>(rows, requirement, "nothing", Err(problem));
        }
    }
    // Which input is the main one is not known without the numbers of the kind.
    if let Some(numbers) = numbers {
        nothing_else(facts, numbers.input_name(), rows);
    }
    states
}

fn nothing_else(facts: &ModelFacts, main: &str, rows: &mut Vec<Row>) {
    let mut others = facts
        .inputs
        .iter()
        .filter(|t| t.name != main && !t.name.starts_with("state."))
        .peekable();
    let requirement = "no input besides these";
    if others.peek().is_none() {
        note(rows, requirement, "none", Ok(()));
    }
    for other in others {
        let problem = ContractError::UnknownInput {
            name: other.name.clone(),
        };
        note::<()>(rows, requirement, other.name.clone(), Err(problem));
    }
}

fn state(facts: &ModelFacts, input: &TensorFact, name: &str) -> Result<StateShape, ContractError> {
    let next =
        facts
            .output(&format!("next.{name}"))
            .ok_or_else(|| ContractError::StateWithoutNext {
                name: name.to_owned(),
            })?;
    float32(input)?;
    float32(next)?;
    let shape = static_shape(input)?;
    if static_shape(next)? != shape {
        return Err(ContractError::StateUnlikeNext {
            name: name.to_owned(),
            state: input.shape_text(),
            next: next.shape_text(),
        });
    }
    bounded(input)?;
    Ok(StateShape {
        name: name.to_owned(),
        shape,
    })
}

fn static_shape(tensor: &TensorFact) -> Result<Vec<usize>, ContractError> {
    tensor
        .static_shape()
        .filter(|shape| !shape.contains(&0))
        .ok_or_else(|| ContractError::StateNotStatic {
            tensor: tensor.name.clone(),
            shape: tensor.shape_text(),
        })
}

/// The first axis of `spectrum`, when the whole shape holds.
fn spectrum_hops(
    tensor: &TensorFact,
    bins: usize,
    shape: &str,
) -> Result<Dimension, ContractError> {
    let [hops, rest @ ..] = tensor.shape.as_slice() else {
        return Err(wrong_shape(tensor, shape));
    };
    if rest != [Dimension::Fixed(2), Dimension::Fixed(bins)] {
        return Err(wrong_shape(tensor, shape));
    }
    match hops {
        Dimension::Fixed(1) => Ok(hops.clone()),
        Dimension::Named(name) if name == HOPS_AXIS => Ok(hops.clone()),
        other => Err(ContractError::WrongHopsAxis {
            found: other.to_string(),
        }),
    }
}

/// K of `filter`. Its first axis must be as free as the one of `spectrum`; under which name does not
/// matter, for exporters make up names of outputs.
fn filter_taps(
    tensor: &TensorFact,
    bins: usize,
    hops: Option<&Dimension>,
    shape: &str,
) -> Result<usize, ContractError> {
    let [
        first,
        Dimension::Fixed(taps @ 1..),
        Dimension::Fixed(2),
        Dimension::Fixed(found_bins),
    ] = tensor.shape.as_slice()
    else {
        return Err(wrong_shape(tensor, shape));
    };
    let alike = match hops {
        Some(Dimension::Fixed(n)) => *first == Dimension::Fixed(*n),
        Some(_) => !matches!(first, Dimension::Fixed(_)),
        // `spectrum` itself is wrong and said so.
        None => true,
    };
    if *found_bins != bins || !alike {
        return Err(wrong_shape(tensor, shape));
    }
    Ok(*taps)
}

fn require<T>(
    tensor: Option<&TensorFact>,
    role: &str,
    name: &str,
    shape: &str,
    rows: &mut Vec<Row>,
    fits: impl Fn(&TensorFact) -> Result<T, ContractError>,
) -> Option<T> {
    let (found, outcome) = match tensor {
        Some(tensor) => (
            format!("{} {}", tensor.element, tensor.shape_text()),
            float32(tensor)
                .and_then(|()| bounded(tensor))
                .and_then(|()| fits(tensor)),
        ),
        None => ("nothing".to_owned(), Err(missing(role, name, shape))),
    };
    note(
        rows,
        format!("{role} `{name}` is float32 {shape}"),
        found,
        outcome,
    )
}

fn missing(role: &str, name: &str, shape: &str) -> ContractError {
    let (name, shape) = (name.to_owned(), shape.to_owned());
    if role == "input" {
        ContractError::MissingInput { name, shape }
    } else {
        ContractError::MissingOutput { name, shape }
    }
}

fn float32(tensor: &TensorFact) -> Result<(), ContractError> {
    match &tensor.element {
        ElementType::Float32 => Ok(()),
        ElementType::Other(found) => Err(ContractError::NotFloat32 {
            tensor: tensor.name.clone(),
            found: found.clone(),
        }),
    }
}

fn bounded(tensor: &TensorFact) -> Result<(), ContractError> {
    let fixed = tensor.shape.iter().filter_map(|d| match d {
        Dimension::Fixed(n) => Some(*n),
        Dimension::Named(_) | Dimension::Unknown => None,
    });
    let values = fixed.into_iter().try_fold(1_usize, usize::checked_mul);
    match values {
        Some(values) if values <= MAX_VALUES => Ok(()),
        _ => Err(ContractError::TooLarge {
            tensor: tensor.name.clone(),
            shape: tensor.shape_text(),
            limit: MAX_VALUES,
        }),
    }
}

fn wrong_shape(tensor: &TensorFact, expected: &str) -> ContractError {
    ContractError::WrongShape {
        tensor: tensor.name.clone(),
        expected: expected.to_owned(),
        found: tensor.shape_text(),
    }
}
