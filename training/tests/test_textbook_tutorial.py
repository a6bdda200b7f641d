"""Every command of docs/tutorial.md runs, in order, as it stands there; only lengths and widths are cut down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest
from corpus_audio import noise, save, voice

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
SHORT = {
    "limpid_training.textbook.train": "--steps 4 --every 2 --decay 2 --batch 2 --seconds 0.5 --width 4 --depth 2",
    "limpid_training.textbook.ecg": "--steps 2 --batch 2 --width 4",
    "limpid_training.textbook.forecast": "--steps 4 --batch 8 --width 4",
    "limpid_training.textbook.options": "--steps 2 --batch 2 --width 4 --runs 2",
    "limpid_training.textbook.context": "--steps 1 --width 2",
    "limpid_training.corpus.folders": "--processes 1 --valid-share 0.5",
}


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", TUTORIAL.read_text(), re.S)


def shortened(line: str) -> str:
    """A command with the settings that make it short."""
    return next((f"{line} {more}" for module, more in SHORT.items() if module in line), line)


@pytest.fixture
def place(tmp_path: Path, limpid: Path) -> dict[str, str]:
    """A folder with voices, noises and a recording, and an environment with the program and ONNX Runtime."""
    for n, name in enumerate(("anna", "bert", "carl", "dora")):
        for k in range(2):
            save(tmp_path / "speech" / name / f"{k}.wav", voice(2, 16_000, 100 + 30 * n, seed=k), 16_000)
    for name in ("hiss", "rain"):
        for k in range(2):
            save(tmp_path / "noise" / name / f"{k}.wav", noise(2, 16_000, -25, seed=k), 16_000)
    save(tmp_path / "noisy.wav", voice(2, 44_100) + noise(2, 44_100, -30), 44_100)
    library = next((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"), None)
    path = os.pathsep.join([str(limpid.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    found = {"LIMPID_ONNXRUNTIME": str(library)} if library else {}
    found |= {
        "PATH": path,
        "PYTHONPATH": str(TUTORIAL.parents[1] / "training"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    return {**os.environ, **found, "OMP_NUM_THREADS": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are for a POSIX shell")
def test_every_command_of_the_tutorial_runs(place: dict[str, str], tmp_path: Path) -> None:
    lines = [shortened(line) for block in blocks("sh") for line in block.splitlines()]
    said = {}
    for line in lines:
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=place, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said[line] = done.stdout
    for name in ("clear.wav", "speech.png", "ecg.png", "forecast.png", "options.png", "context.png", "mine/log.csv"):
        assert (tmp_path / name).stat().st_size > 0
    assert "mine" in said["limpid models list"]
    assert all(any(module in line for line in lines) for module in SHORT)


def test_the_tutorials_python_runs_and_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python")
    exec(compile(code, str(TUTORIAL), "exec"), {})
    reaches = capsys.readouterr().out.split()
    assert f"It prints {' and '.join(reaches)}:" in TUTORIAL.read_text()
