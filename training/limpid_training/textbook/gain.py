"""What models gain on speech: `python -m limpid_training.textbook.gain --limpid PROGRAM --model FILE`.

Runs the program on voices in noise at -5, 0, 5 and 10 dB and prints the mean gain in signal-to-noise ratio; without
`--set` on the demo recording. All models hear the same mixtures at 16 kHz and are judged up to 8 kHz. A real-time
factor is the program's CPU time for a second of sound, start and loading included.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from .tables import Table, write

Signal = NDArray[np.float32]
RATE, PAUSE = 16_000, 8000
SNRS = (-5, 0, 5, 10)
DEMO = Path(__file__).resolve().parents[3] / "assets" / "demo"


@dataclass(frozen=True)
class Example:
    """A voice and a noise of one length at 16 kHz."""

    voice: Signal
    noise: Signal

    def at(self, snr: float) -> Signal:
        """Both together, the noise brought to a ratio in dB; the same scale for the voice at every ratio."""
        ratio = np.sum(self.voice**2) / (np.sum(self.noise**2) + 1e-12)
        return self.voice + self.noise * np.float32(np.sqrt(ratio * 10 ** (-snr / 10)))


def read(path: Path) -> Signal:
    """A mono recording, at 16 kHz."""
    x, rate = soundfile.read(path, dtype="float32")
    return np.asarray(resample_poly(x, RATE // 100, rate // 100), np.float32)


def in_rooms(folder: Path) -> set[str]:
    """Names of a set's mixtures that have a reverberation time in `meta.csv`."""
    path = folder / "meta.csv"
    if not path.exists():
        return set()
    with path.open(newline="") as f:
        return {row["name"] for row in csv.DictReader(f) if row.get("t60")}


def examples(folder: Path | None) -> list[Example]:
    """Voices and noises of `noisy/NAME.flac` and `clean/NAME.flac`, or the demo's.

    Those without a voice are left out, and those in rooms: what is not the voice there is its echo too.
    """
    if folder is None:
        pairs = [(read(DEMO / "mixture.wav"), read(DEMO / "mixture-clean.wav"))]
    else:
        rooms = in_rooms(folder)
        found = [p for p in sorted((folder / "clean").glob("*.flac")) if p.stem not in rooms]
        if not found:
            raise SystemExit(f"no clean/*.flac outside rooms in {folder}; give a folder with noisy/ and clean/")
        pairs = [(read(folder / "noisy" / p.name), read(p)) for p in found]
    made = [Example(clean, noisy - clean) for noisy, clean in pairs]
    return [e for e in made if e.voice.any() and np.sum(e.noise**2) > 1e-6 * np.sum(e.voice**2)]


def ratio(clean: Signal, estimate: Signal) -> float:
    """Signal-to-noise ratio in dB; not invariant to scale."""
    return float(10 * np.log10(np.sum(clean**2) / (np.sum((clean - estimate) ** 2) + 1e-12)))


def enhanced(limpid: Path, model: str, noisy: list[Signal]) -> tuple[list[Signal], float]:
    """What the program makes of signals, one after another in one file; and CPU seconds for a second of sound."""
    pause = np.zeros(PAUSE, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "in.wav", Path(folder) / "out.wav"
        joined = np.concatenate([part for x in noisy for part in (x, pause)])
        soundfile.write(source, joined, RATE, subtype="FLOAT")
        faders = ["--voice", "0", "--background", "silent"]
        begun = os.times()
        command = [str(limpid), "enhance", str(source), "--model", model, *faders, "--output", str(result), "--quiet"]
        if code := subprocess.run(command).returncode:
            raise SystemExit(f"the program stopped with code {code} at the model {model}: see its message above")
        ended = os.times()
        taken = ended.children_user - begun.children_user + ended.children_system - begun.children_system
        y = soundfile.read(result, dtype="float32")[0]
    starts = np.cumsum([0, *(len(x) + PAUSE for x in noisy[:-1])])
    return [y[s : s + len(x)] for s, x in zip(starts, noisy, strict=True)], taken * RATE / len(joined)


def draw_picture(path: Path, gains: dict[str, list[float]], example: Example, rows: dict[str, Signal]) -> None:
    """Gains over the mixture's ratio, and spectrograms of the first example at 0 dB."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    shown = {"noisy, 0 dB": example.at(0), **rows, "clean": example.voice}
    size = (10, 3.2 + 2.2 * len(shown))
    fig, axes = plt.subplots(
        1 + len(shown), 1, figsize=size, height_ratios=[1.4] + [1] * len(shown), layout="constrained"
    )
    for name, values in gains.items():
        axes[0].plot(SNRS, values, "o-", label=name)
    axes[0].axhline(0, color="0.6", lw=0.8)
    axes[0].set(xlabel="SNR of the mixture (dB)", ylabel="gain (dB)", xticks=SNRS)
    axes[0].legend()
    for axis, (name, x) in zip(axes[1:], shown.items(), strict=True):
        axis.specgram(x + 1e-9, 512, RATE, noverlap=384, vmin=-120, vmax=-30)
        axis.set(title=name, ylabel="Hz")
    axes[-1].set_xlabel("seconds")
    fig.savefig(path, dpi=100)
    plt.close(fig)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--limpid", type=Path, required=True, help="the program")
    ap.add_argument("--model", action="append", required=True, help="a model's file or name; may be repeated")
    ap.add_argument("--set", type=Path, help="folder with noisy/ and clean/")
    ap.add_argument("--picture", type=Path, default=Path("speech.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    found = examples(a.set)
    seconds = sum(len(e.voice) for e in found) / RATE
    said = f"{len(found)} examples at {RATE} Hz, {seconds:.0f} s; mean SNR gain in dB over mixtures of these ratios."
    print(said)
    table = Table("model", *(f"{s} dB" for s in SNRS), "real-time factor")
    gained, shown = {}, {}
    for model in a.model:
        means, times, name = [], [], Path(model).stem
        for snr in SNRS:
            out, taken = enhanced(a.limpid, model, [e.at(snr) for e in found])
            gains = [ratio(e.voice, y) - ratio(e.voice, e.at(snr)) for e, y in zip(found, out, strict=True)]
            means.append(float(np.mean(gains)))
            times.append(taken)
            if snr == 0:
                shown[name] = out[0]
        gained[name] = means
        table.row(name, *(f"{m:+.1f}" for m in means), f"{np.median(times):.3f}")
    draw_picture(a.picture, gained, found[0], shown)
    print(a.picture)
    write(a.table, said, table)


if __name__ == "__main__":
    main()
