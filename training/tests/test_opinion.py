"""The judge as a loss says what the judge says, and its gradient leads to a better opinion."""

import numpy as np
import pytest
import scipy.signal
import torch

from limpid_training.dnsmos import Dnsmos, published
from limpid_training.opinion import Opinion
from limpid_training.packages import PackageMissingError


@pytest.fixture(scope="module")
def opinion() -> Opinion:
    try:
        return Opinion(published("sig_bak_ovr"))
    except PackageMissingError as e:
        pytest.skip(str(e))


def speech_like(seconds: float) -> np.ndarray:
    """Bursts of harmonics in noise at 48 kHz."""
    t = np.arange(int(seconds * 48_000)) / 48_000
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20)) * (np.sin(2 * np.pi * 3 * t) > 0)
    noise = np.random.default_rng(1).standard_normal(len(t))
    return (0.05 * voice + 0.02 * noise).astype(np.float32)


def test_it_says_what_the_judge_says(opinion: Opinion) -> None:
    x = speech_like(9.01)[: 144_160 * 3]
    heard = scipy.signal.resample_poly(x, 1, 3).astype(np.float32)
    sig, bak, ovrl = Dnsmos().p835(heard)
    with torch.no_grad():
        got = opinion(torch.tensor(x)[None])
        exact = opinion.heard(torch.tensor(heard)[None])
    torch.testing.assert_close(exact, torch.tensor([[sig, bak, ovrl]]), atol=1e-3, rtol=0)
    torch.testing.assert_close(got, exact, atol=2e-2, rtol=0)


def test_its_gradient_leads_to_a_better_opinion(opinion: Opinion) -> None:
    x = torch.tensor(speech_like(2))[None].requires_grad_()
    before = opinion(x)[:, -1]
    before.sum().backward()
    with torch.no_grad():
        after = opinion(x + 1e-3 * x.grad / x.grad.abs().max())[:, -1]
    assert after > before


def test_sixteen_bits_say_nearly_the_same(opinion: Opinion) -> None:
    x = torch.tensor(speech_like(2))[None]
    with torch.no_grad():
        torch.testing.assert_close(Opinion(published("sig_bak_ovr"), True)(x), opinion(x), atol=0.03, rtol=0)


def test_a_floor_changes_an_opinion_little_and_what_is_silent_hardly_moves_it(opinion: Opinion) -> None:
    floored = Opinion(published("sig_bak_ovr"), floor=1e-7)
    x = torch.tensor(speech_like(2))[None]
    with torch.no_grad():
        torch.testing.assert_close(floored(x), opinion(x), atol=0.05, rtol=0)
    x[:, 48_000:] *= 1e-5
    gradients = []
    for by in (opinion, floored):
        signal = x.clone().requires_grad_()
        by(signal)[0, -1].backward()
        assert signal.grad is not None
        gradients.append(float(signal.grad[:, 50_000:].norm()))
    assert gradients[1] < 0.01 * gradients[0]
