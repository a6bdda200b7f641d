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

COLUMNS = (
    ("pesq", "PESQ-WB", 2),
    ("estoi", "ESTOI", 3),
    ("si_sdr", "SI-SDR dB", 1),
    ("ovrl", "OVRL", 2),
    ("sig", "SIG", 2),
    ("bak", "BAK", 2),
    ("lsd", "LSD dB", 1),
)

NOTES = (
    "PESQ-WB with its 95 % interval. CPU: seconds of processor time a second of audio; of our models the whole "
    "program, files and start included, of peers their own computing alone. MiB: of our models the peak of the whole "
    "program, of peers what they add to a bare Python. LSD: 0 to 20 kHz."
)
BANDS = "under 0 dB", "0..5 dB", "5..10 dB", "10..15 dB", "15 dB and more"


@dataclass(frozen=True)
class Result:
    """One system: scores in the order of the mixtures, cost, measured delay (samples), stated latency."""

    name: str
    scores: list[Scores]
    cost: Cost
    delay: int
    latency_ms: float

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


def table(results: list[Result], mixtures: list[Mixture]) -> str:
    """Markdown: all systems on all mixtures, then PESQ and SI-SDR by SNR band and by noise class."""
    lines = [
        "| system | " + " | ".join(c[1] for c in COLUMNS) + " | CPU s/s | latency ms | MiB |",
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
    rows: tuple[tuple[str, Callable[[Mixture], str]], ...] = (("SNR", band_of), ("noise", lambda m: m.facts["noise"]))
    for title, group in rows:
        found = {group(m) for m in mixtures}
        names = [b for b in BANDS if b in found] or sorted(found)
        lines += [
            "",
            f"PESQ-WB / SI-SDR by {title}:",
            "",
            f"| {title} | clips | " + " | ".join(r.name for r in results) + " |",
            "|---" * (len(results) + 2) + "|",
        ]
        for name in names:
            chosen = [group(m) == name for m in mixtures]
            cells = [f"{r.mean('pesq', chosen):.2f} / {r.mean('si_sdr', chosen):.1f}" for r in results]
            lines.append(f"| {name} | {sum(chosen)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def picture(results: list[Result], path: Path) -> None:
    """PESQ against CPU time, one dot a system."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for r in results:
        x = max(r.cost.cpu, 1e-3)
        axes.plot(x, r.mean("pesq"), "o", markersize=8)
        axes.annotate(r.name, (x, r.mean("pesq")), xytext=(7, 5), textcoords="offset points")
    axes.set(xscale="log", xlabel="CPU seconds a second of audio, one thread (noisy input: none)", ylabel="PESQ-WB")
    axes.grid(alpha=0.3)
    axes.margins(0.15)
    figure.savefig(path, dpi=150)


def write(results: list[Result], mixtures: list[Mixture], out: Path, conditions: str) -> str:
    """Writes report.md, report.json and report.png into `out`; gives the Markdown."""
    out.mkdir(parents=True, exist_ok=True)
    text = table(results, mixtures) + "\n" + conditions + "\n"
    (out / "report.md").write_text(text)
    content = {
        "conditions": conditions,
        "mixtures": [m.facts for m in mixtures],
        "systems": [asdict(r) for r in results],
    }
    (out / "report.json").write_text(json.dumps(content, indent=1))
    picture(results, out / "report.png")
    return text
