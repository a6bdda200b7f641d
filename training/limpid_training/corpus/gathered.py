"""Three classes of noise gathered from recordings: babble (some voices), crowd (many, in a room), typing.

They take what recordings they need from a `Library`, so that training hears training voices only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path

import numpy as np
from numpy.random import Generator
from scipy.signal import fftconvolve, resample_poly

from limpid_training.corpus import audio
from limpid_training.corpus.audio import Signal
from limpid_training.corpus.ingredients import RATE, coloured, unit
from limpid_training.corpus.made import peaked
from limpid_training.corpus.manifest import Row

CLATTER = frozenset({"percussion", "impacts", "steps-and-taps", "work-and-nature"})
"""Classes of noise that people make among themselves."""


@dataclass
class Library:
    """Recordings to gather from."""

    voices: list[list[Path]] = field(default_factory=list)
    """Clips of each speaker."""
    keyboards: list[list[Path]] = field(default_factory=list)
    """Key strokes of each keyboard."""
    clatter: list[Path] = field(default_factory=list)


def library(rows: Sequence[Row], split: str, root: Path) -> Library:
    """Collect a split's recordings. Synthetic voices are left out: babble is to sound like people.

    Keyboards are those of both splits: the packages have none for validation.
    """
    voices: dict[tuple[str, str], list[Path]] = {}
    keyboards: dict[str, list[Path]] = {}
    found = Library()
    for row in rows:
        if row.kind == "noise" and row.speaker == "keyboard":
            keyboards.setdefault(row.source, []).append(root / row.path)
        elif row.split != split:
            continue
        elif row.kind == "speech" and row.tier != "S":
            voices.setdefault((row.source, row.speaker), []).append(root / row.path)
        elif row.kind == "noise" and row.speaker in CLATTER:
            found.clatter.append(root / row.path)
    found.voices, found.keyboards = list(voices.values()), list(keyboards.values())
    return found


def gather(category: str, draw: Generator, count: int, recordings: Library) -> Signal:
    """Return `count` samples of a class at 48 kHz, peak 0.9."""
    return peaked(GATHERERS[category](draw, count, recordings))


def possible(category: str, recordings: Library) -> bool:
    """Say whether a library holds what a class is gathered from."""
    return bool(recordings.keyboards if category == "typing" else recordings.voices)


def _babble(draw: Generator, count: int, recordings: Library) -> Signal:
    talk = _talk(draw, count, recordings, int(draw.integers(3, 13)))
    return _in_a_room(draw, talk) if draw.random() < 0.5 else talk


def _crowd(draw: Generator, count: int, recordings: Library) -> Signal:
    total = unit(_in_a_room(draw, _talk(draw, count, recordings, int(draw.integers(8, 20)))))
    total = total + draw.uniform(0.05, 0.4) * coloured(draw, count, 4, 40)
    for _ in range(int(draw.integers(0, 25)) if recordings.clatter else 0):
        knock = _clip(draw, recordings.clatter)[: 2 * RATE]
        _add(total, knock / (np.abs(knock).max() + 1e-9), int(draw.integers(count)), draw.uniform(0.2, 2))
    return total


def _typing(draw: Generator, count: int, recordings: Library) -> Signal:
    """Bursts of keys of one keyboard, with pauses for thought."""
    board = recordings.keyboards[int(draw.integers(len(recordings.keyboards)))]
    total = 0.002 * coloured(draw, count, 4)
    pace, at = draw.uniform(0.08, 0.25), draw.uniform(0, 0.5)
    while at < count / RATE:
        key = _clip(draw, board)[:RATE]
        _add(total, key / (np.abs(key).max() + 1e-9), int(at * RATE), draw.uniform(0.4, 1))
        at += draw.gamma(3, pace / 3) if draw.random() < 0.9 else draw.uniform(0.5, 2)
    return total


def _talk(draw: Generator, count: int, recordings: Library, talkers: int) -> Signal:
    total = np.zeros(count)
    for _ in range(talkers):
        clips = recordings.voices[int(draw.integers(len(recordings.voices)))]
        gain, at = 10 ** (draw.uniform(-9, 3) / 20), -int(draw.uniform(0, 4) * RATE)
        while at < count:
            clip = unit(_clip(draw, clips))
            _add(total, clip, at, gain)
            at += len(clip) + int(draw.uniform(0, 1.5) * RATE)
    return unit(total)


def _in_a_room(draw: Generator, signal: Signal) -> Signal:
    time = np.arange(int(draw.uniform(0.3, 1) * RATE)) / RATE
    tail = draw.standard_normal(len(time)) * 10 ** (-3 * time / time[-1])
    tail[0] += draw.uniform(0, 8)
    return np.asarray(fftconvolve(signal, tail)[: len(signal)])


def _clip(draw: Generator, paths: Sequence[Path]) -> Signal:
    signal, rate = audio.read(paths[int(draw.integers(len(paths)))])
    shared = gcd(rate, RATE)
    return np.asarray(resample_poly(signal, RATE // shared, rate // shared))


def _add(total: Signal, signal: Signal, at: int, gain: float) -> None:
    """Add a signal that begins at sample `at`, which may lie before the start."""
    signal = signal[max(0, -at) :]
    at = max(0, at)
    count = max(0, min(len(signal), len(total) - at))
    total[at : at + count] += gain * signal[:count]


GATHERERS: Mapping[str, Callable[[Generator, int, Library], Signal]] = {
    "babble": _babble,
    "crowd": _crowd,
    "typing": _typing,
}
