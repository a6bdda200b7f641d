"""The recipe for Ray here: a program and a worker are killed midway and a file is bad; nothing is lost or doubled.

The variable LIMPID names the program; cargo xtask test sets it.
"""

import array
import json
import os
import random
import signal
import subprocess
import sys
import time
import wave
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "engine/tests/fixtures/recurrent.onnx"
FILES = 12


def write(path: Path, seed: int) -> None:
    """Twenty seconds of noise."""
    noise = random.Random(seed)
    samples = array.array("h", (noise.randrange(-9000, 9000) for _ in range(4800)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes() * 200)


def at_work(place: Path) -> list[int]:
    """Programs that have a file of the folder of results open for writing."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            files = [str(file.readlink()) for file in (process / "fd").iterdir()]
        except OSError:
            continue
        if any(file.startswith(str(place / "out")) and file.endswith(".part") for file in files):
            found.append(int(process.name))
    return found


def parent(process: int) -> int:
    """The process that started it."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("PPid:")).split()[1])


def kill_midway(recipe: subprocess.Popen[str], place: Path, outputs: int) -> None:
    """Once so many outputs are there and another is half done: ends its program, or that one's Ray worker."""
    while True:
        assert recipe.poll() is None, "it ended before anything was half done"
        done = len(list((place / "out").glob("*.wav")))
        if done >= outputs and (there := at_work(place)):
            try:
                os.kill(parent(there[0]) if outputs > 1 else there[0], signal.SIGKILL)
                return
            except (OSError, StopIteration):
                pass
        time.sleep(0.001)


def test_killed_programs_and_workers_lose_nothing(tmp_path: Path) -> None:
    """Every output is there once, is what it is alone, and was made once; a bad file is told once and stops nothing."""
    program = os.environ["LIMPID"]
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        write(tmp_path / "in" / f"{number}.wav", number)
    (tmp_path / "in" / "bad.wav").write_text("this is no sound")
    more = ["--json", "--model", str(MODEL)]
    words = [str(tmp_path / "in"), str(tmp_path / "out"), "--shares", "6", "--limpid", program, *more]
    command = [sys.executable, str(HERE / "ray_folder.py"), *words]
    recipe = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kill_midway(recipe, tmp_path, 1)
    kill_midway(recipe, tmp_path, 2)
    printed, errors = recipe.communicate()
    assert recipe.returncode == 1, errors
    assert errors.count("bad.wav: it is no sound file") == 1, errors
    assert "1 of 6 shares have failed" in errors, errors

    names = sorted(f"{number}.wav" for number in range(FILES))
    assert sorted(path.name for path in (tmp_path / "out").glob("*.wav")) == names
    alone = [program, "enhance", str(tmp_path / "in"), "-r", "--out-dir", str(tmp_path / "alone"), "--quiet", *more]
    subprocess.run(alone, check=False, capture_output=True)
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name

    told = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    done = Counter(Path(line["input"]).name for line in told if line["status"] == "done")
    assert [Path(line["input"]).name for line in told if line["status"] == "failed"] == ["bad.wav"]
    # What a share had printed before it was killed is gone with it, but nothing is done twice.
    assert max(done.values()) == 1, done
