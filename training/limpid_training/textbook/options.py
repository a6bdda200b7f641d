"""Compares the options of the textbook UNet1D on one task and seed: `python -m limpid_training.textbook.options`.

The task is the electrocardiograms of `ecg`. What a network costs is told for sound: multiply-adds a second at 16 kHz
with windows that overlap by half, and the CPU time that ONNX Runtime takes for one window on one thread. The picture
shows what is gained for what it costs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

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


def runtime_ms(config: SpeechConfig, runs: int) -> float:
    """Median CPU time in ms that ONNX Runtime takes for one window on one thread, in a loop."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        path = Path(folder) / "m.onnx"
        export(SpeechUNet1D(config), path, {})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options)
    frame = np.zeros((1, 1, config.window), np.float32)
    times = []
    for _ in range(runs + 3):
        begun = time.process_time()
        session.run(None, {"frame": frame})
        times.append(time.process_time() - begun)
    return 1000 * float(np.median(times[3:]))


def variants(width: int) -> dict[str, UNet1DConfig]:
    """The options, alone and together."""
    base = UNet1DConfig(width=width)
    return {
        "textbook": base,
        "squeeze-and-excitation in skips": replace(base, attention="skips"),
        "squeeze-and-excitation in bottleneck": replace(base, attention="bottleneck"),
        "residual": replace(base, residual=True),
        "separable": replace(base, separable=True),
        "all of them": replace(base, attention="both", residual=True, separable=True),
        "half the width": replace(base, width=width // 2),
        "depth 5": replace(base, depth=5),
        "depth 5, all of them": replace(base, depth=5, attention="both", residual=True, separable=True),
    }


def draw_picture(path: Path, points: dict[str, tuple[float, float]]) -> None:
    """Gain in dB over million multiply-adds a second, a point for each network."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, axis = plt.subplots(figsize=(9, 5), layout="constrained")
    for name, (work, gain) in points.items():
        axis.plot(work, gain, "o", label=name)
    axis.set(xscale="log", xlabel="million multiply-adds a second", ylabel="SNR gain (dB)")
    ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10_000]
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
    ap.add_argument("--runs", type=int, default=100, help="windows whose time is taken")
    ap.add_argument("--picture", type=Path, default=Path("options.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    torch.set_num_threads(1)
    noisy, clean = pairs(np.random.default_rng([a.seed, 2**31]), 200)
    before = judge(clean, noisy)[1]
    said = f"Width {a.width}, electrocardiograms, seed {a.seed}, {a.steps} steps of {a.batch} examples each."
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
    for name, config in variants(a.width).items():
        speech = SpeechConfig(**vars(config))
        net = fit(config, lambda rng: pairs(rng, a.batch), nn.functional.mse_loss, a.steps, a.seed)
        gain = judge(clean, apply(net, noisy))[1] - before
        work = multiply_adds(config, speech.window) * speech.sample_rate / speech.hop / 1e6
        reach = receptive_field(config) or "the window"
        size = sum(p.numel() for p in net.parameters())
        cost = runtime_ms(speech, a.runs)
        table.row(name, f"{size:,}", str(reach), f"{work:,.0f}", f"{cost:.2f}", f"{gain:.1f}")
        points[name] = (work, gain)
    draw_picture(a.picture, points)
    print(a.picture)
    write(a.table, said, table)


if __name__ == "__main__":
    main()
