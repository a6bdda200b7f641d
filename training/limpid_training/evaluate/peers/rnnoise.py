"""RNNoise 0.2 (Valin, second generation, BSD-3-Clause): hops of 10 ms, a frame of look-ahead, 48 kHz.

The library in the package is built without AVX2, so its time is an upper bound.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np

from ...metrics import Signal
from ...packages import packaged

HOP = 480
FULL_SCALE = np.float32(32768)
"""The library takes floats on the scale of 16-bit samples."""


class Rnnoise:
    """The library through its C interface."""

    rate = 48_000

    def __init__(self) -> None:
        path = packaged("pyrnnoise", "**/librnnoise.*", "pyrnnoise==0.4.5")
        self.library = ctypes.CDLL(str(path))
        self.library.rnnoise_create.restype = ctypes.c_void_p

    def stream(self) -> Callable[[Signal], Signal]:
        """A fresh state."""
        state = ctypes.c_void_p(self.library.rnnoise_create(None))
        floats = ctypes.POINTER(ctypes.c_float)

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(noisy * FULL_SCALE, (0, -len(noisy) % HOP)).astype(np.float32)
            out = np.zeros_like(x)
            for at in range(0, len(x), HOP):
                hop, enhanced = x[at:].ctypes.data_as(floats), out[at:].ctypes.data_as(floats)
                self.library.rnnoise_process_frame(state, enhanced, hop)
            self.library.rnnoise_destroy(state)
            return out / FULL_SCALE

        return enhance


load = Rnnoise
