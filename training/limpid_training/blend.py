"""The mean of two trained networks of one shape: `python -m limpid_training.blend A.pt B.pt OUT.pt --share 0.5`.

Where one was trained on from the other, what lies between both often keeps the strengths of each: Wortsman et al.,
"Robust fine-tuning of zero-shot models", CVPR 2022. The result holds averaged weights alone, enough to export and to
begin another run with `--start`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from . import checkpoint


def blended(a: dict[str, Tensor], b: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights and buffers between those of `a` (share 0) and of `b` (share 1); what is no fraction is that of `b`.

    Raises:
        ValueError: the networks have other names or shapes.
    """
    if {k: v.shape for k, v in a.items()} != {k: v.shape for k, v in b.items()}:
        raise ValueError("the two networks are not of one shape")
    return {k: a[k].lerp(v, share) if v.is_floating_point() else v for k, v in b.items()}


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("a", type=Path)
    ap.add_argument("b", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--share", type=float, default=0.5, help="of the second (%(default)s)")
    a = ap.parse_args()
    first, second = checkpoint.load(a.a), checkpoint.load(a.b)
    facts = {k: second[k] for k in ("shape", "step", "cpu_hours")}
    torch.save({**facts, "average": blended(first["average"], second["average"], a.share)}, a.out)


if __name__ == "__main__":
    main()
