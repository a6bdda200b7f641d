"""Frames of equal duration at any sample rate: windows, analysis and overlap-add.

The same definitions as the engine's `frames` module, against which a test compares them. A frame of `window_ms` ends at
the newest sample, advances by `hop_ms`, and its last `synthesis_ms` are overlap-added. Spectra are scaled by the sum
of the analysis window, so a full-scale sine reads 0.5 at every rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class FrameSpec:
    """Durations of a spectral model's frames in milliseconds; the same at every sample rate."""

    window_ms: float = 20.0
    hop_ms: float = 10.0
    synthesis_ms: float = 20.0

    def at(self, sample_rate: int) -> Frames:
        """Frames in samples at `sample_rate` (Hz).

        Raises:
            ValueError: the durations are not whole multiples of the hop, or the synthesis window is the longer one.
        """
        hop = int(np.floor(sample_rate * self.hop_ms / 1000 + 0.5))
        ratios = self.window_ms / self.hop_ms, self.synthesis_ms / self.hop_ms
        if any(abs(r - round(r)) > 1e-9 for r in ratios) or self.synthesis_ms > self.window_ms:
            raise ValueError(
                f"window ({self.window_ms} ms) and synthesis ({self.synthesis_ms} ms) must be whole multiples of the "
                f"hop ({self.hop_ms} ms), and synthesis not longer than window"
            )
        return Frames(hop, round(ratios[0]) * hop, round(ratios[1]) * hop)


def periodic_hann(length: int) -> NDArray[np.float64]:
    """Hann window that is zero at sample 0 and would be zero again at sample `length`."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


@dataclass(frozen=True)
class Frames:
    """Frame sizes in samples at one sample rate, with their windows."""

    hop: int
    analysis: int
    synthesis: int

    @property
    def latency(self) -> int:
        """Samples by which the overlap-added output lags its input, the hop's own collecting not counted."""
        return self.synthesis - self.hop

    @property
    def bins(self) -> int:
        """Bins of the spectrum of one frame."""
        return self.analysis // 2 + 1

    @cached_property
    def windows(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Analysis window [analysis] and synthesis window [synthesis], the latter scaled for overlap-add to one.

        The asymmetric pair rises with the long window and falls with the short one (Mauler and Martin, "A low delay,
        variable resolution, perfect reconstruction spectral analysis-synthesis system", EUSIPCO 2007).
        """
        a, s = self.analysis, self.synthesis
        short = periodic_hann(s)
        n = np.arange(a)
        rise = np.sqrt(periodic_hann(2 * a - s))[:a]
        fall = np.sqrt(np.concatenate([np.zeros(a - s), short]))
        analysis = np.where(2 * n < 2 * a - s, rise, fall)
        safe = np.where(short > 0, analysis[a - s :], 1.0)
        return analysis, short / safe * (2 * self.hop / s)

    def analyse(self, x: Tensor) -> Tensor:
        """Spectra [..., frames, bins] of signals [..., samples]; frame t ends with sample (t + 1) * hop.

        A last incomplete hop is left out.
        """
        window = torch.as_tensor(self.windows[0], dtype=x.dtype)
        padded = torch.nn.functional.pad(x, (self.analysis - self.hop, 0))
        frames = padded.unfold(-1, self.analysis, self.hop)
        spectra: Tensor = torch.fft.rfft(frames * (window / window.sum()))
        return spectra

    def synthesise(self, spectra: Tensor) -> Tensor:
        """Signals [..., frames * hop] of spectra [..., frames, bins], `latency` samples late."""
        analysis, synthesis = self.windows
        window = torch.as_tensor(synthesis * analysis.sum(), dtype=spectra.real.dtype)
        frames = torch.fft.irfft(spectra, self.analysis)[..., self.analysis - self.synthesis :] * window
        count, overlap = frames.shape[-2], self.synthesis // self.hop
        hops = frames.unflatten(-1, (overlap, self.hop))
        out = torch.zeros(*frames.shape[:-2], count + overlap - 1, self.hop, dtype=frames.dtype)
        for k in range(overlap):
            out[..., k : k + count, :] += hops[..., :, k, :]
        return out[..., :count, :].flatten(-2)
