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


@dataclass(frozen=True)
class Result:
    """One system: scores in the order of the mixtures, cost, measured delay (samples), stated latency."""

    name: str
    scores: list[Scores]
    cost: Cost
    delay: int
    latency_ms: float

    def mean(self, column: str, chosen: list[bool] | None = None) -> float:
        """Mean of a column, clips in which the judge heard no speech left out."""
        values = [getattr(s, column) for s in self.scores]
        return float(np.nanmean([v for v, c in zip(values, chosen or [True] * len(values), strict=True) if c]))


def band_of(mixture: Mixture) -> str:
    """SNR band of a mixture."""
    snr = float(mixture.facts["snr_db"])
    edges = (0, 5, 10, 15)
    below = [e for e in edges if snr >= e]
    return (
        f"{below[-1]}..{below[-1] + 5} dB" if below and below[-1] < 15 else "15 dB and more" if below else "under 0 dB"
    )


def table(results: list[Result], mixtures: list[Mixture]) -> str:
    """Markdown: all systems on all mixtures, then PESQ and SI-SDR by SNR band and by noise class."""
    lines = [
        "| system | " + " | ".join(c[1] for c in COLUMNS) + " | CPU s/s | latency ms | MiB |",
        "|---" * (len(COLUMNS) + 4) + "|",
    ]
    for r in results:
        cells = [f"{r.mean(k):.{digits}f}" for k, _, digits in COLUMNS]
        memory = "" if np.isnan(r.cost.memory) else f"{r.cost.memory:.0f}"
        lines.append(f"| {r.name} | " + " | ".join(cells) + f" | {r.cost.cpu:.4f} | {r.latency_ms:g} | {memory} |")
    rows: tuple[tuple[str, Callable[[Mixture], str]], ...] = (("SNR", band_of), ("noise", lambda m: m.facts["noise"]))
    for title, group in rows:
        names = sorted({group(m) for m in mixtures})
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
