"""Whom a step follows: the voice, or what a teacher made of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from limpid_training.loader import Batch
from limpid_training.losses import LossConfig
from limpid_training.spectral import SpectralConfig
from limpid_training.spectral_task import SpectralTask

SHAPE = SpectralConfig(single=24, merged=8, channels=(8, 8), kernels=(5, 3), blocks=1, wide=8)


def loss(batch: Batch, **config: float) -> float:
    """The loss of a new network, the same at every call."""
    torch.manual_seed(1)
    task = SpectralTask(SHAPE, LossConfig(**config))
    with torch.no_grad():
        return float(task(task.build().eval(), batch)[0])


@pytest.fixture
def batch() -> Batch:
    """Two voices in noise, of which the teacher answers one well and the other badly."""
    draw = np.random.default_rng(3)
    clean = draw.normal(0, 0.1, (2, 24_000)).astype(np.float32)
    clean[1] = np.cumsum(clean[1]) / 30
    noise = draw.normal(0, 0.05, (2, 24_000)).astype(np.float32)
    taught = clean + noise * np.array([[0.1], [20]], np.float32)
    return Batch(clean + noise, clean, np.full(2, 24_000, np.float32), taught=taught)


def test_a_teacher_is_followed_as_far_as_its_share_says(batch: Batch) -> None:
    voice, taught = loss(replace(batch, taught=None)), loss(batch, taught=1.0)
    assert voice != taught
    assert loss(batch, taught=0.25) == pytest.approx(0.75 * voice + 0.25 * taught, rel=1e-5)


def test_an_answer_that_is_further_from_the_voice_than_the_networks_own_is_not_followed(batch: Batch) -> None:
    assert batch.taught is not None
    only_the_good = replace(batch, taught=np.stack([batch.taught[0], batch.clean[1]]))
    gated = loss(batch, taught=0.8, taught_behind=2.0)
    assert gated == pytest.approx(loss(only_the_good, taught=0.8), rel=1e-5)
    assert gated != pytest.approx(loss(batch, taught=0.8), rel=0.01)
    assert loss(batch, taught=0.8, taught_behind=-100.0) == pytest.approx(loss(replace(batch, taught=None)), rel=1e-6)


def test_an_opinion_counts_less_where_what_is_to_go_resembles_the_voice(batch: Batch) -> None:
    """Of six, the first, third and fifth are asked for: one plain, one confusable, one confusable without a voice."""
    three = [np.repeat(x, 3, axis=0) for x in (batch.noisy, batch.clean, batch.bandwidth)]
    three[1][4] = 0
    told = Batch(*three, confusable=np.array([False, True, True, True, True, True]))
    torch.manual_seed(1)
    task = SpectralTask(SHAPE, LossConfig())
    model = task.build().eval()
    # Whoever gives an opinion, what counts is whose weighs how much.
    task.__dict__["opinion"] = lambda x: torch.tensor([[0.0, 0.0, 4.0], [0.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
    with torch.no_grad():
        alone = float(task(model, told)[0])
        for share in (0.0, 0.25, 1.0):
            task.loss = replace(task.loss, opinion=0.3, opinion_confusable=share)
            loss, parts = task(model, told)
            assert alone - float(loss) == pytest.approx(0.3 * (4 + share * 2) / 3, abs=1e-5)
            # The log tells what was said, whatever it weighs.
            assert parts["opinion"] == 3
        untold, _ = task(model, replace(told, confusable=None))
    assert alone - float(untold) == pytest.approx(0.3 * (4 + 2) / 3, abs=1e-5)


def test_how_far_behind_an_answer_may_be_is_told_in_decibels(batch: Batch) -> None:
    torch.manual_seed(1)
    task = SpectralTask(SHAPE, LossConfig(taught=0.8))
    model = task.build().eval()
    alone = Batch(batch.noisy[:1], batch.clean[:1], batch.bandwidth[:1])
    with torch.no_grad():
        own_db = task(model, alone)[1]["sdr_db"]
        # A hiss that stands 3 dB lower against the voice than what the network leaves.
        hiss = np.random.default_rng(4).normal(size=24_000).astype(np.float32)
        hiss *= np.sqrt((alone.clean**2).sum() / (hiss**2).sum()) * np.float32(10 ** (-(own_db - 3) / 20))
        answered = replace(alone, taught=alone.clean + hiss)
        for limit, followed in ((2.5, 0.0), (3.5, 1.0)):
            task.loss = replace(task.loss, taught_behind=limit)
            assert task(model, answered)[1]["followed"] == followed
