"""What a peer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ...data import Signal


class Peer(Protocol):
    """A suppressor."""

    rate: int
    """Sample rate in Hz."""

    def stream(self) -> Callable[[Signal], Signal]:
        """A stream at its start; the function enhances a whole signal at `rate`, hop by hop where the peer can."""
