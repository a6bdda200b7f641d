"""Signals as judges of speech hear them: at 16 kHz, with a gradient."""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray
from torch import Tensor

from .data import RATE

HEARD_RATE = 16_000
"""Hz."""


@cache
def _filter(down: int) -> NDArray[np.float64]:
    return np.asarray(scipy.signal.firwin(20 * down + 1, 1 / down, window=("kaiser", 5.0)))


def to_16khz(x: Tensor) -> Tensor:
    """Signals [batch, ceil(samples / 3)] at 16 kHz of those [batch, samples] at 48 kHz, as scipy's `resample_poly`."""
    down = RATE // HEARD_RATE
    taps = torch.as_tensor(_filter(down), dtype=x.dtype, device=x.device)[None, None]
    return torch.nn.functional.conv1d(x.unsqueeze(1), taps, stride=down, padding=taps.shape[2] // 2).squeeze(1)
