"""The listener's loss counts what P.862.2 counts, and has a gradient that leads to a better score."""

import numpy as np
import pytest
import scipy.signal
import torch
from pesq import pesq
from torch import Tensor

from limpid_training.perceptual import Listener, band_barks
from limpid_training.resample import to_16khz

LISTENER = Listener()
ALL = torch.full((1,), 24_000.0)


def lost(estimate: Tensor, clean: Tensor, bandwidth: Tensor = ALL) -> float:
    return float(LISTENER(estimate, clean, bandwidth))


def test_the_bands_reach_to_21_bark_as_the_standard_has_them() -> None:
    widths = band_barks()
    assert widths.sum() - widths[-1] / 2 == pytest.approx(21.04, abs=0.05)


def test_its_16_khz_are_those_of_the_judges() -> None:
    x = np.random.default_rng(1).standard_normal(4_800).astype(np.float32)
    wanted = scipy.signal.resample_poly(x, 1, 3)
    torch.testing.assert_close(to_16khz(torch.tensor(x)[None])[0], torch.tensor(wanted), atol=1e-4, rtol=1e-4)


def test_it_scores_as_the_standard_does(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    noise = noisy - clean
    versions = {
        "noisy": noisy,
        "less noise": clean + 0.3 * noise,
        "little noise": clean + 0.05 * noise,
        "dull": torch.tensor(scipy.signal.lfilter(*scipy.signal.butter(2, 1500, fs=48_000), clean.numpy())).float(),
        "gated": clean * (clean.abs() > 0.02),
        "soft": 0.1 * (clean + 0.3 * noise),
        "muted for a second": torch.cat([clean[:, :48_000], 0 * clean[:, 48_000:96_000], clean[:, 96_000:]], 1),
    }
    for name, version in versions.items():
        heard = (scipy.signal.resample_poly(x[0].numpy(), 1, 3) for x in (clean, version))
        wanted = pesq(16_000, *heard, "wb")
        score = 0.999 + 4 / (1 + np.exp(-1.3669 * (4.5 - lost(version, clean)) + 3.8224))
        assert score == pytest.approx(wanted, abs=0.15 if "muted" in name else 0.1), name


@pytest.mark.parametrize("seconds", [0.05, 0.3, 3.0])
def test_an_error_costs_something_up_to_the_end_of_a_clip_of_any_length(
    seconds: float, clips: tuple[Tensor, Tensor]
) -> None:
    clean, noisy = (x[:, 96_000 : 96_000 + int(seconds * 48_000)] for x in clips)
    late = clean.clone()
    late[:, -2_400:] = noisy[:, -2_400:]
    assert lost(late, clean) > 0.01


def test_nothing_is_lost_at_identity(clips: tuple[Tensor, Tensor]) -> None:
    clean, _ = clips
    assert lost(clean, clean) < 1e-3


def test_its_gradient_leads_to_a_better_score(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    estimate = noisy.clone().requires_grad_()
    before = LISTENER(estimate, clean, ALL)
    before.sum().backward()
    assert estimate.grad is not None
    with torch.no_grad():
        step = estimate.grad * (0.01 * noisy.norm() / estimate.grad.norm())
        assert float(LISTENER(noisy - step, clean, ALL)) < float(before) - 0.01


def test_what_lies_above_the_bandwidth_does_not_count(clips: tuple[Tensor, Tensor]) -> None:
    clean, _ = clips
    b = scipy.signal.butter(8, 6500, "high", fs=48_000, output="sos")
    high = clean + 0.05 * torch.tensor(scipy.signal.sosfilt(b, np.random.default_rng(1).standard_normal(clean.shape)))
    high = high.float()
    assert lost(high, clean) > 0.3
    assert lost(high, clean, torch.full((1,), 4000.0)) < 0.1 * lost(high, clean)


@pytest.mark.parametrize("level", [0.0, 1e-9, 1e-4])
@pytest.mark.parametrize("voice", [False, True])
def test_gradients_are_finite_in_silence(level: float, voice: bool, clips: tuple[Tensor, Tensor]) -> None:
    clean = clips[0] if voice else torch.zeros_like(clips[0])
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    estimate = (level * noise).requires_grad_()
    points = LISTENER(estimate, clean, ALL)
    points.sum().backward()
    assert estimate.grad is not None
    assert torch.isfinite(estimate.grad).all()
    if not voice:  # nothing is asked for
        assert float(points.detach()) == 0
        assert float(estimate.grad.abs().max()) == 0
