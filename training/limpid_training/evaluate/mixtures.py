"""Fixed mixtures: a folder with noisy/NAME.flac, clean/NAME.flac and meta.csv (name, noise, snr_db, ...)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import soundfile

from ..metrics import RATE, Signal


@dataclass(frozen=True)
class Mixture:
    """One mixture at 48 kHz; `facts` is its row of meta.csv."""

    name: str
    noisy: Signal
    clean: Signal
    facts: dict[str, str]


def load(folder: Path, every: int = 1) -> list[Mixture]:
    """Mixtures of a folder in the order of meta.csv, every `every`th.

    Raises:
        ValueError: a file is not mono at 48 kHz, or the two of a pair differ in length.
    """
    out = []
    with (folder / "meta.csv").open() as f:
        rows = list(csv.DictReader(f))[::every]
    for row in rows:
        pair = []
        for kind in ("noisy", "clean"):
            path = folder / kind / f"{row['name']}.flac"
            x, rate = soundfile.read(path, dtype="float32")
            if rate != RATE or x.ndim != 1:
                raise ValueError(f"{path}: {rate} Hz, {x.ndim} dimensions; mixtures must be mono at {RATE} Hz")
            pair.append(x)
        if len(pair[0]) != len(pair[1]):
            raise ValueError(f"{folder}/{row['name']}: noisy and clean differ in length")
        out.append(Mixture(row["name"], pair[0], pair[1], row))
    return out
