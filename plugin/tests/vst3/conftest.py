"""What the VST3 tests share: the bundle, the program, signals.

The bundle and the program are named in the environment, which `cargo xtask test` does:
LIMPID_VST3 is the path of Limpid.vst3, LIMPID_PROGRAM that of `limpid`.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

PROJECT = Path(__file__).resolve().parents[3]


def named(variable: str) -> str:
    """The path that a variable names; its absence is a failure, not a skip."""
    path = os.environ.get(variable)
    if not path or not Path(path).exists():
        pytest.exit(f"{variable} must name what is tested; run `cargo xtask test`", 2)
    return path


@pytest.fixture(scope="session")
def vst3() -> str:
    """The bundle."""
    return named("LIMPID_VST3")


@pytest.fixture(scope="session")
def program() -> str:
    """The program `limpid`."""
    return named("LIMPID_PROGRAM")


@pytest.fixture(scope="session")
def speech() -> np.ndarray:
    """Speech in noise, float32, [2, samples], to be played at any rate; the sides differ."""
    samples, _ = soundfile.read(PROJECT / "assets/demo/mixture.wav", dtype="float32")
    return np.stack([samples, np.roll(samples, 12345)])


@pytest.fixture(scope="session")
def noise() -> np.ndarray:
    """White noise, float32, [2, samples], within -0.5 to 0.5."""
    return np.random.default_rng(1).uniform(-0.5, 0.5, (2, 96000)).astype(np.float32)


def error_db(got: np.ndarray, expected: np.ndarray) -> float:
    """RMS of the difference over RMS of what was expected."""
    error = np.mean((got.astype(np.float64) - expected) ** 2)
    return float(10 * np.log10(max(error, 1e-30) / np.mean(expected.astype(np.float64) ** 2)))
