"""Measures what longer windows gain: `python -m limpid_training.textbook.context`.

First the receptive fields of depths 2 and 5, computed, and shown as the gradient of one output sample. Then networks of
both depths trained and judged with windows of 1,000, 10,000 and 50,000 samples on electrocardiograms of 50,000 samples:
the same recordings for all, cut side by side into windows of each length; and the lower depth with
squeeze-and-excitation, the one option whose reach grows with the window. With `--checkpoint`, trained speech models
hear the same mixtures in such windows instead of their own.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from .. import checkpoint
from . import ecg, mixtures
from .fitting import Array, apply, fit
from .network import UNet1D, UNet1DConfig, receptive_field
from .speech import SpeechConfig, SpeechUNet1D
from .tables import Table, write

DEPTHS = (2, 5)
WINDOWS = (1_000, 10_000, 50_000)
RECORDING = max(WINDOWS)
"""Samples of a recording; all windows divide it."""
JUDGED = 8
"""Unseen recordings."""

Rng = np.random.Generator


def influence(config: UNet1DConfig, length: int, frames: int = 8) -> Array:
    """How much each input [length] moves the output in the middle: mean |gradient| of a network before training."""
    torch.manual_seed(1)
    net = UNet1D(config).train()
    x = torch.randn(frames, 1, length, requires_grad=True)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.momentum = None  # the statistics of this one batch, then held: or every sample moved every other
    net(x)
    net.eval()
    (gradient,) = torch.autograd.grad(net(x)[..., length // 2].sum(), x)
    return np.asarray(gradient.abs().mean((0, 1)).numpy())


def recordings(rng: Rng, window: int, count: int = 1) -> tuple[Array, Array]:
    """Disturbed and clean recordings cut into windows [count * RECORDING / window, window]."""
    noisy, clean = ecg.pairs(rng, count, RECORDING)
    return noisy.reshape(-1, window), clean.reshape(-1, window)


def trained(config: UNet1DConfig, window: int, steps: int, seed: int) -> tuple[float, float, float]:
    """SNR gain in dB of a network trained in windows of a length, CPU seconds of training, and CPU ms a recording."""
    begun = time.process_time()
    net = fit(config, partial(recordings, window=window), torch.nn.functional.mse_loss, steps, seed)
    learnt = time.process_time() - begun
    noisy, clean = recordings(np.random.default_rng([seed, 2**31]), window, JUDGED)
    begun = time.process_time()
    whole = [v.reshape(JUDGED, RECORDING) for v in (noisy, clean, apply(net, noisy))]
    taken = 1000 * (time.process_time() - begun) / JUDGED
    before, after = (ecg.judge(whole[1], whole[n])[1] for n in (0, 2))
    return after - before, learnt, taken


def heard(path: Path, window: int, found: list[mixtures.Example]) -> tuple[dict[int, float], float]:
    """Mean SNR gain in dB by the mixture's ratio of a speech model in windows of a length, and its CPU ms a second."""
    content = checkpoint.load(path)
    model = SpeechUNet1D(replace(SpeechConfig.from_dict(content["shape"]), window=window, hop=window // 2)).eval()
    model.load_state_dict(content["average"])
    late, gains, taken, samples = model.config.latency, {}, 0.0, 0
    for snr in mixtures.SNRS:
        gained = []
        for example in found:
            noisy = example.at(snr)
            padded = torch.from_numpy(np.pad(noisy, (0, late + window)))[None]
            begun = time.process_time()
            with torch.no_grad():
                y = model.enhance(padded)[0, late : late + len(noisy)].numpy()
            taken += time.process_time() - begun
            samples += padded.shape[1]
            gained.append(mixtures.ratio(example.voice, y) - mixtures.ratio(example.voice, noisy))
        gains[snr] = float(np.mean(gained))
    return gains, 1000 * taken * model.config.sample_rate / samples


def networks(width: int) -> dict[str, UNet1DConfig]:
    """What is compared: both depths, and the lower one with squeeze-and-excitation in skips and bottleneck."""
    plain = {str(depth): UNet1DConfig(width, depth) for depth in DEPTHS}
    return {**plain, f"{DEPTHS[0]}, squeeze-and-excitation": UNet1DConfig(width, DEPTHS[0], attention="both")}


def draw_picture(path: Path, width: int, lines: dict[str, list[float]]) -> None:
    """Influence of the input's samples at each depth, and gain over the window."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(12, 4.5), width_ratios=[3, 2], layout="constrained")
    length = 640
    for n, depth in enumerate(DEPTHS):
        config, colour = UNet1DConfig(width, depth), f"C{n}"
        reach, seen = receptive_field(config), influence(config, length)
        at = np.arange(length) - length // 2
        label = f"depth {depth}: at most {reach} samples"
        axes[0].plot(at, np.where(seen > 0, seen / seen.max(), np.nan), ".", ms=3, color=colour, label=label)
    axes[0].set(yscale="log", xlabel="input sample, from the output sample on", ylabel="influence")
    axes[0].legend(loc="lower center")
    for name, values in lines.items():
        axes[1].plot(WINDOWS, values, "o-", label=name)
    axes[1].set(xscale="log", xlabel="window (samples)", ylabel="SNR gain (dB)", xticks=WINDOWS)
    axes[1].set_xticklabels([f"{w:,}" for w in WINDOWS])
    axes[1].minorticks_off()
    axes[1].legend()
    fig.savefig(path, dpi=100)
    plt.close(fig)


def fields(width: int) -> Table:
    """Prints the receptive fields."""
    table = Table("depth", "receptive field", "ms at 16 kHz", "s at 250 Hz", f"parameters at width {width}")
    for depth in DEPTHS:
        config = UNet1DConfig(width, depth)
        reach, size = receptive_field(config) or 0, sum(p.numel() for p in UNet1D(config).parameters())
        table.row(str(depth), str(reach), f"{reach / 16:.1f}", f"{reach / ecg.RATE:.2f}", f"{size:,}")
    return table


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--steps", type=int, default=150, help="of a recording each")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--checkpoint", type=Path, action="append", help="a trained speech model; may be repeated")
    ap.add_argument("--set", type=Path, help="folder with noisy/ and clean/ (default: the demo recording)")
    ap.add_argument("--picture", type=Path, default=Path("context.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    torch.set_num_threads(1)
    reach = fields(a.width)
    lines: dict[str, list[float]] = {}
    if a.checkpoint:
        found = mixtures.examples(a.set)
        said = f"Speech, {len(found)} examples, mean SNR gain in dB over mixtures of these ratios."
        print(said)
        table = Table("model", "window", *(f"{s} dB" for s in mixtures.SNRS), "mean", "CPU ms a second", "late by")
        for path in a.checkpoint:
            for window in WINDOWS:
                gains, taken = heard(path, window, found)
                mean = float(np.mean(list(gains.values())))
                cells = [f"{g:+.1f}" for g in (*gains.values(), mean)]
                table.row(path.parent.name, f"{window:,}", *cells, f"{taken:.0f}", f"{window / mixtures.RATE:.2f} s")
                lines.setdefault(path.parent.name, []).append(mean)
    else:
        said = f"Electrocardiograms, seed {a.seed}, {a.steps} steps of a recording of {RECORDING:,} samples each."
        print(said)
        table = Table("depth", "window", "SNR gain (dB)", "CPU s of training", "CPU ms a recording", "late by")
        for name, config in networks(a.width).items():
            for window in WINDOWS:
                better, learnt, taken = trained(config, window, a.steps, a.seed)
                late = f"{window / ecg.RATE:.0f} s"
                table.row(name, f"{window:,}", f"{better:.1f}", f"{learnt:.0f}", f"{taken:.0f}", late)
                lines.setdefault(f"depth {name}", []).append(better)
    draw_picture(a.picture, a.width, lines)
    print(a.picture)
    write(a.table, reach, said, table)


if __name__ == "__main__":
    main()
