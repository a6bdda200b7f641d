"""Signals as judges of speech hear them: at 16 kHz, with a gradient."""

from __future__ import annotations

from functools import cache

import scipy.signal
import torch
from torch import Tensor

from .data import RATE

HEARD_RATE = 16_000
"""Hz."""


@cache
def _filter(down: int) -> Tensor:
    taps = scipy.signal.firwin(20 * down + 1, 1 / down, window=("kaiser", 5.0))
    return torch.tensor(taps, dtype=torch.float32)[None, None]


def to_16khz(x: Tensor) -> Tensor:
    """Signals [batch, samples / 3] at 16 kHz of signals [batch, samples] at 48 kHz, as scipy's `resample_poly`."""
    down = RATE // HEARD_RATE
    taps = _filter(down)
    return torch.nn.functional.conv1d(x.unsqueeze(1), taps, stride=down, padding=taps.shape[2] // 2).squeeze(1)
