"""The listener's loss is zero for what is perfect, grows with noise, and ranks as P.862 does."""

import numpy as np
import pytest
import torch
from torch import Tensor

from limpid_training.perceptual import Listener, bark, threshold_db

BINS, SPACING = 481, 50.0
LISTENER = Listener(BINS, SPACING)
ALL = torch.full((1,), 24_000.0)


def speech() -> Tensor:
    """Power [1, 100 frames, bins] with syllables and a falling spectrum."""
    g = torch.Generator().manual_seed(1)
    syllables = (torch.sin(torch.arange(100) * 0.3) > 0).float()[None, :, None] + 1e-6
    slope = (1 + torch.arange(BINS) * SPACING / 500) ** -2.0
    return torch.rand(1, 100, BINS, generator=g) * syllables * slope


def noise(level: float) -> Tensor:
    g = torch.Generator().manual_seed(2)
    return torch.rand(1, 100, BINS, generator=g) * level


def lost(estimate: Tensor, clean: Tensor, bandwidth: Tensor = ALL) -> float:
    return float(LISTENER(estimate, clean, bandwidth))


def test_the_scales_are_those_of_the_literature() -> None:
    assert bark(np.array([1000.0]))[0] == pytest.approx(8.5, abs=0.1)
    assert threshold_db(np.array([3300.0]))[0] == pytest.approx(-5.0, abs=0.3)


def test_nothing_is_lost_at_identity_and_more_with_more_noise() -> None:
    s = speech()
    losses = [lost(s + noise(level), s) for level in (0, 1e-4, 1e-3, 1e-2, 1e-1)]
    assert losses[0] < 1e-3
    assert losses == sorted(losses)
    assert losses[-1] > losses[0] + 0.5


def test_level_does_not_matter() -> None:
    s = speech()
    assert lost(1e-4 * (s + noise(1e-2)), 1e-4 * s) == pytest.approx(lost(s + noise(1e-2), s), rel=1e-3)


def test_noise_that_was_added_counts_more_than_speech_that_is_lost() -> None:
    s = speech()
    assert lost(10 * s, s) > 1.2 * lost(s / 10, s)


def test_what_lies_above_the_bandwidth_does_not_count() -> None:
    s = speech()
    high = s.clone()
    high[..., 110:] *= 30
    assert lost(high, s) > 0.05
    assert lost(high, s, torch.full((1,), 4000.0)) < 0.01


def test_gradients_are_finite_at_silence() -> None:
    for clean in (torch.zeros(1, 10, BINS), speech()):
        estimate = torch.zeros(clean.shape, requires_grad=True)
        LISTENER(estimate, clean, ALL).sum().backward()
        assert estimate.grad is not None
        assert torch.isfinite(estimate.grad).all()


def test_a_mixture_without_a_voice_asks_for_nothing() -> None:
    estimate = (noise(1e-9)).requires_grad_()
    points = LISTENER(estimate, torch.zeros(1, 100, BINS), ALL)
    points.sum().backward()
    assert float(points.detach()) == 0
    assert estimate.grad is not None
    assert float(estimate.grad.abs().max()) == 0
