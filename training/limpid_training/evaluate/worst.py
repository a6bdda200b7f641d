"""The mixtures that a model helps least: their sound and spectrograms, for ears and eyes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from ..metrics import RATE, Scores, Signal
from .mixtures import Mixture

FLOOR_DB = -90.0
"""Below the loudest bin of the noisy signal; what is quieter is black."""


def worst(before: list[Scores], after: list[Scores], count: int) -> list[int]:
    """Numbers of the mixtures whose PESQ gains least, the worst first; those in which no speech is left lead."""
    gains = np.array([b.pesq - a.pesq for a, b in zip(before, after, strict=True)])
    order = np.argsort(np.where(np.isnan(gains), -np.inf, gains), kind="stable")
    return [int(k) for k in order[:count]]


def write(mixtures: list[Mixture], outputs: list[Signal], chosen: list[int], model: str, out: Path) -> None:
    """Writes RANK-NAME-{noisy,clean,MODEL}.flac and RANK-NAME.png into a folder, which is emptied of older ones."""
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.flac"), *out.glob("*.png")):
        old.unlink()
    for rank, k in enumerate(chosen, 1):
        m = mixtures[k]
        signals = {"noisy": m.noisy, model: outputs[k], "clean": m.clean}
        for name, x in signals.items():
            soundfile.write(out / f"{rank:02}-{m.name}-{name}.flac", np.clip(x, -1, 1), RATE, subtype="PCM_16")
        spectrograms(signals, f"{m.name}: {m.facts['noise']}, {m.facts['snr_db']} dB", out / f"{rank:02}-{m.name}.png")


def spectrograms(signals: dict[str, Signal], title: str, path: Path) -> None:
    """Draws signals of one length under each other, 0 to 20 kHz, on one scale of level."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(len(signals), 1, figsize=(8, 6), sharex=True, layout="constrained")
    top = None
    for axes, (name, x) in zip(rows, signals.items(), strict=True):
        frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, (512, 512)), 1024)[::240] * np.hanning(1024)
        level = 20 * np.log10(np.abs(np.fft.rfft(frames, axis=1)).T + 1e-9)
        top = level.max() if top is None else top
        extent = (0, len(x) / RATE, 0, RATE / 2000)
        axes.imshow(level, origin="lower", aspect="auto", extent=extent, vmin=top + FLOOR_DB, vmax=top, cmap="magma")
        axes.set(ylim=(0, 20), ylabel="kHz")
        axes.set_title(name, loc="left", fontsize=9)
    rows[-1].set_xlabel("s")
    figure.suptitle(title)
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
