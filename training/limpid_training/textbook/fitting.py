"""Trains a textbook UNet1D on arrays; for uses whose data fit in memory or are made on the fly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .network import UNet1D, UNet1DConfig

Array = NDArray[np.float32]
Draw = Callable[[np.random.Generator], tuple[Array, Array]]
Distance = Callable[[Tensor, Tensor], Tensor]


def fit(config: UNet1DConfig, draw: Draw, distance: Distance, steps: int, seed: int, rate: float = 3e-3) -> UNet1D:
    """Trains a new network; the learning rate rises and falls once (Smith and Topin, "Super-convergence", 2018).

    Args:
        config: shape of the network.
        draw: makes a batch, inputs and targets [batch, samples]; step n of a seed always draws the same.
        distance: loss of outputs and targets [batch, samples].
        steps: how long.
        seed: of weights and batches.
        rate: highest learning rate.
    """
    torch.manual_seed(seed)
    net = UNet1D(config).train()
    optimizer = torch.optim.AdamW(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for step in range(steps):
        given, wanted = (torch.from_numpy(v) for v in draw(np.random.default_rng([seed, step])))
        optimizer.zero_grad()
        loss = distance(net(given[:, None])[:, 0], wanted)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        optimizer.step()
        schedule.step()
    return net.eval()


def apply(net: UNet1D, signals: Array) -> Array:
    """Outputs [batch, samples] of inputs alike."""
    with torch.no_grad():
        return np.asarray(net(torch.from_numpy(signals)[:, None])[:, 0].numpy())
