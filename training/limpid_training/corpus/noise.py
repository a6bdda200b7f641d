"""Recorded noise: every file of a class that can be read, at full level and its own rate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limpid_training.corpus import audio
from limpid_training.corpus.audio import Signal, UnreadableError
from limpid_training.corpus.fetch import files_below
from limpid_training.corpus.jobs import Places, Result
from limpid_training.corpus.manifest import Row
from limpid_training.corpus.measure import measure
from limpid_training.corpus.sources import VOICES_IN_NOISE, NoisePackage, Sound, Split

RATES = range(11_025, 48_001)
SHORTEST_S = 0.1
LONGEST_S, LONGEST_MUSIC_S = 120, 30
"""Of a longer recording the middle is taken; music would be most of the corpus otherwise."""
PEAK = 0.9
FILES_A_JOB = 60


@dataclass(frozen=True)
class NoiseJob:
    """Some recordings of one class out of one package."""

    package: str
    category: str
    licence: str
    split: Split
    files: tuple[str, ...]
    """Below the package's root."""

    def run(self, places: Places) -> Result:
        """Write noise/CLASS/PACKAGE-*.flac."""
        result = Result()
        for name in self.files:
            try:
                signal, rate = audio.read(places.work / "x" / self.package / name)
            except UnreadableError:
                result.dropped["unreadable"] += 1
                continue
            if rate not in RATES:
                result.dropped["rate"] += 1
                continue
            signal = _middle(audio.without_offset(signal), rate, self.category)
            if len(signal) < SHORTEST_S * rate or np.abs(signal).max() < 3e-3:
                result.dropped["short or silent"] += 1
                continue
            signal = signal * (PEAK / np.abs(signal).max())
            path = f"noise/{self.category}/{self.package}-{_flat(name)}.flac"
            audio.write(places.out / path, signal, rate)
            result.rows.append(row(path, self.split, self.package, self.category, self.licence, signal, rate))
        return result


def row(path: str, split: Split, source: str, category: str, licence: str, signal: Signal, rate: int) -> Row:
    """Return the manifest's line for a noise."""
    facts = measure(signal, rate)
    return Row(
        path=path,
        kind="noise",
        split=split,
        source=source,
        speaker=category,
        licence=licence,
        seconds=len(signal) / rate,
        rate=rate,
        level_db=float(10 * np.log10(np.square(signal, dtype=np.float64).mean() + 1e-12)),
        bandwidth_khz=facts.bandwidth_khz,
        clipped=facts.clipped,
    )


def jobs(package: NoisePackage, root: Path) -> list[NoiseJob]:
    """Deal a package's files out to its classes; files in which somebody speaks are left out."""
    files: dict[str, list[str]] = {sound.category: [] for sound in package.sounds}
    for name in files_below(root):
        category = _category(name, package.sounds)
        if category is not None and not re.search(VOICES_IN_NOISE, f"/{name}", re.IGNORECASE):
            files[category].append(name)
    return [
        NoiseJob(package.name, category, package.licence, package.split, tuple(names[i : i + FILES_A_JOB]))
        for category, names in files.items()
        for i in range(0, len(names), FILES_A_JOB)
    ]


def _category(name: str, sounds: Sequence[Sound]) -> str | None:
    return next((sound.category for sound in sounds if re.search(sound.pattern, name)), None)


def _middle(signal: Signal, rate: int, category: str) -> Signal:
    most = (LONGEST_MUSIC_S if category == "music" else LONGEST_S) * rate
    start = max(0, len(signal) - most) // 2
    return signal[start : start + most]


def _flat(name: str) -> str:
    """Make a path one word that still tells the files of a package apart, by their suffixes too."""
    return re.sub(r"\W+", "_", name)[-200:]
