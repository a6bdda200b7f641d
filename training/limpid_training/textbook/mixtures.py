"""Voices and noises on which models are judged, at 16 kHz: those that ship with the project, or a folder's."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

Signal = NDArray[np.float32]
Which = Literal["dry", "rooms", "all", "shuffled"]
RATE = 16_000
SNRS = (-5, 0, 5, 10)
ROOT = Path(__file__).resolve().parents[3]
DEMO, RECORDINGS = ROOT / "assets" / "demo", ROOT / "assets" / "robust"
UNHEARD = ("ca", "de", "en", "fr", "lt", "nl", "ru", "uk")
"""Voices in assets/robust that no model was trained on; nor was any on its noises of these kinds."""
NOISES = ("music", "snow")
SECONDS = 3
"""Of each of those recordings."""


@dataclass(frozen=True)
class Example:
    """A voice and a noise of one length at 16 kHz."""

    voice: Signal
    noise: Signal
    kind: str = ""
    """Of the noise, where it is known."""

    def at(self, snr: float) -> Signal:
        """Both together, the noise brought to a ratio in dB; the same scale for the voice at every ratio."""
        ratio = np.sum(self.voice**2) / (np.sum(self.noise**2) + 1e-12)
        return self.voice + self.noise * np.float32(np.sqrt(ratio * 10 ** (-snr / 10)))


def read(path: Path) -> Signal:
    """A mono recording, at 16 kHz."""
    x, rate = soundfile.read(path, dtype="float32")
    return np.asarray(resample_poly(x, RATE // 100, rate // 100), np.float32)


def ratio(clean: Signal, estimate: Signal) -> float:
    """Signal-to-noise ratio in dB; not invariant to scale."""
    return float(10 * np.log10(np.sum(clean**2) / (np.sum((clean - estimate) ** 2) + 1e-12)))


def shipped() -> list[Example]:
    """The demo's mixture, and the voices and noises of assets/robust that no model of ours was trained on."""
    clean = read(DEMO / "mixture-clean.wav")
    made = [Example(clean, read(DEMO / "mixture.wav") - clean, "wind and sea")]
    noises = {kind: read(RECORDINGS / f"noise-{kind}.opus") for kind in NOISES}
    for n, name in enumerate(UNHEARD):
        kind = NOISES[n % len(NOISES)]
        voice = read(RECORDINGS / f"speech-{name}.opus")[: SECONDS * RATE]
        made.append(Example(voice, noises[kind][: len(voice)], kind))
    return made


def described(folder: Path) -> dict[str, dict[str, str]]:
    """Rows of a set's `meta.csv` by the names of the mixtures; none where there is no such file."""
    path = folder / "meta.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as f:
        return {row["name"]: row for row in csv.DictReader(f)}


def shuffled(found: list[Example], noises: list[Example], seed: int = 1) -> list[Example]:
    """Every voice with the noise of another mixture, repeated or cut to the voice's length."""
    order = np.random.default_rng(seed).permutation(len(found))
    drawn = (noises[n % len(noises)] for n in order)
    return [Example(e.voice, np.resize(n.noise, e.voice.shape), n.kind) for e, n in zip(found, drawn, strict=True)]


def examples(folder: Path | None, which: Which = "dry") -> list[Example]:
    """Voices and noises of `noisy/NAME.flac` and `clean/NAME.flac`; without a folder those that ship.

    Args:
        folder: of a set. A `t60` in its `meta.csv` tells what is in a room; there the voice's echo counts as noise.
        which: mixtures outside rooms, in rooms, or all, or all voices with the noises from outside rooms, shuffled.
    """
    if folder is None:
        return shipped()
    facts, found = described(folder), {}
    for path in sorted((folder / "clean").glob("*.flac")):
        voice, kind = read(path), facts.get(path.stem, {}).get("noise", "")
        example = Example(voice, read(folder / "noisy" / path.name) - voice, kind)
        if voice.any() and np.sum(example.noise**2) > 1e-6 * np.sum(voice**2):
            found[path.stem] = example
    rooms = {name for name in found if facts.get(name, {}).get("t60")}
    dry = [e for name, e in found.items() if name not in rooms]
    chosen = dry
    if which == "rooms":
        chosen = [found[name] for name in sorted(rooms)]
    elif which != "dry":
        chosen = list(found.values())
    if not chosen or (which == "shuffled" and not dry):
        raise SystemExit(f"no clean/*.flac ({which}) in {folder}; give a folder with noisy/ and clean/")
    return shuffled(chosen, dry) if which == "shuffled" else chosen
