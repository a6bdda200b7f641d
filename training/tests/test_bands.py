"""Bands keep the energy of the bins, and what is constant over bands is constant over bins."""

import numpy as np
import pytest
import torch

from limpid_training.bands import Bands, band_centres, erb_rate, spreading

BANDS = Bands(single=80, merged=32, bins=481, spacing_hz=50)


@pytest.mark.parametrize(("hertz", "rate"), [(0, 0), (1000, 15.57), (4000, 27.1), (24_000, 43.4)])
def test_the_erb_rate_is_that_of_glasberg_and_moore(hertz: float, rate: float) -> None:
    assert erb_rate(hertz) == pytest.approx(rate, abs=0.1)


def test_centres_go_from_the_first_merged_bin_to_the_last_and_widen() -> None:
    centres = band_centres(80, 32, 481, 50)
    assert centres[0] == pytest.approx(80)
    assert centres[-1] == pytest.approx(480)
    steps = np.diff(centres)
    assert (np.diff(steps) > 0).all()
    assert steps[0] > 1


def test_each_bin_gives_all_its_weight_to_two_neighbours() -> None:
    matrix = spreading(80, 32, 481, 50)
    assert matrix.sum(0) == pytest.approx(np.ones(401), abs=1e-6)
    assert ((matrix > 0).sum(0) <= 2).all()


def test_bands_have_the_energy_of_the_bins() -> None:
    power = torch.rand(3, 7, 481)
    torch.testing.assert_close(BANDS.energies(power).sum(-1), BANDS.total(power))
    assert torch.equal(BANDS.energies(power)[..., :80], power[..., :80])


def test_one_value_for_all_bands_is_that_value_for_all_bins() -> None:
    torch.testing.assert_close(BANDS.to_bins(torch.full((2, 112), 0.7)), torch.full((2, 481), 0.7))


def test_single_bins_pass_through() -> None:
    values = torch.rand(112)
    assert torch.equal(BANDS.to_bins(values)[:80], values[:80])
