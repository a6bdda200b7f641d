"""Delay of a system: one for all clips, by cross-correlation."""

from __future__ import annotations

import numpy as np
import scipy.fft

from ..metrics import Signal


def delay(clean: list[Signal], enhanced: list[Signal], most: int) -> int:
    """Samples by which `enhanced` lags `clean`, from 0 to `most`: the peak of the summed correlations."""
    total = np.zeros(most + 1)
    for s, y in zip(clean, enhanced, strict=True):
        n = scipy.fft.next_fast_len(len(s) + len(y), real=True)
        both = scipy.fft.irfft(np.conj(scipy.fft.rfft(s, n)) * scipy.fft.rfft(y, n), n)
        total += np.abs(both[: most + 1]) / (np.linalg.norm(s) * np.linalg.norm(y) + 1e-9)
    return int(total.argmax())
