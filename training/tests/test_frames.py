"""Frames last the same time at every rate, reconstruct perfectly, and are late by exactly what they state."""

import pytest
import torch

from limpid_training.frames import FrameSpec

PAIRS = [FrameSpec(20, 10, 20), FrameSpec(20, 5, 10), FrameSpec(40, 10, 20)]
RATES = [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


@pytest.mark.parametrize(
    ("rate", "hop_ms", "hop"),
    [
        (8000, 10, 80),
        (11_025, 10, 110),
        (22_050, 10, 221),
        (44_100, 10, 441),
        (48_000, 10, 480),
        (22_050, 5, 110),
        (44_100, 5, 221),
        (48_000, 5, 240),
        (8100, 5, 41),
        (8300, 5, 42),
    ],
)
def test_a_hop_is_rounded_half_up(rate: int, hop_ms: float, hop: int) -> None:
    assert FrameSpec(4 * hop_ms, hop_ms, 2 * hop_ms).at(rate).hop == hop


@pytest.mark.parametrize("spec", PAIRS)
@pytest.mark.parametrize("rate", RATES)
def test_what_is_analysed_comes_back_late_by_the_latency(spec: FrameSpec, rate: int) -> None:
    frames = spec.at(rate)
    x = torch.randn(2, rate // 5, dtype=torch.float64, generator=torch.Generator().manual_seed(rate))
    y = frames.synthesise(frames.analyse(x))
    whole = x.shape[1] // frames.hop * frames.hop - frames.latency
    assert y.shape[1] == whole + frames.latency
    error = y[:, frames.latency :] - x[:, :whole]
    assert 10 * torch.log10(error.square().mean() / x.square().mean()) < -150
    assert y[:, : frames.latency].abs().max() < 1e-12


@pytest.mark.parametrize("spec", PAIRS)
def test_latency_is_synthesis_less_hop(spec: FrameSpec) -> None:
    frames = spec.at(48_000)
    assert frames.latency == round((spec.synthesis_ms - spec.hop_ms) * 48)


@pytest.mark.parametrize("spec", PAIRS)
@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_sine_reads_one_half(spec: FrameSpec, rate: int) -> None:
    frames = spec.at(rate)
    k = 20
    x = torch.sin(2 * torch.pi * k / frames.analysis * torch.arange(4 * frames.analysis, dtype=torch.float64))
    assert frames.analyse(x)[-1, k].abs() == pytest.approx(0.5, abs=2e-3)


def test_bin_k_lies_at_k_over_the_window_at_every_rate() -> None:
    for rate in RATES:
        frames = FrameSpec().at(rate)
        assert rate / frames.analysis == pytest.approx(50, rel=3e-3)
        assert frames.bins == frames.analysis // 2 + 1


def test_a_frame_ends_with_its_hop() -> None:
    frames = FrameSpec(20, 5, 10).at(48_000)
    x = torch.zeros(10 * frames.hop)
    x[5 * frames.hop] = 1
    heard = frames.analyse(x).abs().sum(-1) > 1e-9
    assert not heard[:5].any()
    assert heard[5]


def test_an_incomplete_hop_is_left_out() -> None:
    frames = FrameSpec().at(48_000)
    assert frames.analyse(torch.zeros(3 * frames.hop + 479)).shape[0] == 3


@pytest.mark.parametrize("durations", [(25, 10, 20), (20, 10, 15), (20, 10, 30)])
def test_durations_that_do_not_fit_are_refused(durations: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="whole multiples of the hop"):
        FrameSpec(*durations).at(48_000)
