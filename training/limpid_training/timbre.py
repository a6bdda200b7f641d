"""Other voices out of the ones that a corpus has: formants moved apart from the pitch, and whispers.

Both work on the smooth envelope of short spectra, which is their cepstrum up to two milliseconds or so (Oppenheim and
Schafer, "Homomorphic analysis of speech", IEEE Trans. Audio and Electroacoustics 16, 1968): it says what the vocal
tract does, and what is left says what the glottis does.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .data import RATE, Signal

WINDOW, HOP = 1536, 384
"""Frames (32 ms, 8 ms at 48 kHz)."""
QUEFRENCY = 120
"""Cepstral coefficients of the envelope, falling to zero from 1.2 to 2.5 ms: below a voice's period to 400 Hz."""
MOST = np.log(10 ** (24 / 20))
"""Largest change of a bin (24 dB): beyond the band of a recording there is nothing to move."""


def moved_formants(x: Signal, factor: float) -> Signal:
    """`x` (48 kHz) with the formants at `factor` times their frequency; pitch and loudness stay."""
    spectra = _analyse(x)
    envelope = _envelope(spectra)
    bins = np.arange(envelope.shape[1], dtype=np.float32) / factor
    low = np.minimum(bins.astype(np.int32), envelope.shape[1] - 2)
    part = np.minimum(bins - low, 1).astype(np.float32)
    moved = envelope[:, low] * (1 - part) + envelope[:, low + 1] * part
    gain = np.exp(np.clip(moved - envelope, -MOST, MOST))
    y = _synthesise(spectra * gain, len(x))
    return _as_loud(y, x)


def whispered(x: Signal, rng: np.random.Generator) -> Signal:
    """`x` (48 kHz) without its pitch: noise takes the place of the glottis, and the low formants lose strength."""
    envelope = _envelope(_analyse(x))
    noise = _analyse(rng.standard_normal(len(x)).astype(np.float32))
    hertz = np.arange(envelope.shape[1]) * (RATE / WINDOW)
    # A whisper has no energy from the folds' vibration: some 12 dB less below the second formant.
    tilt = -np.log(10 ** (12 / 20)) * np.clip(1 - hertz / 1500, 0, 1)
    return _as_loud(_synthesise(noise * np.exp(envelope + tilt), len(x)), x)


def _analyse(x: Signal) -> NDArray[np.complex64]:
    padded = np.pad(x, (WINDOW, WINDOW + HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.asarray(scipy.fft.rfft(frames * _window(), axis=1), np.complex64)


def _envelope(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Natural logarithm of the smooth amplitude of each bin [frames, bins]."""
    cepstrum = scipy.fft.irfft(np.log(np.abs(spectra) + 1e-5), axis=1)
    taper = np.zeros(WINDOW, np.float32)
    taper[:QUEFRENCY] = 0.5 + 0.5 * np.cos(np.pi * np.clip(2 * np.arange(QUEFRENCY) / QUEFRENCY - 1, 0, 1))
    taper[-QUEFRENCY + 1 :] = taper[QUEFRENCY - 1 : 0 : -1]
    return np.asarray(scipy.fft.rfft(cepstrum * taper, axis=1).real, np.float32)


def _synthesise(spectra: NDArray[np.complex64], length: int) -> Signal:
    frames = scipy.fft.irfft(spectra, WINDOW, axis=1) * _window()
    out = np.zeros(HOP * (len(frames) - 1) + WINDOW, np.float32)
    for k in range(0, WINDOW, HOP):
        # Frames' parts of one hop lie side by side, so four sums make the overlap.
        part = frames[:, k : k + HOP].reshape(-1)
        out[k : k + len(part)] += part
    return np.asarray(out[WINDOW : WINDOW + length] / 1.5, np.float32)


def _window() -> NDArray[np.float32]:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], np.float32)


def _as_loud(y: Signal, x: Signal) -> Signal:
    return y * np.float32(np.sqrt((np.mean(x**2) + 1e-12) / (np.mean(y**2) + 1e-12)))
