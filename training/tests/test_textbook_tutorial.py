"""Every command of docs/tutorial.md runs, in order, as it stands there; lengths and widths are cut down.

What cannot run in a test stands in `INSTEAD`, with what is run in its place.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import onnxruntime
import pytest
from corpus_audio import noise, save, voice

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
EXAMPLE = ROOT / "target" / "debug" / "examples" / "latency"
SHORT = {
    "limpid_training.textbook.train": "--steps 4 --every 2 --decay 2 --batch 2 --seconds 0.5 --width 4 --depth 2",
    "limpid_training.textbook.ecg": "--steps 1 --batch 2 --width 4 --unseen 2",
    "limpid_training.textbook.forecast": "--steps 4 --batch 8 --width 4",
    "limpid_training.textbook.options": "--steps 1 --batch 2 --width 4 --runs 2 --unseen 2 --seeds 1",
    "limpid_training.textbook.context": "--steps 1 --width 2",
    "limpid_training.corpus.folders": "--processes 1 --valid-share 0.5",
}
PYTHON = "python -c"
INSTEAD = {
    # Every run of the tests begins with the first two; the library that `setup` fetches is named in the environment.
    "python -m pip install -e 'training[test]'": f'{PYTHON} "import limpid_training, matplotlib"',
    "cargo xtask setup": 'test -e "$LIMPID_ONNXRUNTIME"',
    # The fixture has built the program, without optimising.
    "cargo build --release -p limpid": "command -v limpid",
    # Fetches gigabytes; test_corpus_build.py runs it on packages of its own.
    "python -m limpid_training.corpus corpus": "python -m limpid_training.corpus --help",
    # Builds for many minutes; `cargo xtask test --plugin` loads the bundles in hosts.
    "cargo xtask install": f"cd {ROOT} && cargo xtask help",
    # The tests in Rust have built it; where they have not run there is only its source.
    "cargo run -p limpid-engine --example latency -- assets/models/textbook-narrow.onnx": (
        f"{EXAMPLE} assets/models/textbook-narrow.onnx"
        if EXAMPLE.exists()
        else f"test -e {ROOT}/engine/examples/latency.rs"
    ),
}
NO_MICROPHONE = "limpid: there is no input device"


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", TUTORIAL.read_text(), re.S)


def commands() -> list[str]:
    """The page's commands."""
    return [line for block in blocks("sh") for line in block.splitlines()]


def runnable(line: str) -> str:
    """A command with the settings that make it short, or what is run instead."""
    if line in INSTEAD:
        return INSTEAD[line]
    return next((f"{line} {more}" for module, more in SHORT.items() if f"{module} " in f"{line} "), line)


@pytest.fixture
def place(tmp_path: Path, limpid: Path) -> dict[str, str]:
    """A folder with voices, noises and a recording, and an environment with the program and ONNX Runtime."""
    for n, name in enumerate(("anna", "bert", "carl", "dora")):
        for k in range(2):
            save(tmp_path / "speech" / name / f"{k}.wav", voice(2, 16_000, 100 + 30 * n, seed=k), 16_000)
    for name in ("hiss", "rain"):
        for k in range(2):
            save(tmp_path / "noise" / name / f"{k}.wav", noise(2, 16_000, -25, seed=k), 16_000)
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    library = next((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"), None)
    path = os.pathsep.join([str(limpid.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    found = {"LIMPID_ONNXRUNTIME": str(library)} if library else {}
    found |= {
        "PATH": path,
        "PYTHONPATH": str(ROOT / "training"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "OMP_NUM_THREADS": "1",
    }
    # No sound of the machine's: only the server that the test starts.
    silent = {"XDG_RUNTIME_DIR": str(tmp_path / "run"), "JACK_DEFAULT_SERVER": "none", "ALSA_CONFIG_PATH": "/dev/null"}
    (tmp_path / "run").mkdir(mode=0o700)
    return {**{k: v for k, v in os.environ.items() if k != "PULSE_SERVER"}, **found, **silent}


@pytest.fixture
def microphone(place: dict[str, str]) -> Iterator[bool]:
    """Whether there is one: of a PulseAudio of the test's own, where it can be started."""
    if not (program := shutil.which("pulseaudio")) or not shutil.which("pactl"):
        yield False
        return
    modules = ["module-native-protocol-unix", "module-null-sink sink_name=out", "module-null-source source_name=mic"]
    loaded = [word for module in modules for word in ("-L", module)]
    quiet = subprocess.DEVNULL
    words = [program, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *loaded]
    server = subprocess.Popen(words, env=place, stdout=quiet, stderr=quiet)
    try:
        there, late = False, time.monotonic() + 20
        while not there and server.poll() is None and time.monotonic() < late:
            there = subprocess.run(["pactl", "info"], env=place, stdout=quiet, stderr=quiet).returncode == 0
            time.sleep(0.1)
        yield there
    finally:
        server.kill()
        server.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are for a POSIX shell")
def test_every_command_of_the_tutorial_runs(place: dict[str, str], microphone: bool, tmp_path: Path) -> None:
    said = {}
    for line in commands():
        done = subprocess.run(["bash", "-c", runnable(line)], cwd=tmp_path, env=place, capture_output=True, text=True)
        if line.startswith("limpid live") and not microphone:
            assert (done.returncode, NO_MICROPHONE in done.stderr) == (1, True), f"{line}\n{done.stderr}"
        else:
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said[line] = done.stdout
    for name in ("clear.wav", "speech.png", "ecg.png", "forecast.png", "options.png", "context.png", "mine/log.csv"):
        assert (tmp_path / name).stat().st_size > 0
    for name in ("gain.md", "ecg.md", "options.md", "context.md"):
        assert (tmp_path / name).read_text().count("|---|") > 0
    assert "mine" in said["limpid models list"]
    assert "install " in said["cargo xtask install"]
    latencies = next(out for line, out in said.items() if "--example latency" in line)
    assert [row for row in latencies.splitlines() if row.startswith("| `") and row not in TUTORIAL.read_text()] == []


def test_what_is_shortened_or_replaced_stands_on_the_page() -> None:
    lines = commands()
    assert all(any(module in line for line in lines) for module in SHORT)
    assert [line for line in INSTEAD if line not in lines] == []


def test_every_command_in_the_text_stands_in_a_block_too() -> None:
    text = re.sub(r"```.*?```", "", TUTORIAL.read_text(), flags=re.S)
    spans = [s for s in re.findall(r"`([^`\n]+)`", text) if re.match(r"(limpid|python -m|cargo|pip) ", s)]
    assert [span for span in spans if not any(span in line for line in commands())] == []
    assert "limpid models list" in spans


def test_the_tutorials_python_runs_and_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for code in blocks("python"):
        exec(compile(code, str(TUTORIAL), "exec"), names)
    reaches = capsys.readouterr().out.split()
    assert f"prints {' and '.join(reaches)}:" in TUTORIAL.read_text()
    assert {"UNet", "UNet1D"} <= set(names)
