"""`python -m limpid_training.evaluate.speed --program LIMPID`: whole programs over the same hour of sound, in one run.

Each system gets the same files (48 kHz, mono, 16 bit, twelve of them) and writes as many; its time is that of the whole
process or processes, from the start to the end, reading and writing included. On one core every process is held to the
first one; on all cores Limpid works on several files at once, and each peer has a process a core. Beside the time that
passed stands the processors' time, which says the same on a machine that has other work to do, and of a peer the part
of it that it computes with, as it tells, without Python's start, reading and writing. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ..metrics import RATE
from .systems import _peak_memory

FILES = 12
"""The sound is cut into so many files."""


@dataclass(frozen=True)
class Spent:
    """What a run took: seconds that passed, seconds of the processors, and peak memory in MiB, of all its processes.

    `own`: seconds of the processors that they tell of themselves; None where they tell nothing.
    """

    wall: float
    busy: float
    memory: float
    own: float | None


def write_sound(source: Path, minutes: float, folder: Path) -> float:
    """Fills `folder` with files of `source` again and again, each time a little quieter. Returns their seconds."""
    speech, rate = soundfile.read(source, dtype="float32", always_2d=True)
    voice = resample_poly(speech[:, 0], RATE, rate).astype(np.float32)
    frames = int(minutes * 60 * RATE / FILES)
    for number in range(FILES):
        gain = np.float32(0.9 - 0.05 * number)
        sound = np.resize(voice * gain, frames)
        soundfile.write(folder / f"{number:02}.wav", sound, RATE, subtype="PCM_16")
    return FILES * frames / RATE


def write_seconds(source: Path, count: int, folder: Path) -> None:
    """Fills `folder` with files of one second, each begun a tenth of a second later in `source`."""
    speech, rate = soundfile.read(source, dtype="float32", always_2d=True)
    voice = resample_poly(speech[:, 0], RATE, rate).astype(np.float32)
    for number in range(count):
        start = number * RATE // 10 % (len(voice) - RATE)
        soundfile.write(folder / f"{number:04}.wav", voice[start : start + RATE], RATE, subtype="PCM_16")


def many(program: Path, sound: Path, count: int, every: set[int]) -> None:
    """Prints what a folder of so many files of a second takes, beside what one takes."""
    print("| files | at once | seconds | CPU seconds | peak MiB |\n|---|---|---|---|---|")
    for files, jobs in ((1, 1), (count, 1), (count, len(every))):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "in"
            folder.mkdir()
            write_seconds(sound, files, folder)
            spent = run(limpid(program, folder, Path(place), jobs), every)
            made = len(list((Path(place) / "out").glob("*.wav")))
        if made != files:
            raise RuntimeError(f"{made} outputs of {files}")
        print(f"| {files} | {jobs} | {spent.wall:.1f} | {spent.busy:.1f} | {spent.memory:.0f} |", flush=True)


def shares(folder: Path, count: int, where: Path) -> list[Path]:
    """Folders that have the files of `folder` dealt out among them, as links."""
    made = [where / f"share{number}" for number in range(count)]
    for share in made:
        share.mkdir()
    for number, path in enumerate(sorted(folder.glob("*.wav"))):
        (made[number % count] / path.name).symlink_to(path)
    return made


def limpid(program: Path, folder: Path, where: Path, cores: int) -> list[list[str]]:
    """One process, which works on so many files at once."""
    out = ("--recursive", "--out-dir", where / "out", "--jobs", cores, "--quiet")
    return [[str(word) for word in (program, "enhance", folder, *out)]]


def peer(name: str) -> Callable[[Path, Path, Path, int], list[list[str]]]:
    """A process a core, each with its share."""

    def commands(_: Path, folder: Path, where: Path, cores: int) -> list[list[str]]:
        module = f"{__package__}.peers"
        return [[sys.executable, "-m", module, name, str(share)] for share in shares(folder, cores, where)]

    return commands


def run(commands: list[list[str]], cores: set[int]) -> Spent:
    """Runs the commands at the same time, held to `cores`.

    Raises:
        RuntimeError: one of them failed.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with ExitStack() as files:
        told = [files.enter_context(tempfile.TemporaryFile()) for _ in commands]
        return watched(commands, cores, told, environment)


def watched(
    commands: list[list[str]], cores: set[int], told: Sequence[IO[bytes]], environment: dict[str, str]
) -> Spent:
    """The run itself; what each prints goes into a file of `told`."""
    start = time.monotonic()
    processes = [
        subprocess.Popen(
            command,
            stdout=words,
            stderr=subprocess.DEVNULL,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        for command, words in zip(commands, told, strict=True)
    ]
    peaks = [[0.0] for _ in processes]
    watches = [
        threading.Thread(target=_peak_memory, args=(process.pid, peak))
        for process, peak in zip(processes, peaks, strict=True)
    ]
    for watch in watches:
        watch.start()
    busy = 0.0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        busy += usage.ru_utime + usage.ru_stime
    wall = time.monotonic() - start
    for watch in watches:
        watch.join()
    failed = [command for process, command in zip(processes, commands, strict=True) if process.returncode]
    if failed:
        raise RuntimeError(f"{' '.join(failed[0])} failed")
    return Spent(wall, busy, sum(peak[0] for peak in peaks), own_seconds(told))


def own_seconds(told: Sequence[IO[bytes]]) -> float | None:
    """The sum of what processes have printed as `busy`, each in its last line; None where one has not."""
    own = 0.0
    for words in told:
        words.seek(0)
        lines = words.read().splitlines()
        if not lines or not lines[-1].startswith(b"{"):
            return None
        own += float(json.loads(lines[-1])["busy"])
    return own


def version(program: Path, sound: Path, folder: Path) -> str:
    """Name and version of the model that the program uses, as it tells of this sound."""
    command = [str(program), "enhance", str(sound), "--json", "-o", str(folder / "told.wav")]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return f"model {told['model']}"


def main() -> None:
    """Command line."""
    root = Path(__file__).parents[3]
    parser = argparse.ArgumentParser(description="Whole programs over the same hour of sound, in one run")
    parser.add_argument("--program", type=Path, default=root / "target/release/limpid", help="limpid, as released")
    parser.add_argument("--sound", type=Path, default=root / "assets/demo/mixture.wav", help="what is repeated")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--systems", nargs="+", default=["limpid", "rnnoise-0.2", "dfn3"])
    parser.add_argument("--files", type=int, help="instead: Limpid over so many files of one second")
    parser.add_argument("--one-core-only", action="store_true", help="leave out the runs on all cores")
    arguments = parser.parse_args()
    every = os.sched_getaffinity(0)
    if arguments.files:
        print(f"load {os.getloadavg()[0]:.1f} before")
        many(arguments.program, arguments.sound, arguments.files, every)
        print(f"load {os.getloadavg()[0]:.1f} after")
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        folder.mkdir()
        seconds = write_sound(arguments.sound, arguments.minutes, folder)
        load = os.getloadavg()[0]
        where = f"{platform.machine()}, {len(every)} cores, load {load:.1f} before"
        model = version(arguments.program, arguments.sound, Path(place))
        print(f"{seconds / 60:.0f} minutes of sound; {model}; {where}", flush=True)
        head = ("system", "cores", "seconds", "x real time", "CPU seconds", "x by CPU", "of it its own", "peak MiB")
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        for cores in [{min(every)}] + ([] if arguments.one_core_only or len(every) == 1 else [every]):
            for name in arguments.systems:
                with tempfile.TemporaryDirectory() as work:
                    make = limpid if name == "limpid" else peer(name)
                    spent = run(make(arguments.program, folder, Path(work), len(cores)), cores)
                figures = (
                    f"{spent.wall:.1f}",
                    f"{seconds / spent.wall:.1f}",
                    f"{spent.busy:.1f}",
                    f"{seconds / spent.busy:.1f}",
                    "-" if spent.own is None else f"{spent.own:.1f}",
                    f"{spent.memory:.0f}",
                )
                print(f"| {name} | {len(cores)} | " + " | ".join(figures) + " |", flush=True)
        print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
