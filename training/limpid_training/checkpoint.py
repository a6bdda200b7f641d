"""Checkpoints small enough to keep in a repository.

Weights are kept in full, the optimiser's moments and the distance of the average from the weights in 16 bits. Saving
rounds what lives as well, so a run that goes on and a run that resumes compute the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn


class Average:
    """Exponential moving average of a module's weights and buffers (EMA)."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.values = {k: v.detach().clone() for k, v in model.state_dict().items()}

    def update(self, model: nn.Module) -> None:
        """Moves towards the model; quickly in the first steps."""
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for k, v in model.state_dict().items():
            if v.is_floating_point():
                self.values[k].lerp_(v, 1 - d)
            else:
                self.values[k].copy_(v)

    def rounded(self, model: nn.Module) -> dict[str, torch.Tensor]:
        """How far the average is from the model, in 16 bits, to which it is rounded; counters as they are."""
        weights, distances = model.state_dict(), {}
        for k, v in self.values.items():
            distances[k] = (v - weights[k]).bfloat16() if v.is_floating_point() else v
            v.copy_(_near(weights[k], distances[k]))
        return distances


def _near(weight: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
    return weight + distance.float() if weight.is_floating_point() else distance


def round_moments(optimizer: torch.optim.Optimizer) -> None:
    """Rounds the live moments to the 16 bits that a checkpoint keeps."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            for name in ("exp_avg", "exp_avg_sq"):
                if name in optimizer.state[p]:
                    optimizer.state[p][name].copy_(optimizer.state[p][name].bfloat16().float())


def save(
    path: Path,
    model: nn.Module,
    average: Average,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
    exact: bool = False,
) -> None:
    """Writes a checkpoint whole or not at all.

    Args:
        path: the file, replaced.
        model: saved with its average and its optimiser.
        average: of the model.
        optimizer: of the model.
        facts: more entries: step, shape, configuration.
        exact: keep all in full and leave what lives alone, for a run that is stopped between two regular checkpoints:
            resumed, it goes on as if it had not been. Over half as large again.
    """
    if not exact:
        round_moments(optimizer)
    state = optimizer.state_dict()
    kept = torch.float32 if exact else torch.bfloat16
    small = {i: _moments(s, kept) for i, s in state["state"].items()}
    # Buffers that the constructor makes (bands) are not in the state; the running statistics of batch norm are.
    content = {
        "model": model.state_dict(),
        "average": average.values if exact else average.rounded(model),
        "average_steps": average.steps,
        "optimizer": {"state": small, "param_groups": state["param_groups"]},
        "torch_random": torch.get_rng_state(),
        **facts,
    }
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def _moments(state: dict[str, Any], kind: torch.dtype) -> dict[str, Any]:
    return {k: v.to(kind) if k.startswith("exp_avg") else v for k, v in state.items()}


def load(path: Path, whole: bool = False) -> dict[str, Any]:
    """Content of a checkpoint, its average in full precision; a kept one (`limpid_training.keep`) has no more.

    Raises:
        ValueError: the file is not a checkpoint of this package, or a kept one where a `whole` one is needed.
    """
    content = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or "average" not in content:
        raise ValueError(f"{path} is not a checkpoint of limpid_training")
    if whole and "model" not in content:
        raise ValueError(f"{path} holds averaged weights alone; begin another run from it with --start")
    for k, v in content["average"].items():
        if v.dtype == torch.bfloat16:
            content["average"][k] = _near(content["model"][k], v)
        elif v.dtype == torch.float16:
            content["average"][k] = v.float()
    return content


def restore(content: dict[str, Any], model: nn.Module, average: Average, optimizer: torch.optim.Optimizer) -> None:
    """Puts a checkpoint's values back where `save` took them; of a kept one, the average is where both begin."""
    if "model" not in content:
        model.load_state_dict(content["average"])
        average.values = content["average"]
        return
    model.load_state_dict(content["model"])
    average.values = {k: v.to(average.values[k].device) for k, v in content["average"].items()}
    average.steps = content["average_steps"]
    state = content["optimizer"]
    full = {i: _moments(s, torch.float32) for i, s in state["state"].items()}
    optimizer.load_state_dict({"state": full, "param_groups": state["param_groups"]})
    torch.set_rng_state(content["torch_random"])
