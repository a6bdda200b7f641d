"""Tiny made audio for the corpus's tests."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.floating[Any]]


def noise(seconds: float, rate: int, level_db: float, seed: int = 0) -> Signal:
    """White noise of a level in dB re full scale."""
    draw = np.random.default_rng(seed)
    return draw.standard_normal(round(seconds * rate)) * 10 ** (level_db / 20)


def voice(seconds: float, rate: int, f0: float = 120, floor_db: float = -75, seed: int = 0) -> Signal:
    """Syllables of 0.3 s with pauses of 0.2 s, a harmonic tone each, over a floor of white noise."""
    time = np.arange(round(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, int(min(8000, rate / 2) / f0)))
    spoken = (time % 0.5 < 0.3) * np.sin(np.pi * (time % 0.5) / 0.3) ** 2
    return np.asarray(0.1 * tone * spoken + noise(seconds, rate, floor_db, seed))


def save(path: Path, signal: Signal, rate: int) -> Path:
    """Write a file in the format that its name tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, signal, rate)
    return path


def level_db(signal: Signal) -> float:
    """RMS in dB re full scale."""
    return float(10 * np.log10(np.mean(np.square(signal)) + 1e-20))
