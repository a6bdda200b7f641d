"""Compares the options of the textbook UNet1D on one task: `python -m limpid_training.textbook.options`.

The task is the electrocardiograms of `ecg`; every network learns from the same examples, and with `--seeds` again from
others. What a network costs is told for sound: multiply-adds a second at 16 kHz with windows that overlap by half, and
the CPU time that ONNX Runtime takes for one window on one thread. The picture shows what is gained for what it costs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from .ecg import judge, pairs
from .export import export
from .fitting import apply, fit
from .network import UNet1D, UNet1DConfig, receptive_field
from .speech import SpeechConfig, SpeechUNet1D
from .tables import Table, write

EXACT = "exact textbook (width 64)"
MARKS = {True: "s", False: "o"}


def multiply_adds(config: UNet1DConfig, length: int) -> int:
    """Multiply-adds of all convolutions for a frame of `length` samples."""
    total = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv1d):
            total += made[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.ConvTranspose1d):
            total += given[0][0].numel() * module.weight[0].numel()

    net = UNet1D(config).eval()
    for module in net.modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            module.register_forward_hook(count)
    with torch.no_grad():
        net(torch.zeros(1, 1, length))
    return total


def session(config: SpeechConfig) -> onnxruntime.InferenceSession:
    """ONNX Runtime with a network of this shape, on one thread."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        path = Path(folder) / "m.onnx"
        export(SpeechUNet1D(config), path, {})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(str(path), options)


def runtime_ms(configs: dict[str, SpeechConfig], runs: int) -> dict[str, float]:
    """CPU time in ms that ONNX Runtime takes for one window, the 10th percentile of `runs`.

    The networks take turns, so that what else the machine does falls on all of them alike.
    """
    sessions = {name: session(config) for name, config in configs.items()}
    frames = {name: np.zeros((1, 1, config.window), np.float32) for name, config in configs.items()}
    times: dict[str, list[float]] = {name: [] for name in configs}
    for _ in range(runs + 3):
        for name, run in sessions.items():
            begun = time.process_time()
            run.run(None, {"frame": frames[name]})
            times[name].append(time.process_time() - begun)
    return {name: 1000 * float(np.percentile(taken[3:], 10)) for name, taken in times.items()}


def variants(width: int) -> dict[str, UNet1DConfig]:
    """The textbook's own form, and its options at a width, alone and together."""
    exact, base = UNet1DConfig(), UNet1DConfig(width=width)
    everything: dict[str, Any] = {"attention": "both", "residual": True, "separable": True}
    return {
        EXACT: exact,
        f"{EXACT}, separable": replace(exact, separable=True),
        f"{EXACT}, all of them": replace(exact, **everything),
        f"plain, width {width}": base,
        "squeeze-and-excitation in skips": replace(base, attention="skips"),
        "squeeze-and-excitation in bottleneck": replace(base, attention="bottleneck"),
        "residual": replace(base, residual=True),
        "separable": replace(base, separable=True),
        "all of them": replace(base, **everything),
        "half the width": replace(base, width=width // 2),
        "depth 5": replace(base, depth=5),
        "depth 5, all of them": replace(base, depth=5, **everything),
    }


def learnt(config: UNet1DConfig, steps: int, batch: int, unseen: int, seed: int) -> float:
    """SNR gain in dB on unseen examples of a network trained with a seed."""
    net = fit(config, lambda rng: pairs(rng, batch), nn.functional.mse_loss, steps, seed)
    noisy, clean = pairs(np.random.default_rng([seed, 2**31]), unseen)
    return judge(clean, apply(net, noisy))[1] - judge(clean, noisy)[1]


def told(gains: list[float]) -> str:
    """The mean gain, and where seeds differ the least and the most."""
    spread = f" ({min(gains):.1f} to {max(gains):.1f})" if len(gains) > 1 else ""
    return f"{np.mean(gains):.1f}{spread}"


def draw_picture(path: Path, points: dict[str, tuple[float, float]]) -> None:
    """Gain in dB over million multiply-adds a second, a point for each network."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axis = plt.subplots(figsize=(10, 5), layout="constrained")
    for name, (work, gain) in points.items():
        axis.plot(work, gain, MARKS[name.startswith(EXACT)], label=name)
    axis.set(xscale="log", xlabel="million multiply-adds a second", ylabel="SNR gain (dB)")
    ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    axis.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axis.minorticks_off()
    works = [work for work, _ in points.values()]
    axis.set_xlim(0.7 * min(works), 1.4 * max(works))
    axis.grid(alpha=0.3)
    fig.legend(loc="outside right upper", fontsize=8)
    fig.savefig(path, dpi=100)
    plt.close(fig)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--steps", type=int, default=300)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    ap.add_argument("--unseen", type=int, default=200, help="examples that are judged")
    ap.add_argument("--runs", type=int, default=100, help="windows whose time is taken")
    ap.add_argument("--picture", type=Path, default=Path("options.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    torch.set_num_threads(1)
    seeds = range(a.seed, a.seed + a.seeds)
    said = f"Electrocardiograms, {a.steps} steps of {a.batch} examples each, seeds {', '.join(map(str, seeds))}."
    print(said)
    table = Table(
        "",
        "parameters",
        "receptive field",
        "million MAC/s",
        f"CPU ms a window of {SpeechConfig().window}",
        "SNR gain (dB)",
    )
    points = {}
    shapes = {name: SpeechConfig(**vars(config)) for name, config in variants(a.width).items()}
    costs = runtime_ms(shapes, a.runs)
    for name, config in variants(a.width).items():
        speech = shapes[name]
        gains = [learnt(config, a.steps, a.batch, a.unseen, seed) for seed in seeds]
        work = multiply_adds(config, speech.window) * speech.sample_rate / speech.hop / 1e6
        reach = receptive_field(config) or "the window"
        size = sum(p.numel() for p in UNet1D(config).parameters())
        table.row(name, f"{size:,}", str(reach), f"{work:,.0f}", f"{costs[name]:.2f}", told(gains))
        points[name] = (work, float(np.mean(gains)))
    draw_picture(a.picture, points)
    print(a.picture)
    write(a.table, said, table)


if __name__ == "__main__":
    main()
