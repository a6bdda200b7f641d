"""The table of an evaluation as Markdown, JSON and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..metrics import Scores
from .mixtures import Mixture
from .systems import Cost
from .words import WordErrors

COLUMNS = (
    ("pesq", "PESQ-WB", 2),
    ("estoi", "ESTOI", 3),
    ("si_sdr", "SI-SDR dB", 1),
    ("ovrl", "OVRL", 2),
    ("sig", "SIG", 2),
    ("bak", "BAK", 2),
    ("p808", "P.808", 2),
    ("lsd", "LSD dB", 1),
)

NOTES = (
    "PESQ-WB with its 95 % interval. RTF: seconds of processor time a second of audio on one thread; of limpid and "
    "rnnoise-0.1 the whole program, files and start included, of other peers their own computing alone. MiB: of "
    "programs their peak, of other peers what they add to a bare Python. OVRL, SIG, BAK: DNSMOS P.835; P.808: DNSMOS "
    "P.808, another network. LSD: log-spectral distance, 0 to 20 kHz."
)
JUDGES = "pesq", "estoi", "si_sdr", "ovrl"
"""Columns in which a system must be ahead."""
BANDS = "under 0 dB", "0..5 dB", "5..10 dB", "10..15 dB", "15 dB and more"


@dataclass(frozen=True)
class Result:
    """One system: scores in the order of the mixtures, cost, measured delay (samples), stated latency."""

    name: str
    scores: list[Scores]
    cost: Cost
    delay: int
    latency_ms: float
    ours: bool = False
    words: WordErrors | None = None

    def interval(self, column: str) -> float:
        """Half of the 95 % interval of the mean."""
        values = np.array([getattr(s, column) for s in self.scores])
        heard = values[~np.isnan(values)]
        return float(1.96 * heard.std(ddof=1) / np.sqrt(len(heard))) if len(heard) > 1 else float("nan")

    def unheard(self, column: str) -> int:
        """Clips of which the judge said nothing."""
        return int(np.isnan([getattr(s, column) for s in self.scores]).sum())

    def mean(self, column: str, chosen: list[bool] | None = None) -> float:
        """Mean of a column, clips in which the judge heard no speech left out."""
        values = np.array([getattr(s, column) for s in self.scores])
        heard = ~np.isnan(values) & (True if chosen is None else np.array(chosen))
        return float(values[heard].mean()) if heard.any() else float("nan")


def band_of(mixture: Mixture) -> str:
    """SNR band of a mixture."""
    return BANDS[sum(float(mixture.facts["snr_db"]) >= edge for edge in (0, 5, 10, 15))]


def groups(mixtures: list[Mixture]) -> list[tuple[str, dict[str, list[bool]]]]:
    """Which mixtures stand in each row, by SNR band, class of noise and, where the set tells it, language."""
    ways: list[tuple[str, Callable[[Mixture], str]]] = [("SNR", band_of), ("noise", lambda m: m.facts["noise"])]
    if any(m.facts.get("language") for m in mixtures):
        ways.append(("language", lambda m: m.facts.get("language") or "not told"))
    out = []
    for title, way in ways:
        found = {way(m) for m in mixtures}
        names = [b for b in BANDS if b in found] or sorted(found)
        out.append((title, {name: [way(m) == name for m in mixtures] for name in names}))
    return out


def behind(results: list[Result], mixtures: list[Mixture]) -> list[str]:
    """Sentences: where a model of ours scores less than the noisy input, by class of noise."""
    noisy = next((r for r in results if r.name == "noisy"), None)
    if noisy is None:
        return []
    digits = {key: n for key, _, n in COLUMNS}
    heads = {key: head for key, head, _ in COLUMNS}
    out = []
    for r in (r for r in results if r.ours):
        for name, chosen in dict(groups(mixtures))["noise"].items():
            for key in JUDGES:
                before, after = noisy.mean(key, chosen), r.mean(key, chosen)
                if after < before:
                    figures = f"{after:.{digits[key]}f} against {before:.{digits[key]}f}"
                    out.append(f"{r.name}, {name}: {heads[key]} {figures}")
    return out


def words_table(results: list[Result]) -> list[str]:
    """Lines: word errors of the recogniser, if it listened."""
    heard = [r for r in results if r.words is not None]
    if not heard:
        return []
    first = heard[0].words
    assert first is not None
    lines = ["", f"Word errors of pocketsphinx on {first.words} English words:", "", "| system | errors |", "|---|---|"]
    return lines + [f"| {r.name} | {100 * r.words.rate:.1f} % |" for r in heard if r.words is not None]


def table(results: list[Result], mixtures: list[Mixture]) -> str:
    """Markdown: all systems on all mixtures, then by SNR band, class of noise and language."""
    lines = [
        "| system | " + " | ".join(c[1] for c in COLUMNS) + " | RTF | latency ms | MiB |",
        "|---" * (len(COLUMNS) + 4) + "|",
    ]
    for r in results:
        cells = [f"{r.mean(k):.{digits}f}" for k, _, digits in COLUMNS]
        if not np.isnan(r.interval("pesq")):
            cells[0] += f" ± {r.interval('pesq'):.2f}"
        memory = "" if np.isnan(r.cost.memory) else f"{r.cost.memory:.0f}"
        lines.append(f"| {r.name} | " + " | ".join(cells) + f" | {r.cost.cpu:.4f} | {r.latency_ms:g} | {memory} |")
    silent = [f"{r.name}: {r.unheard('pesq')}" for r in results if r.unheard("pesq")]
    if silent:
        lines += ["", f"Clips in which PESQ heard no speech, left out of its mean: {', '.join(silent)}."]
    lines += words_table(results)
    for title, rows in groups(mixtures):
        lines += [
            "",
            f"PESQ-WB / ESTOI / SI-SDR / OVRL by {title}:",
            "",
            f"| {title} | clips | " + " | ".join(r.name for r in results) + " |",
            "|---" * (len(results) + 2) + "|",
        ]
        for name, chosen in rows.items():
            cells = [" / ".join(f"{r.mean(k, chosen):.{d}f}" for k, _, d in COLUMNS if k in JUDGES) for r in results]
            lines.append(f"| {name} | {sum(chosen)} | " + " | ".join(cells) + " |")
    if found := behind(results, mixtures):
        lines += ["", "Less than the noisy input:", "", *(f"- {line}" for line in found)]
    return "\n".join(lines) + "\n"


def picture(results: list[Result], path: Path) -> None:
    """PESQ against CPU time, one dot a system."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    # By quality, so that names of neighbours go to different sides.
    for k, r in enumerate(sorted((r for r in results if r.cost.cpu), key=lambda r: r.mean("pesq"))):
        at, right = (r.cost.cpu, r.mean("pesq")), k % 2 == 0
        axes.plot(*at, "o", markersize=9 if r.ours else 6, color="tab:red" if r.ours else "tab:blue")
        shift, side = ((8, -3), "left") if right else ((-8, -3), "right")
        axes.annotate(r.name, at, xytext=shift, textcoords="offset points", ha=side)
    for r in results:
        if not r.cost.cpu:
            axes.axhline(r.mean("pesq"), color="grey", linestyle="--", linewidth=1)
            at, coordinates = (0.99, r.mean("pesq")), ("axes fraction", "data")
            axes.annotate(r.name, at, xycoords=coordinates, ha="right", va="bottom", color="grey")
    axes.set(xscale="log", xlabel="CPU seconds a second of audio, one thread", ylabel="PESQ-WB")
    axes.grid(alpha=0.3)
    axes.margins(0.2)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def write(results: list[Result], mixtures: list[Mixture], out: Path, conditions: str, closing: str = "") -> str:
    """Writes report.md, report.json and report.png into `out`; gives the Markdown.

    Args:
        results: of every system, in the order of the table.
        mixtures: what they were judged on.
        out: folder; made.
        conditions: a paragraph under the tables.
        closing: more Markdown behind it.
    """
    out.mkdir(parents=True, exist_ok=True)
    text = table(results, mixtures) + "\n" + conditions + "\n" + closing
    (out / "report.md").write_text(text)
    content = {
        "conditions": conditions,
        "mixtures": [m.facts for m in mixtures],
        "systems": [asdict(r) for r in results],
        "behind_noisy": behind(results, mixtures),
    }
    (out / "report.json").write_text(json.dumps(content, indent=1))
    picture(results, out / "report.png")
    return text
