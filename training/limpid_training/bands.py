"""Bands of a spectrum: single bins where harmonics stand apart, triangular bands on the ERB scale above.

The ERB-rate scale is that of Glasberg and Moore, "Derivation of auditory filter shapes from notched-noise data",
Hearing Research 47 (1990).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def erb_rate(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """ERB-rate of a frequency in Hz."""
    return np.asarray(21.4 * np.log10(1 + 0.00437 * np.asarray(hertz)), np.float64)


def band_centres(single: int, merged: int, bins: int, spacing_hz: float) -> NDArray[np.float64]:
    """Bin numbers [merged] at which the merged bands peak: from bin `single` to the last, even on the ERB scale."""
    low, high = erb_rate(single * spacing_hz), erb_rate((bins - 1) * spacing_hz)
    hertz = (10 ** (np.linspace(low, high, merged) / 21.4) - 1) / 0.00437
    return hertz / spacing_hz


def spreading(single: int, merged: int, bins: int, spacing_hz: float) -> NDArray[np.float32]:
    """Matrix [merged, bins - single] that interpolates linearly between band centres; each column sums to one."""
    centres = band_centres(single, merged, bins, spacing_hz)
    at = np.arange(single, bins, dtype=np.float64)
    rows = [np.interp(at, centres, np.eye(merged)[k]) for k in range(merged)]
    return np.stack(rows).astype(np.float32)


class Bands(nn.Module):
    """Merges bins to bands and spreads bands back to bins.

    Args:
        single: bins kept as they are, from 0 Hz up.
        merged: bands above them.
        bins: bins of the spectrum.
        spacing_hz: distance between bins.
    """

    spread: Tensor
    merge: Tensor

    def __init__(self, single: int, merged: int, bins: int, spacing_hz: float) -> None:
        super().__init__()
        self.single, self.merged = single, merged
        spread = torch.as_tensor(spreading(single, merged, bins, spacing_hz))
        self.register_buffer("spread", spread, persistent=False)
        self.register_buffer("merge", spread.T.contiguous(), persistent=False)

    @property
    def count(self) -> int:
        """Bands in all."""
        return self.single + self.merged

    def total(self, power: Tensor) -> Tensor:
        """Power of all bins together [...] from the power of each bin [..., bins]."""
        return power.sum(-1)

    def energies(self, power: Tensor) -> Tensor:
        """Energy of each band [..., count] from the power of each bin [..., bins]."""
        return torch.cat([power[..., : self.single], power[..., self.single :] @ self.merge], -1)

    def to_bins(self, bands: Tensor) -> Tensor:
        """Values a bin [..., bins] from values a band [..., count]."""
        return torch.cat([bands[..., : self.single], bands[..., self.single :] @ self.spread], -1)
