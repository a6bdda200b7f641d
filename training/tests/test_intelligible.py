"""The loss of intelligibility counts what ESTOI counts, and has a gradient that leads to a better score."""

import numpy as np
import pytest
import scipy.signal
import torch
from pystoi import stoi
from torch import Tensor

from limpid_training.intelligible import Intelligibility

ESTOI = Intelligibility()


def test_it_scores_as_the_published_program_does(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    noise = noisy - clean
    versions = {
        "noisy": noisy,
        "noisier": clean + 2 * noise,
        "less noise": clean + 0.3 * noise,
        "soft": 0.01 * (clean + 0.3 * noise),
        "dull": torch.tensor(scipy.signal.lfilter(*scipy.signal.butter(2, 1000, fs=48_000), noisy.numpy())).float(),
        "gated": clean * (clean.abs() > 0.03),
    }
    for name, version in versions.items():
        heard = (scipy.signal.resample_poly(x[0].numpy(), 1, 3) for x in (clean, version))
        wanted = stoi(*heard, 16_000, extended=True)
        assert float(ESTOI(version, clean)) == pytest.approx(wanted, abs=0.03), name


def test_pauses_do_not_count(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    pause = 0.05 * torch.randn(1, 96_000, generator=torch.Generator().manual_seed(1))
    longer = [torch.cat([x, rest], 1) for x, rest in ((noisy, pause), (clean, torch.zeros_like(pause)))]
    assert float(ESTOI(*longer)) == pytest.approx(float(ESTOI(noisy, clean)), abs=0.01)


def test_all_is_understood_at_identity(clips: tuple[Tensor, Tensor]) -> None:
    clean, _ = clips
    assert float(ESTOI(clean, clean)) == pytest.approx(1, abs=1e-4)


def test_its_gradient_leads_to_a_better_score(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    estimate = noisy.clone().requires_grad_()
    before = ESTOI(estimate, clean)
    before.sum().backward()
    assert estimate.grad is not None
    with torch.no_grad():
        step = estimate.grad * (0.01 * noisy.norm() / estimate.grad.norm())
        assert float(ESTOI(noisy + step, clean)) > float(before) + 0.002


@pytest.mark.parametrize("seconds", [0.01, 0.2, 6.0])
@pytest.mark.parametrize("level", [0.0, 1e-9, 1e-4])
@pytest.mark.parametrize("voice", [False, True])
def test_gradients_are_finite_in_silence(
    seconds: float, level: float, voice: bool, clips: tuple[Tensor, Tensor]
) -> None:
    clean = clips[0][:, : int(seconds * 48_000)] * voice
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    estimate = (level * noise).requires_grad_()
    score = ESTOI(estimate, clean)
    score.sum().backward()
    assert estimate.grad is not None
    assert torch.isfinite(estimate.grad).all()
    if not voice or seconds < 1:  # too little to understand
        assert float(score.detach()) == 0
        assert float(estimate.grad.abs().max()) == 0


def test_each_example_is_scored_by_itself(clips: tuple[Tensor, Tensor]) -> None:
    clean, noisy = clips
    both = ESTOI(torch.cat([noisy, clean]), torch.cat([clean, clean]))
    np.testing.assert_allclose(both.numpy(), [float(ESTOI(noisy, clean)), 1], atol=1e-4)
