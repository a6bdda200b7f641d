"""Frames in Python and in the engine are the same frames."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from limpid_training.frames import FrameSpec

ROOT = Path(__file__).resolve().parents[2]
RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
SPECS = [FrameSpec(20.0, 10.0, 20.0), FrameSpec(20.0, 5.0, 10.0), FrameSpec(25.0, 5.0, 15.0)]


@pytest.fixture(scope="module")
def frames_dump() -> Path:
    """The engine's example that writes spectra and samples of a raw file."""
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("cargo is not installed")
    build = [cargo, "build", "--quiet", "--package", "limpid-engine", "--example", "frames_dump"]
    subprocess.run([*build, "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    metadata = subprocess.run(
        [cargo, "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    target = metadata.stdout.split('"target_directory":"')[1].split('"')[0]
    return Path(target) / "debug" / "examples" / "frames_dump"


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("rate", RATES)
def test_spectra_and_samples_are_the_engines(frames_dump: Path, tmp_path: Path, spec: FrameSpec, rate: int) -> None:
    frames = spec.at(rate)
    noise = np.random.default_rng(rate).standard_normal(30 * frames.hop + frames.hop // 2).astype("<f4") * 0.1
    source, spectra_file, samples_file = (tmp_path / name for name in ("in", "spectra", "out"))
    noise.tofile(source)
    durations = [str(ms) for ms in (spec.window_ms, spec.hop_ms, spec.synthesis_ms)]
    arguments = [str(source), str(rate), *durations, str(spectra_file), str(samples_file)]
    said = subprocess.run([str(frames_dump), *arguments], check=True, capture_output=True, text=True).stdout

    assert said.split() == [str(frames.hop), str(frames.analysis), str(frames.synthesis)]
    expected = frames.analyse(torch.from_numpy(noise))
    real, imaginary = np.fromfile(spectra_file, "<f4").reshape(-1, 2, frames.bins).transpose(1, 0, 2)
    assert len(real) == 30
    np.testing.assert_allclose(real, expected.real.numpy(), atol=1e-7)
    np.testing.assert_allclose(imaginary, expected.imag.numpy(), atol=1e-7)
    samples = np.fromfile(samples_file, "<f4")
    np.testing.assert_allclose(samples, frames.synthesise(expected).numpy(), atol=1e-6)
    np.testing.assert_allclose(samples[frames.latency :], noise[: len(samples) - frames.latency], atol=1e-6)
