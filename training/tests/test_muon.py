"""Matrices take steps of equal length in all directions, the rest AdamW's; what each knew, the other goes on from."""

from copy import deepcopy

import pytest
import torch
from networks import FILTER, SMALL, awake
from torch import nn

from limpid_training.muon import LENGTH, Muon, direction, matrices, orthogonal


def optimizer(model: nn.Module, muon: bool, rate: float = 1e-3) -> Muon:
    parameters = [p for p in model.parameters() if p.requires_grad]
    return Muon(parameters, matrices(model) if muon else {}, rate, (0.9, 0.99), 0.0)


def step(model: nn.Module, by: Muon, seed: int = 1) -> None:
    torch.manual_seed(seed)
    for p in model.parameters():
        p.grad = torch.randn_like(p) if p.requires_grad else None
    by.step()


@pytest.mark.parametrize(("rows", "columns"), [(6, 40), (40, 6), (20, 20), (1, 30)])
def test_all_directions_are_of_about_the_same_length_and_stay_what_they_are(rows: int, columns: int) -> None:
    torch.manual_seed(1)
    u, _, v = torch.linalg.svd(torch.randn(rows, columns), full_matrices=False)
    y = orthogonal(u @ torch.diag(torch.logspace(0, -1.5, min(rows, columns))) @ v)
    lengths = u.T @ y @ v.T
    assert ((torch.diag(lengths) > 0.6) & (torch.diag(lengths) < 1.25)).all()
    torch.testing.assert_close(lengths, torch.diag(torch.diag(lengths)), atol=1e-4, rtol=0)


def test_a_step_is_as_long_as_one_of_adamw_and_each_gate_has_its_own() -> None:
    torch.manual_seed(1)
    gates = torch.randn(48, 16)
    gates[:16] *= 100
    moved = direction(gates, 3)
    for gate in moved.chunk(3):
        assert gate.pow(2).mean().sqrt() == pytest.approx(LENGTH, rel=0.2)
    assert direction(torch.randn(8, 4, 1, 5), 1).shape == (8, 4, 1, 5)


def test_first_and_last_layer_norms_and_biases_are_left_to_adamw() -> None:
    model = awake(FILTER)
    held = matrices(model)
    names = {name for name, p in model.named_parameters() if p in held}
    assert not any(n.startswith(("encoder.0", "head")) for n in names)
    assert {"encoder.1.conv.weight", "shared.gru.weight_hh_l0", "wide.expand.weight"} <= names
    assert not any("norm" in n or "bias" in n for n in names)


def test_it_learns_a_map_of_unlike_directions_that_adamw_is_slow_at() -> None:
    def left(muon: bool, rate: float, steps: int = 300) -> float:
        torch.manual_seed(1)
        turn, _ = torch.linalg.qr(torch.randn(24, 24))
        x = torch.randn(512, 24) @ turn @ torch.diag(torch.logspace(0, -1, 24)) @ turn.T
        wanted = x @ torch.randn(24, 24)
        model = nn.Sequential(*[nn.Linear(24, 24) for _ in range(4)])
        by = optimizer(model, muon, rate)
        for n in range(steps):
            by.param_groups[0]["lr"] = rate * (1 - n / steps)
            by.zero_grad()
            loss = (model(x) - wanted).pow(2).mean()
            loss.backward()
            by.step()
        return float(loss.detach())

    rates = 1e-2, 3e-2
    assert min(left(True, r) for r in rates) < 0.2 * min(left(False, r) for r in rates)


def test_without_matrices_it_is_adamw() -> None:
    ours, theirs = awake(SMALL), awake(SMALL)
    parameters = [p for p in theirs.parameters() if p.requires_grad]
    by = torch.optim.AdamW(parameters, 1e-3, (0.9, 0.99), weight_decay=0.0, fused=True)
    step(ours, optimizer(ours, False))
    torch.manual_seed(1)
    for p in theirs.parameters():
        p.grad = torch.randn_like(p) if p.requires_grad else None
    by.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_convolutions_of_one_channel_each_are_no_matrices() -> None:
    each = nn.Conv1d(8, 8, 3, groups=8)
    model = nn.Sequential(nn.Conv1d(1, 8, 3), each, nn.Conv1d(8, 8, 1), nn.Conv1d(8, 1, 3))
    assert list(matrices(model)) == [model[2].weight]


def test_a_step_may_be_asked_to_work_out_the_loss_itself() -> None:
    model = awake(SMALL)
    by = optimizer(model, True)
    for _ in range(2):
        before = model.wide.expand.weight.detach().clone()

        def loss() -> torch.Tensor:
            value = model.wide.expand.weight.pow(2).sum()
            value.backward()
            return value

        assert float(by.step(loss).detach()) == pytest.approx(float(before.pow(2).sum()), rel=1e-5)
        assert not torch.equal(before, model.wide.expand.weight)


def test_a_run_that_goes_on_takes_its_rate_and_decay_from_its_options() -> None:
    model = awake(SMALL)
    first, parameters = optimizer(model, False), [p for p in model.parameters() if p.requires_grad]
    step(model, first)
    second = Muon(parameters, {}, 1e-4, (0.8, 0.9), 0.5)
    second.load_state_dict(deepcopy(first.state_dict()))
    (group,) = second.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (1e-4, (0.8, 0.9), 0.5)


@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False), (True, True)])
def test_moments_are_taken_over_where_both_have_them(before: bool, after: bool) -> None:
    model = awake(SMALL)
    first = optimizer(model, before)
    step(model, first)
    second = optimizer(model, after)
    second.load_state_dict(deepcopy(first.state_dict()))
    kept = [p for p in second.state if "exp_avg" in second.state[p]]
    assert all(torch.equal(second.state[p]["exp_avg"], first.state[p]["exp_avg"]) for p in kept)
    wanted = [p for p in model.parameters() if p.requires_grad and (after or p not in matrices(model) or not before)]
    assert len(kept) == len(wanted)
    assert all(("exp_avg_sq" in second.state[p]) == (not after or p not in matrices(model)) for p in kept)
    step(model, second, 2)
