"""The mean of trained networks of one shape: `python -m limpid_training.blend A.pt B.pt C.pt OUT.pt --share 3 2 3`.

Where one was trained on from the other, what lies between both often keeps the strengths of each: Wortsman et al.,
"Robust fine-tuning of zero-shot models", CVPR 2022; of more than two: the same, "Model soups", ICML 2022. The result
holds averaged weights alone, enough to export and to begin another run with `--start`. Networks with a narrow wide GRU
may have other combinations of channels, so they are given all channels first; `begin --narrow` makes the result narrow
again. Those of one run have the same, and `--alike` blends them as they are. `--own` takes of the first what it stands
at, not its average.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import checkpoint
from .begin import unnarrowed
from .spectral import SpectralConfig


def blended(networks: Sequence[dict[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    """The mean of weights and buffers, each network by its share; what is no fraction is that of the last.

    Args:
        networks: states of networks of one shape.
        shares: one each; their sum counts as the whole.

    Raises:
        ValueError: the networks have other names or shapes, or the shares are not one each or have no sum.
    """
    *_, last = networks
    shapes = {k: v.shape for k, v in last.items()}
    if any({k: v.shape for k, v in n.items()} != shapes for n in networks):
        raise ValueError("the networks are not of one shape")
    whole = sum(shares)
    if len(shares) != len(networks) or not (whole > 0 and math.isfinite(whole)):
        raise ValueError(f"{len(networks)} networks need a share each, with a sum above zero; there are {shares}")

    def mean(name: str) -> Tensor:
        parts = [n[name].double() * (share / whole) for n, share in zip(networks, shares, strict=True)]
        return torch.stack(parts).sum(0).to(last[name].dtype)

    return {k: mean(k) if v.is_floating_point() else v for k, v in last.items()}


def on_all_channels(content: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint whose averaged weights and shape have no narrow wide GRU."""
    shape = SpectralConfig.from_dict(content["shape"])
    average = unnarrowed(content["average"], shape)
    return content | {"average": average, "shape": replace(shape, narrow=0).to_dict()}


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("networks", type=Path, nargs="+", help="checkpoints, two or more")
    ap.add_argument("out", type=Path)
    ap.add_argument(
        "--share",
        type=float,
        nargs="+",
        help="behind the files: of the second of two, or one each (default: as much of all)",
    )
    ap.add_argument("--own", action="store_true", help="of the first the weights themselves, not their average")
    ap.add_argument(
        "--alike", action="store_true", help="all are of one run, with the same combinations of channels (not checked)"
    )
    a = ap.parse_args()
    if len(a.networks) < 2:
        raise SystemExit("a blend needs two networks at least, and then the file that it is written to")
    if a.out.exists():
        raise SystemExit(f"{a.out} is there already; the last name is that of the new file")
    shares = a.share or [1.0] * len(a.networks)
    if len(shares) == 1 and len(a.networks) == 2:
        shares = [1 - shares[0], shares[0]]
    try:
        contents = [checkpoint.load(path, whole=a.own and i == 0) for i, path in enumerate(a.networks)]
        if a.own:
            contents[0]["average"] = contents[0]["model"]
        if not a.alike:
            contents = [on_all_channels(c) for c in contents]
        shape = SpectralConfig.from_dict(contents[-1]["shape"])
        for path, content in zip(a.networks, contents, strict=True):
            if SpectralConfig.from_dict(content["shape"]) != shape:
                raise ValueError(f"{path} and {a.networks[-1]} are networks of two shapes; a blend needs one shape")
        average = blended([c["average"] for c in contents], shares)
    except ValueError as e:
        raise SystemExit(str(e)) from e
    facts = {k: contents[-1][k] for k in ("shape", "step", "cpu_hours")}
    torch.save({**facts, "average": average}, a.out)


if __name__ == "__main__":
    main()
