"""A corpus in one file: 16-bit samples of every recording at its own rate, mapped into memory, with an index.

Any folders can be a corpus: what is read is a manifest (CSV) with the columns path, kind (speech, noise or rir), split,
source, speaker (for noise: its class), seconds, rate and bandwidth_khz.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float32]
RATE = 48_000
"""Sample rate of mixtures in Hz."""


@dataclass(frozen=True)
class Clip:
    """One recording: where its samples lie in the packed file, their rate and how far up they say anything (Hz)."""

    start: int
    length: int
    rate: int
    bandwidth: float
    scale: float


@dataclass
class Corpus:
    """Recordings of one split, grouped as they are drawn: speech by voice, noise by class, room responses in a row."""

    samples: NDArray[np.int16]
    voices: dict[tuple[str, str], list[Clip]] = field(default_factory=dict)
    noises: dict[str, list[Clip]] = field(default_factory=dict)
    rooms: list[Clip] = field(default_factory=list)

    def read(self, clip: Clip, start: int = 0, length: int | None = None) -> Signal:
        """Samples of a clip at its own rate, full scale = 1."""
        length = clip.length - start if length is None else length
        part = self.samples[clip.start + start : clip.start + start + length]
        return part.astype(np.float32) * np.float32(clip.scale / 32768)

    @staticmethod
    def load(manifest: Path, split: str, cache: Path) -> Corpus:
        """Opens the split of a manifest, packing it into `cache` first when that was not done for this very manifest.

        Raises:
            ValueError: the manifest has no speech or no noise of that split.
        """
        text = manifest.read_bytes()
        key = hashlib.sha256(text + split.encode()).hexdigest()[:16]
        data, index = cache / f"{key}.i16", cache / f"{key}.json"
        if not index.exists():
            rows = [r for r in csv.DictReader(text.decode().splitlines()) if r["split"] == split]
            cache.mkdir(parents=True, exist_ok=True)
            _pack(rows, manifest.parent, data, index)
        entries = json.loads(index.read_text())
        corpus = Corpus(np.memmap(data, np.int16, "r"))
        voices, noises = defaultdict(list), defaultdict(list)
        for kind, source, speaker, *facts in entries:
            clip = Clip(*facts)
            if kind == "speech":
                voices[source, speaker].append(clip)
            elif kind == "noise":
                noises[speaker].append(clip)
            else:
                corpus.rooms.append(clip)
        corpus.voices, corpus.noises = dict(sorted(voices.items())), dict(sorted(noises.items()))
        if not voices or not noises:
            found = f"it has {len(voices)} voices and {len(noises)} classes of noise"
            raise ValueError(f"{manifest}: split '{split}' needs speech and noise; {found}")
        return corpus


def _pack(rows: list[dict[str, str]], folder: Path, data: Path, index: Path) -> None:
    entries, at = [], 0
    part = data.with_suffix(".part")
    with part.open("wb") as out:
        for row in rows:
            x, rate = soundfile.read(folder / row["path"], dtype="float32", always_2d=True)
            mono = x.mean(1)
            scale = float(max(np.abs(mono).max(initial=0), 1e-6))
            out.write(np.round(mono * (32767 / scale)).astype(np.int16).tobytes())
            band = 1000 * float(row.get("bandwidth_khz") or rate / 2000)
            facts = at, len(mono), rate, min(band, rate / 2), scale
            entries.append((row["kind"], row["source"], row["speaker"], *facts))
            at += len(mono)
    part.replace(data)
    index.with_suffix(".part").write_text(json.dumps(entries))
    index.with_suffix(".part").replace(index)


def stretch(x: Signal, length: int) -> Signal:
    """`x` resampled to `length` samples by its Fourier transform; the ends are faded over 1 %, or they would ring."""
    fade = max(1, len(x) // 100)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    x = x.copy()
    x[:fade] *= ramp
    x[-fade:] *= ramp[::-1]
    if length == len(x):
        return x
    spectrum = scipy.fft.rfft(x)
    bins = length // 2 + 1
    kept = np.zeros(bins, spectrum.dtype)
    n = min(bins, len(spectrum))
    kept[:n] = spectrum[:n]
    return np.asarray(scipy.fft.irfft(kept, length) * (length / len(x)), np.float32)


def to_rate(x: Signal, rate: int, speed: float = 1.0) -> Signal:
    """`x` at 48 kHz; `speed` above 1 makes it shorter and higher (pitch and formants alike)."""
    if rate == RATE and speed == 1.0:
        return x
    want = len(x) * RATE / rate / speed
    # Whole lengths with small prime factors: the transform's cost depends on them.
    padded = scipy.fft.next_fast_len(len(x), real=True)
    length = scipy.fft.next_fast_len(math.ceil(padded * want / len(x)), real=True)
    source = round(length * len(x) / want)
    y = stretch(np.pad(x, (0, max(0, source - len(x)))), length)
    return y[: round(want)]
