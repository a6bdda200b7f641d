"""Widens a trained network: `python -m limpid_training.grow OLD.pt NEW.pt --wide 320`.

The GRU that sees all frequencies gets more units. The new ones are heard by nobody at first, so the wider network
computes what the old one did, and training (`--start NEW.pt`) goes on from there: Chen, Goodfellow and Shlens,
"Net2Net: Accelerating learning via knowledge transfer", ICLR 2016.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from . import checkpoint
from .spectral import SpectralConfig, SpectralUNet1d

GATES = 3
"""Of a GRU, in one matrix."""


def widened(old: dict[str, Tensor], shape: SpectralConfig, wide: int) -> tuple[dict[str, Tensor], SpectralConfig]:
    """Weights and shape of the wider network.

    Args:
        old: weights and buffers of the network, by name.
        shape: its shape.
        wide: units that the wide GRU shall have.

    Raises:
        ValueError: the network has no wide GRU, or as many units already.
    """
    if not 0 < shape.wide < wide:
        raise ValueError(f"a wide GRU of {shape.wide} units does not grow to {wide}")
    new_shape = replace(shape, wide=wide)
    new = SpectralUNet1d(new_shape).state_dict()
    n = shape.wide
    for name, value in new.items():
        before = old[name]
        if before.shape == value.shape:
            value.copy_(before)
        elif name == "wide.expand.weight":
            value.zero_()
            value[:, :n] = before
        elif name.startswith("wide.gru"):
            gates, source = value.unflatten(0, (GATES, wide)), before.unflatten(0, (GATES, n))
            if gates.dim() == GATES:
                gates[:, :n] = 0  # the old units do not hear the new ones
                gates[:, :n, :n] = source
            else:
                gates[:, :n] = source
        else:
            value[:n] = before
    return new, new_shape


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("old", type=Path)
    ap.add_argument("new", type=Path)
    ap.add_argument("--wide", type=int, required=True, help="units of the GRU that sees all frequencies")
    ap.add_argument("--seed", type=int, default=1, help="of the new units' weights")
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    content = checkpoint.load(a.old)
    average, shape = widened(content["average"], SpectralConfig.from_dict(content["shape"]), a.wide)
    kept = {k: v for k, v in content.items() if k in ("step", "cpu_hours", "train")}
    torch.save({**kept, "average": average, "shape": shape.to_dict()}, a.new)


if __name__ == "__main__":
    main()
