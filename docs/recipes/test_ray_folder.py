"""The recipe for Ray on this machine: several workers, one killed midway, nothing lost or doubled.

The variable LIMPID names the program; cargo xtask test sets it.
"""

import array
import os
import random
import signal
import subprocess
import sys
import time
import wave
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


def running(place: Path) -> list[int]:
    """Programs that work on this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(place / "in") in words and b"--shard" in words:
            found.append(int(process.parent.name))
    return found


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """Every output is there once, and is what it is alone."""
    program = os.environ["LIMPID"]
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        write(tmp_path / "in" / f"{number}.wav", number)
    more = ["--model", str(MODEL)]
    words = [str(tmp_path / "in"), str(tmp_path / "out"), "--shares", "6", "--limpid", program, *more]
    recipe = subprocess.Popen([sys.executable, str(HERE / "ray_folder.py"), *words])
    while not (there := running(tmp_path)):
        assert recipe.poll() is None, "it ended before any share began"
        time.sleep(0.002)
    os.kill(there[0], signal.SIGKILL)
    assert recipe.wait() == 0

    names = sorted(f"{number}.wav" for number in range(FILES))
    assert sorted(path.name for path in (tmp_path / "out").glob("*.wav")) == names
    alone = [program, "enhance", str(tmp_path / "in"), "-r", "--out-dir", str(tmp_path / "alone"), "--quiet", *more]
    subprocess.run(alone, check=True)
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name
