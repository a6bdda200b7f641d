"""Runs a spectral model file hop by hop, as the engine does."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from limpid_training.frames import Frames

Values = NDArray[np.float32]


def session(path: Path, hops: int) -> onnxruntime.InferenceSession:
    """A session of one thread with the number of hops a call fixed."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("hops", hops)
    return onnxruntime.InferenceSession(str(path), options)


def filters(path: Path, spectra: Values, hops: int) -> tuple[Values, dict[str, Values]]:
    """Filters [frames, K, 2, bins] of spectra [frames, 2, bins], `hops` a call, and the last states."""
    run = session(path, hops)
    states = {i.name: np.zeros(i.shape, np.float32) for i in run.get_inputs() if i.name != "spectrum"}
    names, parts = [o.name for o in run.get_outputs()], []
    for t in range(0, len(spectra) // hops * hops, hops):
        out = dict(zip(names, run.run(None, {"spectrum": spectra[t : t + hops], **states}), strict=True))
        parts.append(out["filter"])
        states = {s: out["next." + s.removeprefix("state.")] for s in states}
    return np.concatenate(parts), states


def spectra_of(signal: torch.Tensor, frames: Frames, bins: int) -> Values:
    """Spectra [frames, 2, bins] of a signal [1, samples] at any rate; bins above its Nyquist frequency are zero."""
    spectrum = frames.analyse(signal)[0]
    kept = torch.nn.functional.pad(torch.view_as_real(spectrum), (0, 0, 0, max(0, bins - frames.bins)))[:, :bins]
    return kept.transpose(1, 2).contiguous().numpy()
