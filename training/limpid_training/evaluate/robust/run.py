"""All sounds through the shipped program, in one go."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from ...data import Signal
from ...metrics import RATE, si_sdr
from .cases import Case, cases
from .measures import db, measure
from .sounds import Sounds, at_rate, mixed

FOLDER = Path(__file__).resolve().parents[4] / "assets/robust"
"""Where the recordings lie."""
MODEL = FOLDER.parent / "models/limpid.onnx"


def enhanced(program: Path, model: str, given: dict[str, Case]) -> dict[str, Signal]:
    """What `limpid enhance` makes of each, with the voice alone.

    Raises:
        RuntimeError: the program failed; with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out"
        source.mkdir()
        files = {name: f"{k:03}.wav" for k, name in enumerate(given)}
        for name, case in given.items():
            soundfile.write(source / files[name], case.noisy, case.rate, subtype="FLOAT")
        words = ("enhance", source, "-r", "--out-dir", target, "--background", "silent", "--voice", "0")
        command = [str(program.resolve()), *map(str, words), "--model", model, "--jobs", "1", "--quiet"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode:
            raise RuntimeError(f"{' '.join(command)} failed with {said.returncode}: {said.stderr.strip()}")
        return {n: np.asarray(soundfile.read(target / f, dtype="float32")[0]) for n, f in files.items()}


def hour(program: Path, model: str) -> dict[str, float]:
    """An hour of one voice in noise, the same 5 s again and again: what changes from the second minute to the last."""
    sounds = Sounds(FOLDER)
    rate, minute = 8000, 60 * 8000
    once = at_rate(np.resize(mixed(sounds.voices["fr"], sounds.noise("coloured"), 10), 5 * RATE), rate)
    y = enhanced(program, model, {"hour": Case(np.tile(once, 720), once, rate)})["hour"]
    early, late = y[minute : 2 * minute], y[-minute:]
    return {
        "an hour of streaming, last minute against the second, SI-SDR": min(si_sdr(early, late), 120.0),
        "an hour of streaming, change of level": abs(db(float(np.std(late)), float(np.std(early)))),
    }


def measured(program: Path, model: str) -> dict[str, float]:
    """All figures of a model, the hour's left out."""
    given = cases(Sounds(FOLDER))
    return measure(given, enhanced(program, model, given))
