"""What is judged: each system takes a noisy signal at 48 kHz and gives an enhanced one, late by an unknown delay."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from ..metrics import RATE, Signal

MOST_DELAY = RATE * 15 // 100
"""Silence put behind a clip in samples, so that no delay cuts its end."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds a second of audio on one thread; peak memory of the process in MiB (NaN: not told apart)."""

    cpu: float
    memory: float


class System(Protocol):
    """One system under judgement."""

    name: str
    latency_ms: float
    """Algorithmic latency with its hop, as its documents or contract say."""

    def enhance(self, noisy: Signal) -> Signal:
        """At least as many samples as came in."""

    def cost(self, joined: Signal) -> Cost:
        """Cost on one long signal."""


class Noisy:
    """The input itself."""

    name, latency_ms = "noisy", 0.0

    def enhance(self, noisy: Signal) -> Signal:
        """Nothing changed."""
        return noisy

    def cost(self, joined: Signal) -> Cost:
        """Nothing."""
        return Cost(0.0, float("nan"))


class Program:
    """A model through the shipped program `limpid enhance`, which takes its own latency out."""

    def __init__(self, program: Path, model: str, latency_ms: float) -> None:
        self.program, self.model, self.latency_ms = program, model, latency_ms
        self.name = Path(model).stem

    def enhance(self, noisy: Signal) -> Signal:
        """Runs the program on a file."""
        return self._run(noisy)[0]

    def cost(self, joined: Signal) -> Cost:
        """CPU time of the whole program, start and file reading included, and its peak memory."""
        _, usage, peak = self._run(joined)
        return Cost(usage / (len(joined) / RATE), peak)

    def _run(self, noisy: Signal) -> tuple[Signal, float, float]:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in.wav", Path(folder) / "out.wav"
            soundfile.write(source, noisy, RATE, subtype="FLOAT")
            words = ("enhance", source, "-o", target, "--voice", "0", "--background", "silent", "--model", self.model)
            command = [str(self.program), *map(str, words)]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            peak = [0.0]
            watch = threading.Thread(target=_peak_memory, args=(process.pid, peak))
            watch.start()
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            watch.join()
            if process.returncode:
                raise RuntimeError(f"{' '.join(command)} failed with {process.returncode}: {said.strip()}")
            out, _ = soundfile.read(target, dtype="float32")
        return out, usage.ru_utime + usage.ru_stime, peak[0]


def _peak_memory(pid: int, peak: list[float]) -> None:
    """Largest resident size (MiB) while the process runs; a child's `ru_maxrss` would keep that of its parent."""
    while True:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return
        sizes = [line for line in lines if line.startswith("VmHWM")]
        if not sizes:
            return
        peak[0] = int(sizes[0].split()[1]) / 1024
        time.sleep(0.01)


class Rnnoise:
    """RNNoise 0.2 through the library in the package pyrnnoise; samples on the 16-bit scale, hops of 10 ms."""

    name, latency_ms = "rnnoise-0.2", 30.0

    def __init__(self) -> None:
        spec = importlib.util.find_spec("pyrnnoise")
        found = (
            sorted(Path(spec.submodule_search_locations[0]).rglob("librnnoise*"))
            if spec and spec.submodule_search_locations
            else []
        )
        if not found:
            raise RuntimeError("rnnoise-0.2 needs the package pyrnnoise: pip install --no-deps pyrnnoise==0.4.5")
        self.library = ctypes.CDLL(str(found[0]))
        self.library.rnnoise_create.restype = ctypes.c_void_p

    def enhance(self, noisy: Signal) -> Signal:
        """Hop by hop from a fresh state."""
        state = ctypes.c_void_p(self.library.rnnoise_create(None))
        x = np.pad(noisy * np.float32(32768), (0, -len(noisy) % 480)).astype(np.float32)
        out = np.zeros_like(x)
        pointer = ctypes.POINTER(ctypes.c_float)
        for at in range(0, len(x), 480):
            self.library.rnnoise_process_frame(state, out[at:].ctypes.data_as(pointer), x[at:].ctypes.data_as(pointer))
        self.library.rnnoise_destroy(state)
        return out / np.float32(32768)

    def cost(self, joined: Signal) -> Cost:
        """CPU time of the loop alone."""
        start = time.process_time()
        self.enhance(joined)
        return Cost((time.process_time() - start) / (len(joined) / RATE), float("nan"))
