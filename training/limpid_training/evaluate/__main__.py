"""Judges systems: `python -m limpid_training.evaluate --set DIR --limpid PROGRAM --out DIR`.

Every system gets the same mixtures with 150 ms of silence behind them, each from a fresh state. One delay a system,
found over all mixtures, is taken out before the judges listen. The report is written anew after every system, so what
was judged is there when a later one fails. `cargo xtask evaluate` makes the environment and calls this.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..dnsmos import REQUIREMENT, Dnsmos
from ..metrics import RATE, Scores, Signal, score
from ..packages import PackageMissingError
from . import align, earlier, mixtures, report, sets, worst
from .peers import MODULES, peer
from .robust import run, thresholds
from .systems import Apart, Limpid, Nnnoiseless, Noisy, System
from .words import WordErrors, reference, spoken, word_errors

MOST_DELAY = RATE * 15 // 100
"""Silence put behind a clip in samples, so that no delay cuts its end."""
WORST = 10
MODELS = Path(__file__).resolve().parents[3] / "assets/models"
NNNOISELESS = "cargo install nnnoiseless@0.5.2, and name its program with --nnnoiseless"


def shipped() -> list[str]:
    """The models that the project ships, by file: a program that was not installed looks for names elsewhere."""
    return [str(p) for p in sorted(MODELS.glob("*.onnx"), key=lambda p: p.stem)]


def installed_dnsmos() -> Dnsmos | None:
    """DNSMOS, when the package with its networks is installed."""
    try:
        return Dnsmos()
    except PackageMissingError:
        return None


def _scored(job: tuple[Signal, Signal, Dnsmos | None]) -> Scores:
    return score(*job)


class Judge:
    """Scores systems on mixtures, one after the other.

    Attributes:
        clips: the mixtures.
        dnsmos: if it shall judge.
        said: what is said in each mixture in which the recogniser shall listen, by the mixture's name.
    """

    def __init__(self, clips: list[mixtures.Mixture], pool: ProcessPoolExecutor, recognise: bool) -> None:
        self.clips, self.pool, self.dnsmos = clips, pool, installed_dnsmos()
        self.said = {m.name: reference(m) for m in spoken(clips)} if recognise else {}

    def __call__(self, system: System, ours: bool) -> tuple[report.Result, list[Signal]]:
        """Runs one system over all clips, takes its delay out and scores it; its outputs, cut alike."""

        def done(count: int) -> None:
            print(f"\r{system.name}: {count}/{len(self.clips)}", end="", file=sys.stderr, flush=True)

        outputs, cost = system.run([np.pad(c.noisy, (0, MOST_DELAY)) for c in self.clips], done)
        lag = align.delay([c.clean for c in self.clips], outputs, MOST_DELAY)
        cut = [y[lag : lag + len(c.clean)] for c, y in zip(self.clips, outputs, strict=True)]
        jobs = [(c.clean, y, self.dnsmos) for c, y in zip(self.clips, cut, strict=True)]
        scores = list(self.pool.map(_scored, jobs))
        print(f"\r{system.name}: {len(self.clips)} clips, delay {lag} samples", file=sys.stderr)
        return report.Result(system.name, scores, cost, lag, system.latency_ms, ours, self.words(cut)), cut

    def words(self, signals: list[Signal]) -> WordErrors | None:
        """Word errors in the clips that the recogniser understands."""
        heard = [(self.said[m.name], y) for m, y in zip(self.clips, signals, strict=True) if m.name in self.said]
        return word_errors([a for a, _ in heard], [y for _, y in heard]) if heard else None


def chosen_peers(wanted: str, nnnoiseless: Path | None) -> tuple[list[System], list[str]]:
    """Systems by the names given ("all": those that are installed), and sentences on those that are not there.

    Raises:
        PackageMissingError: one that was named is not there; told now, not after the others have run.
        KeyError: there is no peer of that name.
    """
    names = ["rnnoise-0.1", *MODULES] if wanted == "all" else [n for n in wanted.split(",") if n]
    systems: list[System] = []
    missing = []
    for name in names:
        try:
            if name != "rnnoise-0.1":
                peer(name)
                systems.append(Apart(name))
            elif nnnoiseless is None:
                raise PackageMissingError(f"rnnoise-0.1 is not there: {NNNOISELESS}")
            else:
                systems.append(Nnnoiseless(nnnoiseless))
        except PackageMissingError as e:
            if wanted != "all":
                raise
            missing.append(str(e))
    return systems, missing


def closing(clips: list[mixtures.Mixture], before: report.Result, after: report.Result, chosen: list[int]) -> str:
    """Markdown: the list of the worst."""
    lines = ["", f"The ten in which {after.name} gains least PESQ; sound and spectrograms are in `worst`:", ""]
    lines += ["| | noise | SNR dB | PESQ-WB before, after | SI-SDR before, after |", "|---" * 5 + "|"]
    for rank, k in enumerate(chosen, 1):
        a, b, facts = before.scores[k], after.scores[k], clips[k].facts
        figures = f"{a.pesq:.2f}, {b.pesq:.2f} | {a.si_sdr:.1f}, {b.si_sdr:.1f}"
        lines.append(f"| {rank:02}-{clips[k].name} | {facts['noise']} | {facts['snr_db']} | {figures} |")
    return "\n".join(lines) + "\n"


def behaviours(model: Limpid) -> str:
    """Markdown: what `robust` measures of a model."""
    print(f"{model.name}: behaviours, an hour of streaming among them", file=sys.stderr)
    found = run.measured(model.program, model.model) | run.hour(model.program, model.model)
    head = f"\nBehaviours of {model.name} on the recordings in `assets/robust`:\n\n"
    return head + thresholds.table(thresholds.load(), found) + "\n"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sets.add_arguments(ap)
    ap.add_argument("--limpid", type=Path, required=True, help="the program")
    ap.add_argument(
        "--model", action="append", default=[], help="name or file of a model of ours (all that are shipped)"
    )
    ap.add_argument("--peers", default="all", help=f"all that are there, or of: rnnoise-0.1, {', '.join(MODULES)}")
    ap.add_argument("--nnnoiseless", type=Path, help="program of the crate nnnoiseless, which is rnnoise-0.1")
    ap.add_argument("--out", type=Path, required=True, help="folder for the report")
    ap.add_argument("--earlier", type=Path, help="report.json on the same mixtures, whose other systems are taken over")
    ap.add_argument("--every", type=int, default=1, help="take every Nth mixture")
    ap.add_argument("--behaviours", action=argparse.BooleanOptionalAction, default=True, help="measure those of robust")
    ap.add_argument("--processes", type=int, default=1, help="for scoring")
    return ap


def main() -> None:
    """Command line."""
    ap = arguments()
    a = ap.parse_args()
    try:
        peers, missing = chosen_peers(a.peers, a.nnnoiseless)
    except KeyError as e:
        ap.error(f"no such peer: {e.args[0]}; there are rnnoise-0.1, {', '.join(MODULES)}")
    except PackageMissingError as e:
        ap.error(str(e))
    if installed_dnsmos() is None:
        missing.append(f"DNSMOS is left out: pip install --no-deps {REQUIREMENT}")
    recognise = bool(importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("rapidfuzz"))
    if not recognise:
        missing.append("word errors are left out: pip install pocketsphinx==5.1.1 rapidfuzz")
    for sentence in missing:
        print(sentence, file=sys.stderr)
    models = [Limpid(a.limpid, m) for m in a.model or shipped()]
    clips = mixtures.load(sets.folder(a), a.every)
    minutes = sum(len(c.noisy) for c in clips) / RATE / 60
    told = f"{len(clips)} mixtures, {minutes:.1f} minutes, 48 kHz; one thread a system; "
    before: list[report.Result] = []
    its = ""
    if a.earlier:
        try:
            before, its = earlier.results(a.earlier, clips)
        except ValueError as e:
            ap.error(str(e))
    if a.peers == "all":
        # What there are figures of need not be judged again, nor be missed.
        known = {r.name for r in before}
        peers = [p for p in peers if p.name not in known]
        missing = [m for m in missing if m.split()[0] not in known]
    systems: list[System] = [Noisy(), *models, *peers]
    before = [r for r in before if r.name not in {s.name for s in systems}]
    results: list[report.Result] = []
    end, text = "", ""
    with ProcessPoolExecutor(a.processes) as pool:
        judge = Judge(clips, pool, recognise)
        for system in systems:
            result, outputs = judge(system, system in models)
            results.append(result)
            if system is models[0]:
                chosen = worst.worst(results[0].scores, result.scores, WORST)
                worst.write(clips, outputs, chosen, result.name, a.out / "worst")
                end = closing(clips, results[0], result, chosen)
                if a.behaviours:
                    end += behaviours(models[0])
            load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. {report.NOTES}"
            left_out = f" Left out: {'; '.join(missing)}." if missing else ""
            if before:
                left_out += f" Out of an earlier report: {', '.join(r.name for r in before)} ({its.rstrip('.')})."
            text = report.write([*results, *before], clips, a.out, told + load + left_out, end)
    print(text)


if __name__ == "__main__":
    main()
