"""Forecasts five days from thirty: `python -m limpid_training.textbook.forecast`.

Data are made: daily sales with a trend, a week's pattern, and noise that outlasts the day. The last 5 of the network's
30 outputs are the forecast. Beside it stand the last value, the value of a week before, a straight line through the
thirty days, and a linear regression trained on the same examples.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .fitting import Array, Distance, apply, fit
from .network import UNet1D, UNet1DConfig
from .tables import Table, write

GIVEN, AHEAD = 30, 5
"""Days that are known, and days that are forecast."""
UNSEEN = 2000
"""Series that are judged."""

Rng = np.random.Generator


def series(rng: Rng, count: int) -> tuple[Array, Array]:
    """Days that are known [count, GIVEN] and the days after [count, AHEAD]; mean and spread of the known removed."""
    days = np.arange(GIVEN + AHEAD)
    level, slope = rng.uniform(20, 100, (count, 1)), rng.normal(0, 0.004, (count, 1))
    week = rng.normal(0, 0.15, (count, 7))[:, days % 7]
    shock, noise = rng.normal(0, 0.06, (count, len(days))), np.zeros((count, len(days)))
    noise[:, 0] = shock[:, 0]
    for d in days[1:]:
        noise[:, d] = 0.7 * noise[:, d - 1] + shock[:, d]
    x = level * np.exp(slope * days + week + noise)
    known = x[:, :GIVEN]
    x = (x - known.mean(1, keepdims=True)) / known.std(1, keepdims=True)
    return np.asarray(x[:, :GIVEN], np.float32), np.asarray(x[:, GIVEN:], np.float32)


def baselines(known: Array, regression: Array) -> dict[str, Array]:
    """Forecasts [count, AHEAD] without a network; `regression` [GIVEN + 1, AHEAD] is from `regress`."""
    days = np.arange(GIVEN)
    slope, start = np.polyfit(days, known.T, 1)
    ahead = np.arange(GIVEN, GIVEN + AHEAD)
    return {
        "last value": np.repeat(known[:, -1:], AHEAD, axis=1),
        "a week before": known[:, GIVEN - 7 : GIVEN - 7 + AHEAD],
        "straight line": np.asarray(start[:, None] + slope[:, None] * ahead, np.float32),
        "linear regression": np.hstack([known, np.ones((len(known), 1), np.float32)]) @ regression,
    }


def regress(known: Array, ahead: Array) -> Array:
    """Least squares from the known days and a constant to the days ahead."""
    given = np.hstack([known, np.ones((len(known), 1), np.float32)])
    return np.asarray(np.linalg.lstsq(given, ahead, rcond=None)[0], np.float32)


def forecast(net: UNet1D, known: Array) -> Array:
    """The days ahead [count, AHEAD]: the last of the network's outputs for the known days [count, GIVEN]."""
    return apply(net, known)[:, -AHEAD:]


def draw_picture(path: Path, known: Array, ahead: Array, rows: dict[str, Array]) -> None:
    """Three examples: what was known, what came, and what was forecast."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(3, 1, figsize=(10, 9), sharex=True, layout="constrained")
    days = np.arange(GIVEN - 1, GIVEN + AHEAD)
    for n, axis in enumerate(axes):
        axis.plot(np.arange(GIVEN), known[n], color="0.5", label="known")
        # Each line sets out from the last day that is known.
        axis.plot(days, np.append(known[n, -1], ahead[n]), "ko-", ms=4, lw=2, label="what came")
        for name, y in rows.items():
            style = "-" if "UNet1D" in name else "--"
            axis.plot(days, np.append(known[n, -1], y[n]), style, lw=1.5, label=name)
        axis.axvline(GIVEN - 1, color="0.8", lw=0.8, zorder=0)
        axis.set_ylabel("known days' spread")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", fontsize=8, ncols=4)
    axes[-1].set(xlabel="days", xlim=(GIVEN - 16, GIVEN + AHEAD), xticks=range(GIVEN - 15, GIVEN + AHEAD + 1, 5))
    fig.savefig(path, dpi=100)
    plt.close(fig)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--depth", type=int, default=2)
    ap.add_argument("--steps", type=int, default=1500)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--picture", type=Path, default=Path("forecast.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    torch.set_num_threads(1)

    def draw(rng: Rng) -> tuple[Array, Array]:
        return series(rng, a.batch)

    def last(distance: Distance) -> Distance:
        return lambda y, wanted: distance(y[:, -AHEAD:], wanted)

    drawn = [draw(np.random.default_rng([a.seed, n])) for n in range(a.steps)]
    regression = regress(*(np.concatenate(v) for v in zip(*drawn, strict=True)))
    known, ahead = series(np.random.default_rng([a.seed, 2**31]), UNSEEN)
    rows = baselines(known, regression)
    for name, distance in (("MSE", torch.nn.MSELoss()), ("MAE", torch.nn.L1Loss())):
        net = fit(UNet1DConfig(a.width, a.depth), draw, last(distance), a.steps, a.seed)
        rows[f"UNet1D, trained on {name}"] = forecast(net, known)
    said = f"{UNSEEN:,} unseen series, in units of the known days' spread"
    print(said)
    table = Table("", "MAE", "MSE")
    for name, y in rows.items():
        table.row(name, f"{np.abs(y - ahead).mean():.3f}", f"{((y - ahead) ** 2).mean():.3f}")
    write(a.table, said, table)
    draw_picture(a.picture, known, ahead, rows)
    print(a.picture)


if __name__ == "__main__":
    main()
