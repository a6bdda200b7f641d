"""Losses in the compressed complex spectrum and in the time domain.

Compression by the power 0.3 follows Ephrat et al., "Looking to listen at the cocktail party", ACM TOG 37 (2018); the
extra weight on speech that is taken away follows Eskimez et al., "Personalized speech enhancement: new models and
comprehensive evaluation", ICASSP 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts.

    Attributes:
        power: exponent of the compression.
        magnitude, complex: weights of the two spectral distances.
        lost: extra weight on magnitude that is missing from the voice.
        time: weight of the signal-to-distortion ratio in the time domain (per dB).
        heard: weight of what a listener would hear (per point of P.862's raw scale); see `perceptual`.
        understood: weight of how much would be understood (per unit of ESTOI); see `intelligible`.
        opinion: weight of what listeners would say of every second example (per point of P.835's overall scale); see
            `opinion`.
        opinion_confusable: share of that weight where what is to go resembles the voice (`Mixture`): an opinion hears
            no reference, and there the voice may pay for it. The log tells it unweighted, but not so the loss.
        opinion_floor: power in a bin under which what they hear does not matter; the log tells what they say with it.
        taught: share of the distance to a teacher's answer in that to the voice (0: no teacher is asked).
        taught_lost: as `lost`, of what is missing from the teacher's answer, which is less uncertain than the voice.
        taught_behind: how much lower a teacher's answer to an example may stand than the network's own and still be
            followed, in dB of signal-to-distortion ratio against the voice (`time_loss`; 100: it always is).
        floor: power relative to the mixture's mean below which magnitudes stop to matter.
        tilt: how much less high bins weigh; see `frequency_weights`.
        bfloat16: compute the convolutions of the network, and of who gives an opinion, in 16 bits while training.
        frozen: batch norms keep the statistics that they have, and cost nothing.
    """

    power: float = 0.3
    magnitude: float = 0.7
    complex: float = 0.3
    lost: float = 1.0
    time: float = 0.03
    heard: float = 0.0
    understood: float = 0.0
    opinion: float = 0.0
    opinion_confusable: float = 1.0
    opinion_floor: float = 0.0
    taught: float = 0.0
    taught_lost: float = 1.0
    taught_behind: float = 100.0
    floor: float = 1e-5
    tilt: float = 1.0
    bfloat16: bool = False
    frozen: bool = False


def frequency_weights(bins: int, spacing_hz: float, tilt: float = 1.0) -> Tensor:
    """Weight of each bin [bins], mean 1: with a tilt of 1 half at 8 kHz, a third at 16 kHz; with 2 their squares."""
    w = (1 + torch.arange(bins) * spacing_hz / 8000) ** -tilt
    return w / w.mean()


@dataclass(frozen=True)
class Compressed:
    """A spectrum of compressed magnitudes: magnitude, real and imaginary part, each [batch, time, bins]."""

    magnitude: Tensor
    re: Tensor
    im: Tensor


def compressed(re: Tensor, im: Tensor, scale: Tensor, config: LossConfig) -> Compressed:
    """A spectrum [batch, time, bins], compressed.

    Args:
        re: real part.
        im: imaginary part.
        scale: power that counts as one [batch, 1, 1], such as the mixture's mean.
        config: power and floor.
    """
    power = (re * re + im * im) / scale + config.floor
    magnitude = power ** (config.power / 2)
    ratio = magnitude * power.rsqrt() * scale.rsqrt()
    return Compressed(magnitude, re * ratio, im * ratio)


def spectral_loss(estimate: Compressed, clean: Compressed, weights: Tensor, config: LossConfig) -> Tensor:
    """Distance of compressed spectra, one value an example [batch].

    Args:
        estimate: what came out.
        clean: what should have.
        weights: of the bins [batch, 1, bins]; zero where the clean signal is not to be trusted.
        config: weights of the parts.
    """
    d = clean.magnitude - estimate.magnitude
    magnitude = d * d * (config.magnitude * (1 + config.lost * (d > 0)))
    distance = (estimate.re - clean.re) ** 2 + (estimate.im - clean.im) ** 2
    both = magnitude + config.complex * distance
    return (both * weights).mean((1, 2))


def time_loss(estimate: Tensor, clean: Tensor, noisy: Tensor, most_db: float = 30.0) -> Tensor:
    """Negative signal-to-distortion ratio in dB [batch], bounded above, zero where there is no voice.

    Not invariant to scale: a voice that comes out too quiet is an error.
    """
    signal = (clean**2).sum(-1)
    error = ((clean - estimate) ** 2).sum(-1)
    soft = 10 ** (-most_db / 10)
    ratio = 10 * torch.log10((signal + 1e-9) / (error + soft * signal + 1e-9))
    voiced = signal > 1e-5 * (noisy**2).sum(-1)
    return -ratio * voiced
