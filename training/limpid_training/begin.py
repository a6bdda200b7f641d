"""Begins a network from a trained one of another shape: `python -m limpid_training.begin OLD.pt NEW.pt --wide 320`.

The GRU that sees all frequencies may get more units, a level memories of its own, the filter more taps, the features
the advance of the phase. What is new is heard by nobody at first, so the larger network computes what the old one did,
and training goes on from there: Chen, Goodfellow and Shlens, "Net2Net: Accelerating learning via knowledge transfer",
ICLR 2016. Memories of a level may be taken out again. The wide GRU may hear and answer on a few combinations of each
band's channels, those in which its matrices are largest, or on all channels again. Frames may get another hop or
synthesis window: the weights are taken over, with memories that forget about as much in a second as before, and the
filter's factors for frames as long ago as before; what lies further back than its taps is dropped.

A run begins from NEW.pt (`--start`) with its averaged weights and an optimiser that knows nothing. With `--whole`,
NEW.pt is a whole checkpoint, with what the optimiser knew of the weights that keep their shape; as checkpoint.pt in a
folder of its own, `--run` goes on from it.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import checkpoint
from .spectral import SpectralConfig, SpectralUNet1d

GATES = 3
"""Of a GRU, in one matrix."""
MASK = 3
"""Channels of the head that are the mask; two more for each frame before."""
FREE = ("wide", "narrow", "fine", "taps", "advance", "hop_ms", "synthesis_ms")
"""Parts of a shape that may change."""


def begun(
    old: dict[str, Tensor], shape: SpectralConfig, wanted: SpectralConfig, like: dict[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Weights and buffers of a network of the shape wanted, by name.

    Args:
        old: those of the trained network.
        shape: its shape.
        wanted: the same but for `wide` and `taps`, which are no smaller, `narrow`, while `wide` stays, `advance`,
            `fine`, and the frames.
        like: weights of another network of the same shape as `old`, whose combinations of channels are taken; a
            network and its average have to have the same ones, or what lies between both means nothing.

    Raises:
        ValueError: the shapes differ in more than that.
    """
    alike = replace(wanted, **{k: getattr(shape, k) for k in FREE}) == shape
    grows = wanted.taps >= shape.taps and wanted.advance >= shape.advance
    fine = 0 in (shape.fine, wanted.fine) or shape.fine == wanted.fine
    widens = 0 < shape.wide < wanted.wide and wanted.narrow == shape.narrow
    narrows = wanted.narrow == shape.narrow or (shape.wide > 0 and 0 <= wanted.narrow <= shape.channels[-1])
    if not (alike and grows and fine and narrows and (wanted.wide == shape.wide or widens)):
        raise ValueError(f"a network cannot begin as {wanted} from {shape}")
    new, n = SpectralUNet1d(wanted).state_dict(), shape.wide
    if wanted.narrow != shape.narrow:
        old = unnarrowed(old, shape)
        if wanted.narrow:
            old = old | narrowed(old, wanted, combinations(old if like is None else unnarrowed(like, shape), wanted))
    for name, value in new.items():
        if name.startswith("level.") or name not in old:
            continue  # not learned, and counted in hops; or new, and heard by nobody
        before = old[name]
        if before.shape == value.shape:
            value.copy_(before)
        elif name == "wide.expand.weight":
            value.zero_()
            value[:, :n] = before
        elif name.startswith("wide.gru"):
            gates, source = value.view(GATES, wanted.wide, -1), before.view(GATES, n, -1)
            gates[:, :n] = 0  # the old units do not hear the new ones
            gates[:, :n, : source.shape[2]] = source
        elif name.startswith("head."):
            value.zero_()
            value[: len(before)] = before
        else:
            value[:n] = before
    ratio = wanted.hop_ms / shape.hop_ms
    if ratio != 1:
        for kind in ("weight", "bias"):
            new[f"head.{kind}"] = delayed(old[f"head.{kind}"], new[f"head.{kind}"], ratio)
        for name in ("shared", "fine", "wide"):
            if f"{name}.gru.weight_ih_l0" in new:
                paced(new, f"{name}.gru", ratio)
    return new


def wide_matrices(weights: dict[str, Tensor], shape: SpectralConfig) -> tuple[Tensor, Tensor]:
    """Matrices around the wide GRU: [channel, unit, band] into it, [channel, band, unit and bias] out of it."""
    squeeze = weights["wide.squeeze.weight"].reshape(shape.wide, shape.channels[-1], -1)
    expand = torch.column_stack([weights["wide.expand.weight"], weights["wide.expand.bias"]])
    return squeeze.transpose(0, 1), expand.reshape(shape.channels[-1], -1, shape.wide + 1)


def combinations(weights: dict[str, Tensor], wanted: SpectralConfig) -> tuple[Tensor, Tensor]:
    """The `narrow` combinations of channels [channel, combination] in which the matrices of the wide GRU are largest.

    They are singular vectors over all bands and units: first those that it hears, then those that it answers on.
    """
    heard, answered = (
        torch.linalg.svd(m.flatten(1), full_matrices=False).U[:, : wanted.narrow]
        for m in wide_matrices(weights, wanted)
    )
    return heard, answered


def narrowed(old: dict[str, Tensor], wanted: SpectralConfig, on: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Weights of the wide GRU, by name, that hears and answers on combinations of channels alone."""
    into, out = wide_matrices(old, wanted)
    heard, answered = on
    expanded = torch.einsum("cfu,cm->mfu", out, answered).flatten(0, 1)
    return {
        "wide.hear.weight": heard.T[:, :, None, None],
        "wide.squeeze.weight": torch.einsum("cuf,cm->umf", into, heard).flatten(1),
        "wide.expand.weight": expanded[:, :-1],
        "wide.expand.bias": expanded[:, -1],
        "wide.answer.weight": answered[:, :, None, None],
    }


def unnarrowed(old: dict[str, Tensor], shape: SpectralConfig) -> dict[str, Tensor]:
    """All weights, by name, of a network that computes the same with a wide GRU that hears all channels."""
    if not shape.narrow:
        return old
    hear, answer = (old[f"wide.{part}.weight"].flatten(1) for part in ("hear", "answer"))
    squeeze, expand = old["wide.squeeze.weight"], old["wide.expand.weight"]
    bias = old["wide.expand.bias"].reshape(shape.narrow, -1)
    squeezed = torch.einsum("umf,mc->ucf", squeeze.reshape(shape.wide, shape.narrow, -1), hear)
    expanded = torch.einsum("mfu,cm->cfu", expand.reshape(shape.narrow, -1, shape.wide), answer)
    kept = {k: v for k, v in old.items() if not k.startswith(("wide.hear.", "wide.answer."))}
    return kept | {
        "wide.squeeze.weight": squeezed.flatten(1),
        "wide.expand.weight": expanded.flatten(0, 1),
        "wide.expand.bias": (answer @ bias).flatten(),
    }


def learned(model: SpectralUNet1d) -> dict[str, torch.Size]:
    """Shapes of the parameters that an optimiser of a run has, by name, in its order."""
    return {name: p.shape for name, p in model.named_parameters() if p.requires_grad}


def carried(optimizer: dict[str, Any], shape: SpectralConfig, wanted: SpectralConfig) -> dict[str, Any]:
    """State of an optimiser for the network wanted: of parameters that keep their shape, what it knew of them."""
    before, after = learned(SpectralUNet1d(shape)), learned(SpectralUNet1d(wanted))
    at = {name: i for i, name in enumerate(before)}
    turned = ("wide.squeeze.", "wide.expand.", "wide.hear.", "wide.answer.") if wanted.narrow != shape.narrow else ()
    kept = {n for n, size in after.items() if before.get(n) == size and not n.startswith(turned)}
    known = {i: at[n] for i, n in enumerate(after) if n in kept}
    (group,) = optimizer["param_groups"]
    states = {i: optimizer["state"][k] for i, k in known.items() if k in optimizer["state"]}
    return {"state": states, "param_groups": [group | {"params": list(range(len(after)))}]}


def delayed(old: Tensor, new: Tensor, ratio: float) -> Tensor:
    """Rows of the head of which a filter's factors keep the time that they reach back, at hops `ratio` times as long.

    Those for frames that there were none of are zero; those for frames between the new ones, or further back than the
    new taps, are left out.
    """
    moved = torch.zeros_like(new)
    moved[:MASK] = old[:MASK]
    for before in range(1, (len(old) - MASK) // 2 + 1):
        after = before / ratio
        if round(after) > 0 and math.isclose(after, round(after), rel_tol=1e-6) and MASK + 2 * round(after) <= len(new):
            to, source = (MASK + 2 * round(n - 1) for n in (after, before))
            moved[to : to + 2] = old[source : source + 2]
    return moved


def paced(weights: dict[str, Tensor], gru: str, ratio: float) -> None:
    """Moves a GRU to steps `ratio` times as long: an update gate of z, the share of memory that stays, becomes z^ratio.

    The gate is a logistic function of a sum, so this is a straight line through what the sum would have to be. Without
    it the distance on held-out voices is larger by a twentieth at half the hop, before any training.
    """
    before = torch.linspace(-4, 4, 81, dtype=torch.float64)
    after = torch.logit(torch.sigmoid(before) ** ratio)
    line = torch.linalg.lstsq(torch.stack([before, torch.ones_like(before)], 1), after[:, None]).solution
    slope, shift = (float(v) for v in line[:, 0])
    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        weights[f"{gru}.{kind}_l0"].chunk(GATES)[1].mul_(slope)
    weights[f"{gru}.bias_ih_l0"].chunk(GATES)[1].add_(shift)


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("old", type=Path)
    ap.add_argument("new", type=Path)
    ap.add_argument("--wide", type=int, help="units of the GRU that sees all frequencies")
    ap.add_argument("--narrow", type=int, help="combinations of channels that this GRU hears and answers on (0: all)")
    ap.add_argument("--fine", type=int, help="level whose bands get memories of their own (0: those are taken out)")
    ap.add_argument("--taps", type=int, help="frames that the filter of a single bin reaches over")
    ap.add_argument("--advance", action="store_true", default=None, help="the advance of the phase is a feature")
    ap.add_argument("--hop-ms", type=float)
    ap.add_argument("--synthesis-ms", type=float)
    ap.add_argument("--seed", type=int, default=1, help="of the new units' weights")
    ap.add_argument("--whole", action="store_true", help="keep what the optimiser knew: a checkpoint for --run")
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    content = checkpoint.load(a.old)
    shape = SpectralConfig.from_dict(content["shape"])
    told = {k: v for k in FREE if (v := getattr(a, k)) is not None}
    wanted = replace(shape, **told)
    if a.whole and ("model" not in content or wanted.frames != shape.frames):
        ap.error("--whole needs a run's whole checkpoint, and frames as they were")
    new: dict[str, Any] = {"shape": wanted.to_dict(), "average": begun(content["average"], shape, wanted)}
    if a.whole:
        torch.manual_seed(a.seed)  # what is new is the same in both
        new["model"] = begun(content["model"], shape, wanted, content["average"])
        new["optimizer"] = carried(content["optimizer"], shape, wanted)
        new = content | new
    elif wanted.frames == shape.frames:
        new |= {"step": content["step"], "cpu_hours": content["cpu_hours"]}
    else:
        new |= {"step": 0, "cpu_hours": 0.0}  # one of another pace is another model
    a.new.parent.mkdir(parents=True, exist_ok=True)
    part = a.new.with_suffix(".part")
    torch.save(new, part)
    part.replace(a.new)


if __name__ == "__main__":
    main()
