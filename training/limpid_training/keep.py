"""Makes a checkpoint that is small enough to keep: `python -m limpid_training.keep RUN/checkpoint.pt KEPT.pt`.

Of a run that is finished, only the averaged weights are left, in 16 bits. That is enough to export the model, and to
begin another run with `--start`; the run itself can only go on from its own checkpoint.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch

from . import checkpoint


def reduced(content: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint's facts and average; large matrices in 16 bits, all else in full, as are constants of one value."""
    left_out = ("model", "optimizer", "torch_random")
    kept = {k: v for k, v in content.items() if k not in left_out}
    many = {k: v for k, v in content["average"].items() if v.dim() > 1 and v.numel() > 1}
    return {**kept, "average": {**content["average"], **{k: v.half() for k, v in many.items()}}}


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("kept", type=Path)
    a = ap.parse_args()
    part = a.kept.with_suffix(".part")
    torch.save(reduced(checkpoint.load(a.checkpoint)), part)
    part.replace(a.kept)
    print(f"{a.kept}: {a.kept.stat().st_size / 1e6:.2f} MB of {a.checkpoint.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
