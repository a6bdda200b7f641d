"""The mean of two trained networks of one shape: `python -m limpid_training.blend A.pt B.pt OUT.pt --share 0.5`.

Where one was trained on from the other, what lies between both often keeps the strengths of each: Wortsman et al.,
"Robust fine-tuning of zero-shot models", CVPR 2022. The result holds averaged weights alone, enough to export and to
begin another run with `--start`. Networks with a narrow wide GRU may have other combinations of channels, so they are
given all channels first; `begin --narrow` makes the result narrow again. Those of one run have the same, and `--alike`
blends them as they are. `--own` takes of the first what it stands at, not its average.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import checkpoint
from .begin import unnarrowed
from .spectral import SpectralConfig


def blended(a: dict[str, Tensor], b: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights and buffers between those of `a` (share 0) and of `b` (share 1); what is no fraction is that of `b`.

    Raises:
        ValueError: the networks have other names or shapes.
    """
    if {k: v.shape for k, v in a.items()} != {k: v.shape for k, v in b.items()}:
        raise ValueError("the two networks are not of one shape")
    return {k: a[k].lerp(v, share) if v.is_floating_point() else v for k, v in b.items()}


def on_all_channels(content: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint whose averaged weights and shape have no narrow wide GRU."""
    shape = SpectralConfig.from_dict(content["shape"])
    average = unnarrowed(content["average"], shape)
    return content | {"average": average, "shape": replace(shape, narrow=0).to_dict()}


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("a", type=Path)
    ap.add_argument("b", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--share", type=float, default=0.5, help="of the second (%(default)s)")
    ap.add_argument("--own", action="store_true", help="of the first the weights themselves, not their average")
    ap.add_argument(
        "--alike", action="store_true", help="both are of one run, with the same combinations of channels (not checked)"
    )
    a = ap.parse_args()
    first, second = checkpoint.load(a.a, whole=a.own), checkpoint.load(a.b)
    if a.own:
        first["average"] = first["model"]
    if not a.alike:
        first, second = on_all_channels(first), on_all_channels(second)
    if SpectralConfig.from_dict(first["shape"]) != SpectralConfig.from_dict(second["shape"]):
        raise SystemExit(f"{a.a} and {a.b} are networks of two shapes; a blend needs two of one")
    facts = {k: second[k] for k in ("shape", "step", "cpu_hours")}
    torch.save({**facts, "average": blended(first["average"], second["average"], a.share)}, a.out)


if __name__ == "__main__":
    main()
