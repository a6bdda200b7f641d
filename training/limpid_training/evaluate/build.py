"""Builds fixed mixtures from a corpus's validation split: the same manifest and seed give the same files.

Every class of noise gets as many mixtures and goes round all voices, so every language is heard. Ratios are spread
evenly, every third mixture stands in a room, of which the clean target keeps the first 10 ms.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve

from ..data import Signal, to_rate
from ..metrics import RATE
from ..mixing import active_level

COLUMNS = ("name", "source", "speaker", "language", "noise", "snr_db", "room", "level_dbfs", "seconds")
SNR_DB = -5.0, 20.0
LEVEL_DB = -35.0, -15.0
SECONDS = 3.0, 6.0
EARLY_MS = 10.0
LEAST_S = 2.0
"""A class of noise with less is no class."""

Rng = np.random.Generator


@dataclass(frozen=True)
class Shelf:
    """Recordings of one split: rows of the manifest by voice, by class of noise, and rooms."""

    folder: Path
    voices: dict[tuple[str, str], list[dict[str, str]]]
    noises: dict[str, list[dict[str, str]]]
    rooms: list[dict[str, str]]

    @staticmethod
    def open(manifest: Path, split: str = "valid") -> Shelf:
        """Reads a manifest. Speech whose pauses were cleaned (tier B) is no reference, so it is left out.

        Raises:
            ValueError: the split has no speech or no noise.
        """
        with manifest.open() as f:
            rows = [r for r in csv.DictReader(f) if r["split"] == split]
        voices, noises = defaultdict(list), defaultdict(list)
        for row in rows:
            if row["kind"] == "speech" and row.get("tier", "A") != "B":
                voices[row["source"], row["speaker"]].append(row)
            elif row["kind"] == "noise":
                noises[row["speaker"]].append(row)
        rooms = [r for r in rows if r["kind"] == "rir"]
        enough = {k: v for k, v in sorted(noises.items()) if sum(float(r["seconds"]) for r in v) >= LEAST_S}
        if not voices or not enough:
            found = f"{len(voices)} voices and {len(enough)} classes of noise"
            raise ValueError(f"{manifest}: the split '{split}' has {found}; mixtures need both")
        return Shelf(manifest.parent, dict(sorted(voices.items())), enough, rooms)

    def read(self, row: dict[str, str]) -> Signal:
        """A recording at 48 kHz, one channel."""
        x, rate = soundfile.read(self.folder / row["path"], dtype="float32", always_2d=True)
        return to_rate(x.mean(1), rate)


def build(manifest: Path, out: Path, each: int, seed: int = 1) -> int:
    """Writes noisy/, clean/ and meta.csv into `out`, `each` mixtures a class of noise; gives their number."""
    shelf = Shelf.open(manifest)
    for kind in ("noisy", "clean"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    rows = []
    for k, noise in enumerate(shelf.noises):
        voices = list(shelf.voices)
        for i in range(each):
            rng = np.random.default_rng([seed, k, i])
            snr = SNR_DB[0] + (SNR_DB[1] - SNR_DB[0]) * (i + rng.random()) / each
            rows.append(_one(shelf, out, voices[(i + k) % len(voices)], noise, snr, i % 3 == 2, f"{noise}-{i:03}", rng))
    with (out / "meta.csv").open("w", newline="") as f:
        table = csv.DictWriter(f, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return len(rows)


def _one(
    shelf: Shelf, out: Path, voice: tuple[str, str], noise: str, snr: float, room: bool, name: str, rng: Rng
) -> dict[str, str]:
    samples = int(rng.uniform(*SECONDS) * RATE)
    speech, language = _speech(shelf, shelf.voices[voice], samples, rng)
    wet, target, heard = speech, speech, ""
    if room and shelf.rooms:
        row = shelf.rooms[int(rng.integers(len(shelf.rooms)))]
        wet, target = _in_room(speech, shelf.read(row))
        heard = row["speaker"]
    hiss = _noise(shelf.read(_any(shelf.noises[noise], rng)), samples, rng)
    hiss = hiss * np.float32(active_level(wet) * 10 ** (-snr / 20) / (np.sqrt(np.mean(hiss**2)) + 1e-9))
    noisy = wet + hiss
    gain = 10 ** (rng.uniform(*LEVEL_DB) / 20) / (np.sqrt(np.mean(noisy**2)) + 1e-9)
    gain = np.float32(min(gain, 0.98 / np.abs(noisy).max(), 0.98 / (np.abs(target).max() + 1e-9)))
    for kind, x in (("noisy", noisy), ("clean", target)):
        soundfile.write(out / kind / f"{name}.flac", x * gain, RATE, subtype="PCM_16")
    level = 20 * np.log10(np.sqrt(np.mean((noisy * gain) ** 2)) + 1e-9)
    facts = name, *voice, language, noise, f"{snr:.1f}", heard, f"{level:.1f}", f"{samples / RATE:.2f}"
    return dict(zip(COLUMNS, facts, strict=True))


def _any(rows: list[dict[str, str]], rng: Rng) -> dict[str, str]:
    return rows[int(rng.integers(len(rows)))]


def _speech(shelf: Shelf, rows: list[dict[str, str]], samples: int, rng: Rng) -> tuple[Signal, str]:
    """Clips of one voice joined with pauses, and the language of the first."""
    out, at, language = np.zeros(samples, np.float32), int(rng.uniform(0.1, 0.4) * RATE), ""
    while at < samples:
        row = _any(rows, rng)
        language = language or row.get("language", "")
        x = shelf.read(row)[: samples - at]
        out[at : at + len(x)] = x
        at += len(x) + int(rng.uniform(0.1, 0.4) * RATE)
    return out, language


def _noise(x: Signal, samples: int, rng: Rng) -> Signal:
    """A piece of a long recording; a short one again and again, with gaps when it is a single sound."""
    if len(x) >= samples:
        start = int(rng.integers(0, len(x) - samples + 1))
        return x[start : start + samples]
    gap = int(rng.uniform(0.05, 0.6) * RATE) if len(x) < RATE else 0
    whole = np.pad(x, (0, gap))
    return np.roll(np.tile(whole, -(-samples // len(whole)))[:samples], int(rng.integers(samples)))


def _in_room(speech: Signal, response: Signal) -> tuple[Signal, Signal]:
    """Speech in a room, and with the early part of its response alone."""
    h = response / (np.abs(response).max() + 1e-9)
    n = int(EARLY_MS / 1000 * RATE)
    fade = np.clip(2 - np.arange(len(h)) / n, 0, 1).astype(np.float32)
    early = (h * fade)[: 2 * n]
    both = (fftconvolve(speech, r)[: len(speech)].astype(np.float32) for r in (h, early))
    wet, target = both
    return wet, target
