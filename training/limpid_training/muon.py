"""AdamW in which matrices take steps of equal length in all directions (Muon).

Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the length of a step, so that one
learning rate serves both kinds of weights, after Liu et al., "Muon is scalable for LLM training", 2025. What it
brought here and what not stands in EXPERIMENTS.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
LENGTH = 0.2
"""Of a step: root mean square of the change of a weight, in learning rates; about that of AdamW."""
QUINTIC = 3.4445, -4.7750, 2.0315
"""Coefficients of x, x^3, x^5: applied five times, singular values between 0.002 and 1 come to 0.68 to 1.21."""


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix [rows, columns] with about the same directions, all of about the same gain."""
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-12)
    a, b, c = QUINTIC
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x


def direction(gradient: Tensor, parts: int) -> Tensor:
    """Step of a weight [out, ...] that holds `parts` matrices one below the other, as the gates of a GRU."""
    pieces = [orthogonal(piece.flatten(1)) for piece in gradient.chunk(parts)]
    return torch.cat([LENGTH * max(p.shape) ** 0.5 * p for p in pieces]).view_as(gradient)


def matrices(model: nn.Module) -> dict[nn.Parameter, int]:
    """Weights that are matrices, with how many each holds, but for those of the first part and the last.

    Those stay with AdamW: features and parts of a mask are not alike as channels are. So do convolutions that see one
    channel each, which are no matrices, and transposed ones.
    """
    found: list[tuple[str, nn.Parameter, int]] = []
    for path, module in model.named_modules():
        own = dict(module.named_parameters(recurse=False))
        part = path.rpartition(".")[0] or path
        if isinstance(module, nn.Linear) or (isinstance(module, (nn.Conv1d, nn.Conv2d)) and module.groups == 1):
            found.append((part, own["weight"], 1))
        elif isinstance(module, nn.GRU) and module.num_layers == 1:
            found += [(part, own["weight_ih_l0"], 3), (part, own["weight_hh_l0"], 3)]
    ends = {found[0][0], found[-1][0]} if found else set()
    return {weight: parts for part, weight, parts in found if part not in ends}


class Muon(torch.optim.AdamW):
    """AdamW but for the matrices named.

    The momentum of a matrix stands where AdamW has its first moment, so a run may change to this. A second moment there
    is none: changed back, matrices begin anew, with steps at the full rate.

    Args:
        parameters: all that are trained, in one group.
        held: those that are matrices, with how many each holds; with none it is AdamW.
        rate, betas, weight_decay: as of AdamW; the rate and the decay are the matrices' as well.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        held: Mapping[nn.Parameter, int],
        rate: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        super().__init__(parameters, rate, betas, weight_decay=weight_decay, fused=True)
        self.held = dict(held)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step; matrices lose their gradient by it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        (group,) = self.param_groups
        for p, parts in self.held.items():
            if p.grad is None:
                continue
            state = self.state[p]
            if "exp_avg" not in state:
                state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(p)}  # AdamW looks for a step
            momentum = state["exp_avg"].lerp_(p.grad, 1 - MOMENTUM)
            p.mul_(1 - group["lr"] * group["weight_decay"])
            p.sub_(direction(p.grad.lerp(momentum, MOMENTUM), parts), alpha=group["lr"])
            p.grad = None  # AdamW passes over it
        super().step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Moments: matrices leave the second ones behind, other weights without one begin anew.

        The rate, the decay and the betas stay what they are here: a run goes on with its options.
        """
        (group,) = self.param_groups
        states = {}
        for i, state in state_dict["state"].items():
            if group["params"][i] in self.held:
                states[i] = {k: v for k, v in state.items() if k != "exp_avg_sq"}
            elif "exp_avg_sq" in state:
                states[i] = state
        (saved,) = state_dict["param_groups"]
        super().load_state_dict({"state": states, "param_groups": [group | {"params": saved["params"]}]})
