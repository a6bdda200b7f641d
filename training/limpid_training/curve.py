"""Draws learning curves against computing time: `python -m limpid_training.curve RUN [RUN...] --out curve.png`.

Hours of CPU time, not steps: what an hour buys is what runs of different shapes are compared by.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

PANELS = [("valid_spectral", "spectral distance, held-out voices"), ("valid_sdr_db", "SDR in dB, held-out voices")]
"""Columns of log.csv that are drawn, and what the axis says."""


def read(run: Path) -> dict[str, list[float]]:
    """Columns of a run's log.csv.

    Args:
        run: folder of the run.

    Raises:
        SystemExit: without a log, or when it lacks a column or has no line yet.
    """
    path = run / "log.csv"
    if not path.exists():
        raise SystemExit(f"{run}: no log.csv; is it the folder of a training run?")
    with path.open(newline="") as f:
        rows = list(csv.DictReader(f))
    wanted = ["cpu_hours", *(name for name, _ in PANELS)]
    if not rows or any(name not in rows[0] for name in wanted):
        raise SystemExit(f"{path}: needs lines with {', '.join(wanted)}")
    return {name: [float(row[name]) for row in rows] for name in wanted}


def draw(runs: list[Path], out: Path) -> None:
    """Writes a picture with a panel a judge and a line a run; runs are called by their folders."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from cycler import cycler

    curves = {run.resolve().name: read(run) for run in runs}
    figure, axes = plt.subplots(1, len(PANELS), figsize=(11, 4), layout="constrained")
    # Ten colours, and after ten runs the same ones dashed.
    styles = cycler(linestyle=["-", "--"]) * cycler(color=matplotlib.color_sequences["tab10"])
    for ax, (column, label) in zip(axes, PANELS, strict=True):
        ax.set_prop_cycle(styles)
        for name, curve in curves.items():
            ax.plot(curve["cpu_hours"], curve[column], label=name, linewidth=1.5)
        ax.set_xlabel("hours of computing")
        ax.set_ylabel(label)
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
        # The first steps are so far off that nothing else would be seen.
        seen = [v for curve in curves.values() for v in curve[column][len(curve[column]) // 20 :]]
        margin = (max(seen) - min(seen)) * 0.05 + 1e-9
        ax.set_ylim(min(seen) - margin, max(seen) + margin)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run, with its log.csv")
    ap.add_argument("--out", type=Path, required=True, help="picture to write (PNG)")
    a = ap.parse_args()
    draw(a.runs, a.out)


if __name__ == "__main__":
    main()
