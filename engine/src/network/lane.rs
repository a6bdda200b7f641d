//! One session with a fixed number of hops, and the tensors that it reads and writes.

use std::borrow::Cow;

use ort::session::{
    HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue, SessionOutputs,
};
use ort::value::Tensor;

use super::{NetworkError, session};
use crate::contract::Contract;
use crate::denormals::flushed;
use crate::runtime::Runtime;

/// The states of a stream, shared by its lanes.
pub(super) struct States {
    /// `state.NAME` and `next.NAME`, made once.
    names: Vec<(String, String)>,
    tensors: Vec<Tensor<f32>>,
}

/// A session that advances by `hops` hops a call.
///
/// The outputs stand in tensors of their own, so a call that fails has not touched the states.
pub(super) struct Lane {
    session: Session,
    hops: usize,
    input_name: &'static str,
    output_name: &'static str,
    input: Tensor<f32>,
    outputs: RunOptions<HasSelectedOutputs>,
}

impl States {
    pub(super) fn new(contract: &Contract) -> Result<Self, ort::Error> {
        let names = contract
            .states
            .iter()
            .map(|s| (state_name(&s.name), next_name(&s.name)));
        let tensors = contract.states.iter().map(|s| zeros(&s.shape));
        Ok(Self {
            names: names.collect(),
            tensors: tensors.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn reset(&mut self) {
        for tensor in &mut self.tensors {
            tensor.extract_tensor_mut().1.fill(0.0);
        }
    }

    /// Copies all values, one state after the other, into `saved`.
    pub(super) fn save(&self, saved: &mut Vec<f32>) {
        saved.clear();
        for tensor in &self.tensors {
            saved.extend_from_slice(tensor.extract_tensor().1);
        }
    }

    /// Puts back what [`States::save`] took.
    pub(super) fn restore(&mut self, saved: &[f32]) {
        let mut rest = saved;
        for tensor in &mut self.tensors {
            let values = tensor.extract_tensor_mut().1;
            let Some((own, after)) = rest.split_at_checked(values.len()) else {
                return;
            };
            values.copy_from_slice(own);
            rest = after;
        }
    }
}

impl Lane {
    pub(super) fn open(
        runtime: &Runtime,
        bytes: &[u8],
        contract: &Contract,
        hops: usize,
    ) -> Result<Self, ort::Error> {
        let session = session::open_for_hops(runtime, bytes, hops)?;
        let kind = &contract.kind;
        let output = zeros(&kind.output_shape(hops))?;
        let mut selector = OutputSelector::no_default()
            .with(kind.output_name())
            .preallocate(kind.output_name(), output);
        for state in &contract.states {
            let name = next_name(&state.name);
            selector = selector
                .with(name.clone())
                .preallocate(name, zeros(&state.shape)?);
        }
        Ok(Self {
            session,
            hops,
            input_name: kind.input_name(),
            output_name: kind.output_name(),
            input: zeros(&kind.input_shape(hops))?,
            outputs: RunOptions::new()?.with_outputs(selector),
        })
    }

    pub(super) fn hops(&self) -> usize {
        self.hops
    }

    /// Runs the network once; `input` and `output` hold exactly this lane's hops. The states advance
    /// only when all that went in and came out is finite: a runtime's kernel may make finite numbers of
    /// NaN, and a state of them would be wrong from then on without a sign.
    pub(super) fn run(
        &mut self,
        states: &mut States,
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), NetworkError> {
        finite(self.input_name, input)?;
        copy_into(self.input.extract_tensor_mut().1, input)?;
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            Vec::with_capacity(1 + states.tensors.len());
        inputs.push((self.input_name.into(), (&self.input).into()));
        for ((name, _), tensor) in states.names.iter().zip(&states.tensors) {
            inputs.push((name.as_str().into(), tensor.into()));
        }
        // In here rather than left to the caller, so that the bits never depend on who calls.
        let given =
            flushed(|| self.session.run_with_options(inputs, &self.outputs)).map_err(refused)?;

        for (_, next) in &states.names {
            finite(next, values(&given, next)?)?;
        }
        let result = values(&given, self.output_name)?;
        finite(self.output_name, result)?;
        copy_into(output, result)?;
        for ((_, next), tensor) in states.names.iter().zip(&mut states.tensors) {
            copy_into(tensor.extract_tensor_mut().1, values(&given, next)?)?;
        }
        Ok(())
    }
}

fn values<'a>(given: &'a SessionOutputs<'_>, name: &str) -> Result<&'a [f32], NetworkError> {
    let value = given
        .get(name)
        .ok_or_else(|| NetworkError::Refused(format!("it gave no {name}")))?;
    let (_, values) = value.try_extract_tensor().map_err(refused)?;
    Ok(values)
}

fn finite(tensor: &str, values: &[f32]) -> Result<(), NetworkError> {
    if all_finite(values) {
        Ok(())
    } else {
        Err(NetworkError::NotFinite {
            tensor: tensor.to_owned(),
        })
    }
}

fn copy_into(to: &mut [f32], from: &[f32]) -> Result<(), NetworkError> {
    if to.len() != from.len() {
        return Err(NetworkError::OutputLength {
            expected: from.len(),
            received: to.len(),
        });
    }
    to.copy_from_slice(from);
    Ok(())
}

/// Whether every value is a number. Without a branch a value, so that it takes next to no time.
fn all_finite(values: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let odd = values.iter().fold(0_u32, |odd, v| {
        odd | u32::from(v.to_bits() & EXPONENT == EXPONENT)
    });
    odd == 0
}

fn zeros(shape: &[usize]) -> Result<Tensor<f32>, ort::Error> {
    let values = vec![0.0_f32; shape.iter().product()];
    Tensor::from_array((shape.to_vec(), values))
}

fn state_name(name: &str) -> String {
    format!("state.{name}")
}

fn next_name(name: &str) -> String {
    format!("next.{name}")
}

pub(super) fn refused(error: ort::Error) -> NetworkError {
    NetworkError::Refused(error.message().to_owned())
}
