"""Takes noise out of electrocardiograms: `python -m limpid_training.textbook.ecg`.

Data are made: heartbeats as sums of Gaussian waves P, Q, R, S and T at drawn rates (after McSharry et al., "A dynamical
model for generating synthetic electrocardiogram signals", IEEE TBME 50, 2003), disturbed by baseline wander, muscle
noise and mains hum. Beside the networks, the textbook's own form and one of width 16 and depth 4, stands what needs no
training: a low-pass of 40 Hz alone, and a band-pass of 0.5 to 40 Hz with a notch at 50 Hz. All are judged with each
recording's mean removed, since an electrode's offset says nothing of the heart, and filters take it away.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy.signal import butter, filtfilt, iirnotch, sosfiltfilt

from .fitting import Array, apply, fit
from .network import UNet1DConfig, receptive_field
from .tables import Table, write

RATE = 250
"""Samples a second."""
SAMPLES = 1000
WAVES = ((-0.20, 0.025, 0.15), (-0.03, 0.010, -0.12), (0.0, 0.011, 1.0), (0.03, 0.010, -0.25), (0.26, 0.045, 0.30))
"""Centre (s, relative to R), width (s) and height (mV) of P, Q, R, S, T at 60 beats a minute."""

Rng = np.random.Generator


def heart(rng: Rng, samples: int = SAMPLES) -> Array:
    """A clean electrocardiogram [samples] in mV."""
    t, x = np.arange(samples) / RATE, np.zeros(samples)
    interval = rng.uniform(0.55, 1.2)
    heights = [h * rng.uniform(0.6, 1.4) for _, _, h in WAVES]
    beat = -rng.uniform(0, interval)
    while beat < t[-1] + 1:
        for (centre, width, _), height in zip(WAVES, heights, strict=True):
            at = beat + centre * np.sqrt(interval)
            first, last = (np.clip(int((at + side * width) * RATE), 0, samples) for side in (-12, 12))
            x[first:last] += height * np.exp(-0.5 * ((t[first:last] - at) / width) ** 2)
        beat += interval * (1 + 0.04 * rng.standard_normal())
    return x.astype(np.float32)


def disturbance(rng: Rng, samples: int = SAMPLES) -> Array:
    """Baseline wander, muscle noise and mains hum [samples] in mV."""
    t = np.arange(samples) / RATE
    angle = 2 * np.pi * rng.random(5)
    wander = sum(rng.uniform(0, 0.25) * np.sin(2 * np.pi * rng.uniform(0.05, 0.5) * t + a) for a in angle[:3])
    band = butter(2, [20, 110], "bandpass", fs=RATE, output="sos")
    muscle = sosfiltfilt(band, rng.standard_normal(samples))
    swell = 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(0.2, 1) * t + angle[3])
    mains = np.sin(2 * np.pi * 50 * t + angle[4]) + 0.3 * np.sin(2 * np.pi * 100 * t + 2 * angle[4])
    x = wander + rng.uniform(0.02, 0.15) * muscle / muscle.std() * swell + rng.uniform(0.02, 0.2) * mains
    return np.asarray(x, np.float32)


def pairs(rng: Rng, count: int, samples: int = SAMPLES) -> tuple[Array, Array]:
    """Disturbed and clean electrocardiograms [count, samples]."""
    clean = np.stack([heart(rng, samples) for _ in range(count)])
    return clean + np.stack([disturbance(rng, samples) for _ in range(count)]), clean


def smoothed(noisy: Array) -> Array:
    """What a low-pass alone makes of it; forwards and backwards, so nothing is late."""
    return np.asarray(sosfiltfilt(butter(2, 40, fs=RATE, output="sos"), noisy, axis=1), np.float32)


def filtered(noisy: Array) -> Array:
    """What a band-pass and a notch make of it; forwards and backwards as well."""
    band = butter(2, [0.5, 40], "bandpass", fs=RATE, output="sos")
    b, a = iirnotch(50, 30, RATE)
    return np.asarray(filtfilt(b, a, sosfiltfilt(band, noisy, axis=1), axis=1), np.float32)


FILTERS = {"low-pass alone": smoothed, "band-pass and notch": filtered}
TEXTBOOK, ASKED = "exact textbook", "UNet1D"


def judge(clean: Array, estimate: Array) -> tuple[float, float]:
    """Mean squared error in mV^2, and the mean of the examples' signal-to-noise ratios in dB; without their means."""
    error = np.var(clean - estimate, axis=1)
    power = np.var(clean, axis=1)
    return float(error.mean()), float(np.mean(10 * np.log10(power / error)))


def centred(signals: Array) -> Array:
    """Signals [count, samples] without their means."""
    return np.asarray(signals - signals.mean(axis=1, keepdims=True), np.float32)


def draw_picture(path: Path, noisy: Array, clean: Array, rows: dict[str, Array]) -> None:
    """The first example: what went in, and what each method made of it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    t = np.arange(SAMPLES) / RATE
    noisy, clean, rows = centred(noisy), centred(clean), {name: centred(y) for name, y in rows.items()}
    fig, axes = plt.subplots(1 + len(rows), 1, figsize=(10, 2.2 * (1 + len(rows))), sharex=True, layout="constrained")
    axes[0].plot(t, noisy[0], lw=0.8)
    axes[0].set_title("disturbed")
    for axis, (name, estimate) in zip(axes[1:], rows.items(), strict=True):
        axis.plot(t, clean[0], lw=2, color="0.75", label="clean")
        axis.plot(t, estimate[0], lw=0.8, label=name)
        axis.legend(loc="upper right")
    axes[-1].set_xlabel("seconds")
    for axis in axes:
        axis.set_ylabel("mV")
    fig.savefig(path, dpi=100)
    plt.close(fig)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--depth", type=int, default=4)
    ap.add_argument("--steps", type=int, default=400)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--unseen", type=int, default=200, help="examples that are judged")
    ap.add_argument("--picture", type=Path, default=Path("ecg.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    torch.set_num_threads(1)
    noisy, clean = pairs(np.random.default_rng([a.seed, 2**31]), a.unseen)
    said = (
        f"{a.unseen} unseen examples of {SAMPLES} samples, means removed; {a.steps} steps of {a.batch}, seed {a.seed}."
    )
    print(said)
    table = Table("", "receptive field", "MSE (mV^2)", "SNR (dB)")

    def tell(name: str, reach: object, estimate: Array) -> Array:
        error, snr = judge(clean, estimate)
        table.row(name, str(reach), f"{error:.5f}", f"{snr:.1f}")
        return estimate

    tell("disturbed", "", noisy)
    rows = {name: tell(name, "", f(noisy)) for name, f in FILTERS.items()}
    for name, config in {TEXTBOOK: UNet1DConfig(), ASKED: UNet1DConfig(a.width, a.depth)}.items():
        net = fit(config, lambda rng: pairs(rng, a.batch), torch.nn.functional.mse_loss, a.steps, a.seed)
        name = f"{name}, width {config.width}, depth {config.depth}"
        rows[name] = tell(name, receptive_field(config), apply(net, noisy))
    draw_picture(a.picture, noisy, clean, rows)
    print(a.picture)
    write(a.table, said, table)


if __name__ == "__main__":
    main()
