"""How intelligible a signal is, as ESTOI counts it, as a loss with a gradient.

Jensen and Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers", IEEE/ACM
TASLP 24 (2016): in 384 ms of speech, how alike the patterns of one-third octave bands are to those of the clean voice,
whatever their gain. Frames are as long as there and taken at 16 kHz; of pauses the frames are left out, where there the
samples are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .resample import HEARD_RATE, to_16khz

FRAME, HOP = 410, 205
"""Samples at 16 kHz: 25.6 ms, half of them new."""
POINTS = 820
"""Of the Fourier transform: bins as far apart as with 512 points at 10 kHz."""
BANDS, LOWEST_HZ = 15, 150
SEGMENT = 30
"""Frames whose patterns are compared."""
RANGE_DB = 40
"""Frames so far below the loudest one are pauses."""
TINY = 1e-9
"""Power of a band, energy of a frame and length of a pattern below which there is nothing."""


class Intelligibility:
    """Compares signals at 48 kHz."""

    def __init__(self) -> None:
        self.window = torch.hann_window(FRAME)
        hertz = torch.arange(POINTS // 2 + 1) * HEARD_RATE / POINTS
        centres = LOWEST_HZ * 2 ** (torch.arange(BANDS) / 3)
        edges = [(hertz[:, None] - centres * 2 ** (side / 6)).abs().argmin(0) for side in (-1, 1)]
        bins = torch.arange(len(hertz))[:, None]
        self.matrix = ((bins >= edges[0]) & (bins < edges[1])).float()

    def bands(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes [batch, frames, bands] and energies [batch, frames] of signals [batch, samples] at 16 kHz."""
        missing = max(0, FRAME - x.shape[1])
        frames = torch.nn.functional.pad(x, (0, missing)).unfold(1, FRAME, HOP) * self.window
        spectra = torch.fft.rfft(frames, POINTS)
        power = spectra.real**2 + spectra.imag**2
        return (power @ self.matrix + TINY).sqrt(), (frames**2).sum(2)

    def __call__(self, estimate: Tensor, clean: Tensor) -> Tensor:
        """Likeness of patterns, at most 1, one value an example [batch].

        Zero where the clean signal has less than a segment of speech: there is nothing to understand.

        Args:
            estimate: [batch, samples].
            clean: alike.
        """
        heard, _ = self.bands(to_16khz(estimate))
        spoken, energy = self.bands(to_16khz(clean))
        speaks = (energy > energy.amax(1, keepdim=True) * 10 ** (-RANGE_DB / 10)) & (energy > TINY)
        scores = []
        for x, y, frames in zip(heard, spoken, speaks, strict=True):
            if int(frames.sum()) < SEGMENT:
                scores.append(0 * x.sum())
                continue
            a, b = (pattern(v[frames].unfold(0, SEGMENT, 1)) for v in (x, y))
            scores.append((a * b).sum((1, 2)).mean() / SEGMENT)
        return torch.stack(scores)


def pattern(x: Tensor) -> Tensor:
    """Segments [segments, bands, frames]: mean and length of each band taken out, then those of each frame."""
    for axis in (2, 1):
        x = x - x.mean(axis, keepdim=True)
        x = x / (x.norm(dim=axis, keepdim=True) + TINY)
    return x
