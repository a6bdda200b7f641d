"""The VST3 when something of its bundle is missing or damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pedalboard
import pytest


def copied(vst3: str, folder: Path) -> Path:
    """A bundle of the test's own, in a folder where nothing else is found."""
    return Path(shutil.copytree(vst3, folder / "Limpid.vst3", symlinks=False))


def without_library(data: Path) -> None:
    """The ONNX Runtime library is gone."""
    for library in data.glob("limpid_onnxruntime*"):
        library.unlink()


def damaged_library(data: Path) -> None:
    """The library is cut short."""
    for library in data.glob("limpid_onnxruntime*"):
        library.write_bytes(library.read_bytes()[:100_000])


def without_models(data: Path) -> None:
    """All models are gone."""
    shutil.rmtree(data / "models")


def damaged_model(data: Path) -> None:
    """The model is cut short."""
    model = data / "models/limpid.onnx"
    model.write_bytes(model.read_bytes()[:100_000])


@pytest.mark.parametrize("spoil", [without_library, damaged_library, without_models, damaged_model])
def test_the_sound_passes_through_unchanged(
    vst3: str,
    speech: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], None],
) -> None:
    """Without latency, whatever the faders say."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    bundle = copied(vst3, tmp_path)
    spoil(bundle / "Contents/Resources")
    plugin = pedalboard.load_plugin(str(bundle))
    output = plugin.process(speech, 48000)
    assert plugin.reported_latency_samples == 0
    assert np.array_equal(output, speech)


def test_a_bundle_works_wherever_it_lies(vst3: str, speech: np.ndarray, tmp_path: Path) -> None:
    """A copy gives the same bits: the copy is not what makes the sound pass through above."""
    plugin = pedalboard.load_plugin(str(copied(vst3, tmp_path)))
    expected = pedalboard.load_plugin(vst3).process(speech, 48000)
    output = plugin.process(speech, 48000)
    assert np.array_equal(output, expected)
    assert not np.array_equal(output, speech)
