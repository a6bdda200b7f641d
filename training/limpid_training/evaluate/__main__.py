"""`python -m limpid_training.evaluate --set DIR --limpid PROGRAM --model limpid --peers rnnoise-0.2,dfn3 --out DIR`.

Every system gets the same mixtures with 150 ms of silence behind them, each from a fresh state. One delay a system,
found over all mixtures, is taken out before the judges listen.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..metrics import RATE, Scores, Signal, score
from . import align, mixtures, report
from .peers import MODULES, peer
from .systems import Apart, Noisy, Program, System

MOST_DELAY = RATE * 15 // 100
"""Silence put behind a clip in samples, so that no delay cuts its end."""


def dnsmos_model() -> Path | None:
    """The DNSMOS network in the package speechmos, when that is installed."""
    spec = importlib.util.find_spec("speechmos")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "dnsmos_models" / "sig_bak_ovr.onnx"


def _scored(job: tuple[Signal, Signal, Path | None]) -> Scores:
    return score(*job)


def judge(
    system: System, clips: list[mixtures.Mixture], pool: ProcessPoolExecutor, dnsmos: Path | None
) -> report.Result:
    """Runs one system over all clips, takes its delay out and scores it."""

    def done(count: int) -> None:
        print(f"\r{system.name}: {count}/{len(clips)}", end="", file=sys.stderr, flush=True)

    outputs, cost = system.run([np.pad(c.noisy, (0, MOST_DELAY)) for c in clips], done)
    lag = align.delay([c.clean for c in clips], outputs, MOST_DELAY)
    jobs = [(c.clean, y[lag : lag + len(c.clean)], dnsmos) for c, y in zip(clips, outputs, strict=True)]
    scores = list(pool.map(_scored, jobs))
    print(f"\r{system.name}: {len(clips)} clips, delay {lag} samples", file=sys.stderr)
    return report.Result(system.name, scores, cost, lag, system.latency_ms)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--set", type=Path, required=True, help="folder with noisy/, clean/ and meta.csv")
    ap.add_argument("--limpid", type=Path, required=True, help="the program")
    ap.add_argument("--model", action="append", default=[], help="name or file of a model of ours; repeatable")
    ap.add_argument("--peers", default="rnnoise-0.2", help=f"comma-separated, of: {', '.join(MODULES)}")
    ap.add_argument("--out", type=Path, required=True, help="folder for report.md, report.json, report.png")
    ap.add_argument("--every", type=int, default=1, help="take every Nth mixture")
    ap.add_argument("--processes", type=int, default=1, help="for scoring")
    a = ap.parse_args()
    clips, dnsmos = mixtures.load(a.set, a.every), dnsmos_model()
    if dnsmos is None:
        print("DNSMOS is left out: pip install --no-deps speechmos==0.0.1.1", file=sys.stderr)
    peers = [p for p in a.peers.split(",") if p]
    if unknown := set(peers) - set(MODULES):
        ap.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    for name in peers:
        peer(name)  # what is missing is told now, not after the others have run
    systems: list[System] = [Noisy(), *(Program(a.limpid, m) for m in a.model or ["limpid"])]
    systems += [Apart(p) for p in peers]
    with ProcessPoolExecutor(a.processes) as pool:
        results = [judge(s, clips, pool, dnsmos) for s in systems]
    minutes = sum(len(c.noisy) for c in clips) / 48_000 / 60
    load = os.getloadavg()[0]
    conditions = (
        f"{len(clips)} mixtures, {minutes:.1f} minutes, 48 kHz; one thread a system; "
        f"load average {load:.1f} on {os.cpu_count()} cores. {report.NOTES}"
    )
    print(report.write(results, clips, a.out, conditions))


if __name__ == "__main__":
    main()
