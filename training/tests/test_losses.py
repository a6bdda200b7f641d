"""Losses are zero for what is perfect, finite on silence, and blame lost speech more than noise left."""

import pytest
import torch
from torch import Tensor

from limpid_training.losses import LossConfig, compressed, frequency_weights, spectral_loss, time_loss

Pair = tuple[Tensor, Tensor]

FLAT = torch.ones(1, 1, 30)
ONE = torch.ones(2, 1, 1)


def pair(seed: int) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(2, 20, 30, generator=g), torch.randn(2, 20, 30, generator=g)


def distance(estimate: Pair, clean: Pair, scale: Tensor, weights: Tensor, config: LossConfig) -> Tensor:
    a, b = compressed(*estimate, scale, config), compressed(*clean, scale, config)
    return spectral_loss(a, b, weights, config)


def test_the_spectral_loss_is_zero_at_identity_and_positive_elsewhere() -> None:
    clean = pair(1)
    assert torch.equal(distance(clean, clean, ONE, FLAT, LossConfig()), torch.zeros(2))
    assert (distance(pair(2), clean, ONE, FLAT, LossConfig()) > 0.1).all()


@pytest.mark.parametrize("silent", ["estimate", "clean", "both"])
def test_gradients_are_finite_at_silence(silent: str) -> None:
    a, b = (torch.zeros(2, 20, 30, requires_grad=True) for _ in range(2))
    estimate = (a, b) if silent != "clean" else tuple(x.requires_grad_() for x in pair(1))
    clean = pair(2) if silent == "estimate" else (torch.zeros(2, 20, 30), torch.zeros(2, 20, 30))
    loss = distance(estimate, clean, torch.full((2, 1, 1), 1e-12), FLAT, LossConfig())  # type: ignore[arg-type]
    loss = loss + time_loss(estimate[0].flatten(1), clean[0].flatten(1), torch.zeros(2, 600))
    grads = torch.autograd.grad(loss.sum(), estimate)
    assert torch.isfinite(loss).all()
    assert all(torch.isfinite(g).all() for g in grads)


def test_lost_speech_costs_more_than_noise_left() -> None:
    (sr, si), config = pair(1), LossConfig(complex=0)
    quieter, louder = ((sr * g, si * g) for g in (0.5, 2.0))
    lost = distance(quieter, (sr, si), ONE, FLAT, config)
    left = distance(louder, (sr, si), ONE, FLAT, config) * (1 - 0.5**0.3) ** 2 / (2**0.3 - 1) ** 2
    torch.testing.assert_close(lost / left, torch.full((2,), 2.0), atol=0.01, rtol=0)


def test_bins_without_weight_do_not_matter() -> None:
    clean, (yr, yi) = pair(1), pair(1)
    yr, yi = yr.clone(), yi.clone()
    yr[..., 20:] += 5
    weights = (torch.arange(30) < 20).float()[None, None]
    assert (distance((yr, yi), clean, ONE, weights, LossConfig()) == 0).all()


def test_scale_makes_the_spectral_loss_blind_to_level() -> None:
    (yr, yi), (sr, si) = pair(2), pair(1)
    quiet = distance((yr / 100, yi / 100), (sr / 100, si / 100), ONE / 1e4, FLAT, LossConfig())
    torch.testing.assert_close(quiet, distance((yr, yi), (sr, si), ONE, FLAT, LossConfig()))


def test_the_time_loss_is_the_negative_ratio_in_db_bounded_and_zero_without_voice() -> None:
    x = torch.sin(torch.arange(4800) / 10)[None].repeat(3, 1)
    estimate = torch.stack([x[0] * 0.9, x[0], x[0]])
    clean = torch.stack([x[0], x[0], torch.zeros(4800)])
    got = time_loss(estimate, clean, x)
    assert got[0] == pytest.approx(-10 * torch.log10(torch.tensor(1 / (0.01 + 0.001))).item(), abs=1e-3)
    assert got[1] == pytest.approx(-30, abs=1e-3)
    assert got[2] == 0


def test_weights_have_mean_one_and_halve_at_8_khz() -> None:
    w = frequency_weights(481, 50)
    assert w.mean() == pytest.approx(1)
    assert w[160] / w[0] == pytest.approx(0.5)
