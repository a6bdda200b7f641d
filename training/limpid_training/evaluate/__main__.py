"""`python -m limpid_training.evaluate --set DIR --limpid PROGRAM --model limpid --peers rnnoise-0.2 --out DIR`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..metrics import Scores, Signal, score
from . import align, mixtures, report
from .systems import MOST_DELAY, Noisy, Program, Rnnoise, System

PEERS = {"rnnoise-0.2": Rnnoise}


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
    outputs = []
    for k, clip in enumerate(clips, 1):
        outputs.append(system.enhance(np.pad(clip.noisy, (0, MOST_DELAY))))
        print(f"\r{system.name}: {k}/{len(clips)}", end="", file=sys.stderr, flush=True)
    lag = align.delay([c.clean for c in clips], outputs, MOST_DELAY)
    jobs = [(c.clean, y[lag : lag + len(c.clean)], dnsmos) for c, y in zip(clips, outputs, strict=True)]
    scores = list(pool.map(_scored, jobs))
    cost = system.cost(np.concatenate([c.noisy for c in clips]))
    print(f"\r{system.name}: {len(clips)} clips, delay {lag} samples", file=sys.stderr)
    return report.Result(system.name, scores, cost, lag, system.latency_ms)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--set", type=Path, required=True, help="folder with noisy/, clean/ and meta.csv")
    ap.add_argument("--limpid", type=Path, required=True, help="the program")
    ap.add_argument("--model", action="append", default=[], help="name or file of a model of ours; repeatable")
    ap.add_argument("--peers", default="rnnoise-0.2", help=f"comma-separated, of: {', '.join(PEERS)}")
    ap.add_argument("--out", type=Path, required=True, help="folder for report.md, report.json, report.png")
    ap.add_argument("--every", type=int, default=1, help="take every Nth mixture")
    ap.add_argument("--processes", type=int, default=1, help="for scoring")
    a = ap.parse_args()
    clips, dnsmos = mixtures.load(a.set, a.every), dnsmos_model()
    if dnsmos is None:
        print("DNSMOS is left out: pip install --no-deps speechmos==0.0.1.1", file=sys.stderr)
    systems: list[System] = [Noisy(), *(PEERS[p]() for p in a.peers.split(",") if p)]
    systems += [Program(a.limpid, m, 20.0) for m in a.model or ["limpid"]]
    with ProcessPoolExecutor(a.processes) as pool:
        results = [judge(s, clips, pool, dnsmos) for s in systems]
    minutes = sum(len(c.noisy) for c in clips) / 48_000 / 60
    load = os.getloadavg()[0]
    conditions = (
        f"{len(clips)} mixtures, {minutes:.1f} minutes, 48 kHz; one thread a system; "
        f"load average {load:.1f} on {os.cpu_count()} cores."
    )
    print(report.write(results, clips, a.out, conditions))


if __name__ == "__main__":
    main()
