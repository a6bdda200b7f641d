"""DNSMOS: what listeners would say of a signal without a reference, by the published networks.

P.835 rates speech, background and both together (Reddy, Gopal and Cutler, ICASSP 2022), P.808 quality in one number
(the same, "DNSMOS: A non-intrusive perceptual objective speech quality metric to evaluate noise suppressors", ICASSP
2021). The two are separate networks: of a model that was trained to please the one, the other is the fairer judge.
Weights under the MIT licence, out of the package speechmos.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .data import Signal
from .packages import packaged, session

REQUIREMENT = "speechmos==0.0.1.1"
RATE = 16_000
LENGTH = 144_160
"""Samples that the networks listen to: 9.01 s. They move on by a second."""
FITS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""The published fits a y^2 + b y + c of P.835's answers: speech, background, both."""
FRAME, HOP, MELS = 321, 160, 120
"""Of P.808's spectrogram: samples, samples, bands."""


def published(name: str) -> Path:
    """One of the published networks: "sig_bak_ovr" (P.835) or "model_v8" (P.808).

    Raises:
        PackageMissingError: the package with it is not installed.
    """
    return packaged("speechmos", f"dnsmos_models/{name}.onnx", REQUIREMENT)


@cache
def mel_filters() -> NDArray[np.float64]:
    """Weights [bins, bands] of triangles of equal area, evenly spaced in mel up to 8 kHz (Slaney, 1998).

    The scale is even in Hz up to 1 kHz, three steps to 200 Hz; above it grows by 6.4 in 27 steps.
    """
    least, step = 15.0, np.log(6.4) / 27  # 1 kHz in mel; growth a mel
    top = least + np.log(RATE / 2 / 1000) / step
    mel = np.linspace(0, top, MELS + 2)
    hertz = np.where(mel < least, mel * 200 / 3, 1000 * np.exp(step * (mel - least)))
    bins = np.arange(FRAME // 2 + 1)[:, None] * RATE / FRAME
    rise = (bins - hertz[:-2]) / np.diff(hertz[:-1])
    fall = (hertz[2:] - bins) / np.diff(hertz[1:])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * 2 / (hertz[2:] - hertz[:-2]))


def spectrogram(x: Signal) -> NDArray[np.float32]:
    """What P.808's network sees [frames, bands] of 16 kHz speech: level under the loudest, -40 dB is 0, 0 dB is 1."""
    n = np.arange(FRAME)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / FRAME)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, FRAME // 2), FRAME)[::HOP] * window
    power = np.maximum(np.abs(np.fft.rfft(frames)) ** 2 @ mel_filters(), 1e-10)
    db = 10 * np.log10(power / power.max())
    return np.asarray((np.maximum(db, -80) + 40) / 40, np.float32)


_network = cache(session)
"""A network, loaded once in a process."""


class Dnsmos:
    """Both judges; the networks are loaded where they are first asked, so it can be sent to another process.

    Raises:
        PackageMissingError: the package with the networks is not installed.
    """

    def __init__(self) -> None:
        self.paths = published("sig_bak_ovr"), published("model_v8")

    @staticmethod
    def pieces(speech: Signal) -> list[Signal]:
        """What the networks are asked of: 9.01 s from each second on; shorter clips are doubled until they are longer.

        As in the published program a last piece is left out that would begin with the last whole second there is.
        """
        x = np.clip(speech, -1, 1).astype(np.float32)
        while len(x) < LENGTH:
            x = np.concatenate([x, x])
        count = max(1, len(x) // RATE - LENGTH // RATE)
        return [x[at * RATE : at * RATE + LENGTH] for at in range(count)]

    def p835(self, speech: Signal) -> tuple[float, float, float]:
        """Scores of 16 kHz speech, 1 to 5: of the speech, of the background, of both."""
        raw = np.mean([self._fitted(x) for x in self.pieces(speech)], 0)
        return float(raw[0]), float(raw[1]), float(raw[2])

    def _fitted(self, x: Signal) -> NDArray[np.float64]:
        y = _network(self.paths[0]).run(None, {"input_1": x[None]})[0][0].astype(np.float64)
        return np.array([np.polyval(fit, v) for fit, v in zip(FITS, y, strict=True)])

    def p808(self, speech: Signal) -> float:
        """Score of 16 kHz speech, 1 to 5."""
        seen = [spectrogram(x[:-HOP])[None] for x in self.pieces(speech)]
        return float(np.mean([_network(self.paths[1]).run(None, {"input_1": x})[0] for x in seen]))
