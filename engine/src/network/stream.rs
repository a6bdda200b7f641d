//! A network with its own memory.

use std::sync::Arc;

use super::lane::{Lane, States, refused};
use super::pool::Seat;
use super::probe::{self, Signal};
use super::{Network, NetworkError};
use crate::contract::Contract;
use crate::runtime::Runtime;

/// Told when the system let no session be made, for this stream or another of its model.
const NO_SESSION: &str =
    "there is no session left; close other programs and choose the model again";

/// Whether a stream runs several hops a call of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batching {
    /// One hop a call, as asked.
    Single,
    /// This many hops a call, as long as there are so many; the same bits were seen on a trial.
    Several(usize),
    /// One hop a call: the model was exported for one.
    OneHopModel,
    /// One hop a call: several gave other bits than one at a time.
    Unequal,
    /// One hop a call: the runtime did not run several, for this reason.
    Refused(String),
}

/// A running model. What it remembers is its own; the sessions that compute it are the model's, and
/// taken one hop at a time. It may move between threads.
pub struct Stream {
    seat: Arc<Seat>,
    /// For several hops a call, which only files have.
    several: Option<Lane>,
    states: States,
    /// The states at the start of a call of more than one run.
    saved: Vec<f32>,
    batching: Batching,
    input_len: usize,
    output_len: usize,
}

impl Stream {
    pub(super) fn open(
        seat: Arc<Seat>,
        runtime: &Runtime,
        bytes: &[u8],
        contract: &Contract,
        hops: usize,
        takes_several_hops: bool,
    ) -> Result<Self, NetworkError> {
        let mut stream = Self {
            seat,
            several: None,
            states: States::new(contract).map_err(refused)?,
            saved: Vec::with_capacity(contract.states.iter().map(|s| s.len()).sum()),
            batching: Batching::Single,
            input_len: contract.kind.input_len(),
            output_len: contract.kind.output_len(),
        };
        if hops > 1 {
            stream.batching = if takes_several_hops {
                stream.try_several(runtime, bytes, contract, hops)
            } else {
                Batching::OneHopModel
            };
        }
        Ok(stream)
    }

    /// Whether several hops run at once, or why not.
    #[must_use]
    pub fn batching(&self) -> &Batching {
        &self.batching
    }

    /// Hops that one call of the runtime advances by, when there are as many: 1 if not batched.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.several.as_ref().map_or(1, Lane::hops)
    }

    /// Opens the lane for several hops and keeps it if it gives the same bits as one at a time.
    fn try_several(
        &mut self,
        runtime: &Runtime,
        bytes: &[u8],
        contract: &Contract,
        hops: usize,
    ) -> Batching {
        let lane = match Lane::open(runtime, bytes, contract, hops) {
            Ok(lane) => lane,
            Err(e) => return Batching::Refused(e.message().to_owned()),
        };
        // Three calls: the second starts from the states of the first.
        let input = probe::hops(&contract.kind, Signal::Noise, 3 * hops);
        let outcome = self.run_afresh(&input).and_then(|single| {
            self.several = Some(lane);
            Ok((single, self.run_afresh(&input)?))
        });
        self.reset();
        let refusal = match outcome {
            Ok((single, batched)) if single == batched => return Batching::Several(hops),
            Ok(_) => Batching::Unequal,
            Err(e) => Batching::Refused(e.to_string()),
        };
        self.several = None;
        refusal
    }

    /// The bits of all outputs and of the states afterwards, from a start in silence.
    fn run_afresh(&mut self, input: &[f32]) -> Result<Vec<u32>, NetworkError> {
        self.reset();
        let mut output = vec![0.0; input.len() / self.input_len * self.output_len];
        self.step(input, &mut output)?;
        self.states.save(&mut self.saved);
        Ok(output
            .iter()
            .chain(&self.saved)
            .map(|v| v.to_bits())
            .collect())
    }

    fn run_all(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        let (mut input, mut output) = (input, output);
        while !input.is_empty() {
            let left = input.len() / self.input_len;
            let several = self.several.as_mut().filter(|lane| lane.hops() <= left);
            let hops = several.as_ref().map_or(1, |lane| lane.hops());
            let (now, later) = input.split_at(hops * self.input_len);
            let (given, open) = output.split_at_mut(hops * self.output_len);
            let states = &mut self.states;
            match several {
                Some(lane) => lane.run(states, now, given),
                None => self
                    .seat
                    .with(|lane| lane.run(states, now, given))
                    .unwrap_or_else(|| Err(NetworkError::Refused(NO_SESSION.to_owned()))),
            }?;
            (input, output) = (later, open);
        }
        Ok(())
    }
}

impl Network for Stream {
    fn input_len(&self) -> usize {
        self.input_len
    }

    fn output_len(&self) -> usize {
        self.output_len
    }

    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), NetworkError> {
        let (hops, rest) = (input.len() / self.input_len, input.len() % self.input_len);
        if hops == 0 || rest != 0 {
            return Err(NetworkError::InputLength {
                one_hop: self.input_len,
                received: input.len(),
            });
        }
        let expected = hops * self.output_len;
        if output.len() != expected {
            return Err(NetworkError::OutputLength {
                expected,
                received: output.len(),
            });
        }
        // A run that fails leaves the states alone; only those before it in the same call must be undone.
        let single_run = hops == 1 || hops == self.batch();
        if !single_run {
            self.states.save(&mut self.saved);
        }
        let outcome = self.run_all(input, output);
        if outcome.is_err() && !single_run {
            self.states.restore(&self.saved);
        }
        outcome
    }

    fn reset(&mut self) {
        self.states.reset();
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("batching", &self.batching)
            .finish_non_exhaustive()
    }
}
