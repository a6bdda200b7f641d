"""Checkpoints are small, whole, and give back what was saved; the average follows the weights."""

from pathlib import Path

import pytest
import torch
from networks import SMALL, awake
from torch import nn

from limpid_training import checkpoint, keep
from limpid_training.checkpoint import Average
from limpid_training.spectral import SpectralConfig, SpectralUNet1d


def stepped(model: nn.Module) -> torch.optim.Optimizer:
    """An optimiser that has moments, after one step with random gradients."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, 1e-3, fused=True)
    for p in parameters:
        p.grad = torch.randn_like(p)
    optimizer.step()
    return optimizer


@pytest.mark.parametrize("exact", [False, True])
def test_what_is_saved_comes_back(tmp_path: Path, exact: bool) -> None:
    model, path = awake(SMALL), tmp_path / "checkpoint.pt"
    average, optimizer = Average(model, 0.9), stepped(model)
    average.update(model)
    checkpoint.save(path, model, average, optimizer, {"step": 7}, exact)
    other = awake(SMALL, seed=1)
    other_average, other_optimizer = Average(other, 0.9), stepped(other)
    content = checkpoint.load(path)
    checkpoint.restore(content, other, other_average, other_optimizer)
    assert content["step"] == 7
    assert other_average.steps == 1
    for k, v in model.state_dict().items():
        assert torch.equal(v, other.state_dict()[k])
        assert torch.equal(average.values[k], other_average.values[k])
    moments, others = (o.state_dict()["state"] for o in (optimizer, other_optimizer))
    assert all(torch.equal(s[k], others[i][k]) for i, s in moments.items() for k in s)


def test_an_exact_checkpoint_leaves_the_moments_alone_and_a_regular_one_rounds_them(tmp_path: Path) -> None:
    model = awake(SMALL)
    optimizer, average = stepped(model), Average(model, 0.9)
    first = next(iter(optimizer.state.values()))["exp_avg"]
    before = first.clone()
    checkpoint.save(tmp_path / "a.pt", model, average, optimizer, {}, exact=True)
    assert torch.equal(first, before)
    checkpoint.save(tmp_path / "b.pt", model, average, optimizer, {})
    assert torch.equal(first, before.bfloat16().float())
    assert not torch.equal(first, before)


def test_a_checkpoint_of_the_default_network_is_under_8_mb(tmp_path: Path) -> None:
    model = SpectralUNet1d(SpectralConfig())
    checkpoint.save(tmp_path / "c.pt", model, Average(model, 0.999), stepped(model), {})
    assert (tmp_path / "c.pt").stat().st_size < 8e6


def test_nothing_but_the_checkpoint_is_left(tmp_path: Path) -> None:
    model = awake(SMALL)
    checkpoint.save(tmp_path / "c.pt", model, Average(model, 0.9), stepped(model), {})
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"other\.pt is not a checkpoint of limpid_training"):
        checkpoint.load(tmp_path / "other.pt")


def test_the_average_follows_quickly_at_first_and_then_by_its_decay() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = Average(model, 0.9)
    nn.init.ones_(model.weight)
    average.update(model)
    assert average.values["weight"].item() == pytest.approx(1 - 2 / 11)
    for _ in range(200):
        average.update(model)
    assert average.values["weight"].item() == pytest.approx(1)
    nn.init.zeros_(model.weight)
    average.update(model)
    assert average.values["weight"].item() == pytest.approx(0.9)


def test_the_average_takes_counters_as_they_are() -> None:
    model = nn.BatchNorm1d(2)
    average = Average(model, 0.9)
    model(torch.randn(4, 2))
    average.update(model)
    assert average.values["num_batches_tracked"] == 1


def test_a_kept_checkpoint_is_the_average_in_16_bits_and_a_run_may_start_from_it(tmp_path: Path) -> None:
    model, other = awake(SMALL), awake(SMALL, seed=1)
    average = Average(model, 0.9)
    checkpoint.save(tmp_path / "c.pt", model, average, stepped(model), {"step": 7})
    torch.save(keep.reduced(checkpoint.load(tmp_path / "c.pt")), tmp_path / "kept.pt")
    assert (tmp_path / "kept.pt").stat().st_size < 0.3 * (tmp_path / "c.pt").stat().st_size
    content = checkpoint.load(tmp_path / "kept.pt")
    assert content["step"] == 7
    for k, v in average.values.items():
        assert content["average"][k].dtype == v.dtype
        torch.testing.assert_close(content["average"][k], v, rtol=1e-3, atol=1e-6)
    decay = "level.unit.weight_hh_l0"
    assert torch.equal(content["average"][decay], average.values[decay]), "an exported level falls by the exact rate"
    followed, optimizer = Average(other, 0.9), stepped(other)
    checkpoint.restore(content, other, followed, optimizer)
    assert all(torch.equal(v, content["average"][k]) for k, v in other.state_dict().items())
    assert all(torch.equal(v, content["average"][k]) for k, v in followed.values.items())
    with torch.no_grad():
        next(iter(other.parameters())).zero_()
    kept = checkpoint.load(tmp_path / "kept.pt")["average"]
    assert all(torch.equal(v, kept[k]) for k, v in followed.values.items()), "the average shares the weights' memory"


def test_a_kept_checkpoint_is_not_taken_for_one_that_a_run_can_go_on_from(tmp_path: Path) -> None:
    model = awake(SMALL)
    checkpoint.save(tmp_path / "c.pt", model, Average(model, 0.9), stepped(model), {})
    torch.save(keep.reduced(checkpoint.load(tmp_path / "c.pt")), tmp_path / "kept.pt")
    with pytest.raises(ValueError, match=r"kept\.pt holds averaged weights alone; .*--start"):
        checkpoint.load(tmp_path / "kept.pt", whole=True)
