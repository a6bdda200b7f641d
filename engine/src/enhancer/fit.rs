//! What fits together: rates, contracts and networks.

use super::EnhancerError;
use super::resampled::Plan;
use super::waveform;
use crate::contract::{Contract, Kind};
use crate::frames::check_rate;
use crate::network::Network;

/// Hop and latency in samples that an [`Enhancer`](super::Enhancer) of this contract has at `sample_rate` (Hz).
/// Needs no network: a pure function.
///
/// # Errors
/// When the model cannot run at this rate.
pub fn latency_of(contract: &Contract, sample_rate: u32) -> Result<(usize, usize), EnhancerError> {
    match contract.kind {
        Kind::Spectral { frames, .. } => {
            let sizes = frames.sizes(sample_rate)?;
            Ok((sizes.hop, sizes.latency()))
        }
        Kind::Waveform {
            sample_rate: own,
            window,
            hop,
        } => {
            waveform::check(own, window, hop)?;
            check_rate(sample_rate)?;
            if own == sample_rate {
                return Ok((hop, window - hop));
            }
            let plan = Plan::new(sample_rate, own, window, hop);
            Ok((plan.hop(), plan.latency()))
        }
    }
}

/// Refuses networks of another number or shape than contract and channels ask for.
pub(super) fn check_networks(
    kind: &Kind,
    networks: &[Box<dyn Network>],
    channels: usize,
) -> Result<(), EnhancerError> {
    if channels == 0 {
        return Err(EnhancerError::NoChannels);
    }
    let one_for_all = matches!(kind, Kind::Spectral { .. }) && networks.len() == 1;
    if networks.len() != channels && !one_for_all {
        return Err(EnhancerError::Networks {
            channels,
            received: networks.len(),
        });
    }
    let (input, output) = match *kind {
        Kind::Spectral { bins, taps, .. } => (2 * bins, taps * 2 * bins),
        Kind::Waveform { window, .. } => (window, window),
    };
    for network in networks {
        let sides = [
            ("input", input, network.input_len()),
            ("output", output, network.output_len()),
        ];
        for (what, expected, received) in sides {
            if expected != received || expected == 0 {
                return Err(EnhancerError::Shape {
                    what,
                    expected,
                    received,
                });
            }
        }
    }
    Ok(())
}
