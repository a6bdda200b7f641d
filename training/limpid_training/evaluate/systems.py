"""What is judged: each system takes noisy signals at 48 kHz and gives enhanced ones, late by an unknown delay."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from ..metrics import RATE, Signal

PEER_LATENCY_MS = {
    "rnnoise-0.2": 30.0,
    "dfn3": 40.0,
    "dfn3-ll": 20.0,
    "nsnet2-48k": 20.0,
    "gtcrn": 32.0,
    "dtln": 32.0,
    "webrtc-16k": 16.0,
}
"""Delay of each peer's stream, measured, with the hop that has to be collected; NSNet2's from its frame."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds a second of audio on one thread; peak memory in MiB (NaN: not told apart)."""

    cpu: float
    memory: float


class System(Protocol):
    """One system under judgement."""

    name: str
    latency_ms: float
    """Algorithmic latency with its hop."""

    def run(self, noisy: list[Signal], done: Callable[[int], None]) -> tuple[list[Signal], Cost]:
        """Enhanced signals, at least as long as those that came in, and what they cost.

        Args:
            noisy: signals at 48 kHz, each for itself.
            done: told after each how many there are.
        """


class Noisy:
    """The input itself."""

    name, latency_ms = "noisy", 0.0

    def run(self, noisy: list[Signal], done: Callable[[int], None]) -> tuple[list[Signal], Cost]:
        """Nothing changed."""
        return noisy, Cost(0.0, float("nan"))


class Program(ABC):
    """A program that makes one WAV file of another."""

    subtype = "FLOAT"
    """Samples that it reads."""

    def __init__(self, name: str, latency_ms: float) -> None:
        self.name, self.latency_ms = name, latency_ms

    @abstractmethod
    def command(self, source: Path, target: Path) -> list[str]:
        """The words that make it enhance a file."""

    def run(self, noisy: list[Signal], done: Callable[[int], None]) -> tuple[list[Signal], Cost]:
        """Runs the program on each signal, and once on all joined for its cost: start and files included."""
        out = []
        for x in noisy:
            out.append(self._enhance(x)[0])
            done(len(out))
        joined = np.concatenate(noisy)
        _, busy, peak = self._enhance(joined)
        return out, Cost(busy / (len(joined) / RATE), peak)

    def _enhance(self, noisy: Signal) -> tuple[Signal, float, float]:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in.wav", Path(folder) / "out.wav"
            soundfile.write(source, noisy, RATE, subtype=self.subtype)
            command = self.command(source, target)
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


class Limpid(Program):
    """A model through the shipped program `limpid enhance`, which takes its own latency out."""

    def __init__(self, program: Path, model: str) -> None:
        self.program, self.model = program.resolve(), model  # a bare name would be looked for in PATH
        command = [str(self.program), "models", "check", model]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        if said.returncode:
            raise RuntimeError(f"{' '.join(command)} failed with {said.returncode}: {said.stderr.strip()}")
        super().__init__(Path(model).stem, contract_latency(said.stdout))

    def command(self, source: Path, target: Path) -> list[str]:
        """The voice alone, as by default."""
        words = ("enhance", source, "-o", target, "--voice", "0", "--background", "silent", "--model", self.model)
        return [str(self.program), *map(str, words)]


class Nnnoiseless(Program):
    """RNNoise 0.1 (Valin, 2018, BSD-3-Clause) as the program of the crate nnnoiseless, which ports it to Rust."""

    subtype = "PCM_16"

    def __init__(self, program: Path) -> None:
        super().__init__("rnnoise-0.1", 20.0)
        self.program = program.resolve()

    def command(self, source: Path, target: Path) -> list[str]:
        """It has no options that matter."""
        return [str(self.program), str(source), str(target)]


def contract_latency(checked: str) -> float:
    """Latency (ms) by the contract that `limpid models check` prints: what a frame holds of the output."""
    facts = dict(re.findall(r"`limpid\.(synthesis_ms|window|sample_rate)` is .* {2,}([\d.]+)$", checked, re.MULTILINE))
    if "synthesis_ms" in facts:
        return float(facts["synthesis_ms"])
    return float(facts["window"]) / float(facts["sample_rate"]) * 1000


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


class Apart:
    """A peer in a process of its own, on one thread, which measures itself."""

    def __init__(self, name: str) -> None:
        self.name, self.latency_ms = name, PEER_LATENCY_MS[name]

    def run(self, noisy: list[Signal], done: Callable[[int], None]) -> tuple[list[Signal], Cost]:
        """All signals in one process; its memory is what the peer adds to a bare Python."""
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{k:05}.wav" for k in range(len(noisy))]
            for name, x in zip(names, noisy, strict=True):
                soundfile.write(Path(folder) / name, x, RATE, subtype="FLOAT")
            command = [sys.executable, "-m", f"{__package__}.peers", self.name, folder]
            threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
            process = subprocess.Popen(
                command, env=os.environ | threads, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            assert process.stdout is not None and process.stderr is not None
            said = []
            for line in process.stderr:
                if line.strip() in names:
                    done(names.index(line.strip()) + 1)
                else:
                    said.append(line)
            cost = process.stdout.read()
            if process.wait():
                raise RuntimeError(f"{self.name} failed with {process.returncode}: {''.join(said[-3:]).strip()}")
            out = [soundfile.read(Path(folder) / "out" / name, dtype="float32")[0] for name in names]
        told = json.loads(cost)
        return out, Cost(told["cpu"], told["memory"])
