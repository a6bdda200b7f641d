"""What models gain on speech: `python -m limpid_training.textbook.gain`.

Runs the program on voices in noise at -5, 0, 5 and 10 dB and prints the signal-to-noise ratio that comes out and the
gain; on nine recordings that ship with the project, none of which the models know, or on those of `--set`. All models
hear the same mixtures at 16 kHz and are judged up to 8 kHz. A real-time factor is the program's CPU time for a second
of sound, start and loading included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import get_args

import numpy as np
import soundfile

from .mixtures import RATE, ROOT, SNRS, Example, Signal, Which, examples, ratio
from .tables import Table, write

PAUSE = 8000
BUILT = tuple(ROOT / "target" / form / "limpid" for form in ("release", "debug"))


def program(asked: Path | None) -> Path:
    """The program: what is asked for, or the one on the path, or the one that cargo has built here."""
    if asked:
        return asked
    found = shutil.which("limpid")
    there = [Path(found)] if found else [path for path in BUILT if path.exists()]
    if not there:
        raise SystemExit(
            "there is no program limpid on the path nor in target; "
            "build it with `cargo build --release -p limpid`, or say with --limpid where it is"
        )
    return there[0]


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


def told(snr: float, gains: list[float]) -> str:
    """The mean ratio that comes out of mixtures of a ratio, the gain, and the gain's standard error."""
    mean = float(np.mean(gains))
    error = f" ± {np.std(gains, ddof=1) / len(gains) ** 0.5:.1f}" if len(gains) > 1 else ""
    return f"{snr + mean:.1f} ({mean:+.1f}{error})"


def by_noise(found: list[Example], at_0_db: dict[str, list[float]]) -> Table:
    """Prints the mean gain of each model under each kind of noise."""
    table = Table("noise", "mixtures", *at_0_db)
    for kind in sorted({e.kind for e in found}):
        chosen = [n for n, e in enumerate(found) if e.kind == kind]
        means = (np.mean([gains[n] for n in chosen]) for gains in at_0_db.values())
        table.row(kind or "unknown", str(len(chosen)), *(f"{m:+.1f}" for m in means))
    return table


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
        axis.specgram(x + 1e-9, NFFT=512, Fs=RATE, noverlap=384, vmin=-120, vmax=-30)
        axis.set(title=name, ylabel="Hz")
    axes[-1].set_xlabel("seconds")
    fig.savefig(path, dpi=100)
    plt.close(fig)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--limpid", type=Path, help="the program (default: on the path, else as cargo built it here)")
    ap.add_argument("--model", action="append", help="a model's file or name; may be repeated (textbook-narrow)")
    ap.add_argument("--set", type=Path, help="folder with noisy/ and clean/")
    ap.add_argument("--which", choices=get_args(Which), default="dry", help="mixtures of the set (dry)")
    ap.add_argument("--picture", type=Path, default=Path("speech.png"))
    ap.add_argument("--table", type=Path, help="Markdown file for what is printed")
    a = ap.parse_args()
    limpid, found = program(a.limpid), examples(a.set, a.which)
    seconds = sum(len(e.voice) for e in found) / RATE
    said = (
        f"{len(found)} examples at {RATE} Hz, {seconds:.0f} s. For mixtures of each ratio: the mean ratio that comes "
        "out, and in brackets the gain and its standard error, in dB."
    )
    print(said)
    table = Table("model", *(f"{s} dB" for s in SNRS), "real-time factor")
    gained: dict[str, list[float]] = {}
    shown: dict[str, Signal] = {}
    at_0_db: dict[str, list[float]] = {}
    for model in a.model or ["textbook-narrow"]:
        cells, times, name = [], [], Path(model).stem
        gained[name] = []
        for snr in SNRS:
            out, taken = enhanced(limpid, model, [e.at(snr) for e in found])
            gains = [ratio(e.voice, y) - ratio(e.voice, e.at(snr)) for e, y in zip(found, out, strict=True)]
            gained[name].append(float(np.mean(gains)))
            cells.append(told(snr, gains))
            times.append(taken)
            if snr == 0:
                shown[name], at_0_db[name] = out[0], gains
        table.row(name, *cells, f"{np.median(times):.3f}")
    print("Gain at 0 dB by the noise:")
    kinds = by_noise(found, at_0_db)
    draw_picture(a.picture, gained, found[0], shown)
    print(a.picture)
    write(a.table, said, table, "Gain at 0 dB by the noise:", kinds)


if __name__ == "__main__":
    main()
