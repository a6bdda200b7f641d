"""The quick GRU is the library's, forwards and backwards."""

import pytest
import torch
from torch import nn

from limpid_training import recurrent


@pytest.mark.parametrize(("time", "batch", "features", "units"), [(1, 1, 1, 1), (30, 6, 5, 7), (100, 2, 16, 16)])
def test_memories_and_gradients_are_those_of_the_library(time: int, batch: int, features: int, units: int) -> None:
    torch.manual_seed(0)
    gru = nn.GRU(features, units)
    x, first = torch.randn(time, batch, features), torch.randn(1, batch, units)
    weights = torch.randn(time, batch, units)

    def answers(quick: bool) -> list[torch.Tensor]:
        gru.zero_grad()
        a, b = x.clone().requires_grad_(), first.clone().requires_grad_()
        y, last = recurrent.run(gru, a, b) if quick else gru(a, b)
        ((y * weights).sum() + 3 * last.sum()).backward()
        gradients = [t.grad for t in (a, b, *gru.parameters())]
        return [y.detach(), last.detach(), *(g.clone() for g in gradients if g is not None)]

    ours, theirs = answers(True), answers(False)
    assert len(ours) == 8
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_inputs_that_nobody_asks_about_get_no_gradient() -> None:
    gru = nn.GRU(3, 4)
    y, _ = recurrent.run(gru, torch.randn(5, 2, 3), torch.zeros(1, 2, 4))
    y.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in gru.parameters())
