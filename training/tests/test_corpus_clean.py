"""The denoiser takes a steady floor down and leaves the voice."""

import numpy as np
import pytest
from corpus_audio import Signal, level_db, noise, voice

from limpid_training.corpus.clean import denoise
from limpid_training.corpus.measure import measure

RATE = 24_000


def test_the_floor_falls_by_more_than_10_db_and_the_voice_keeps_its_level() -> None:
    clean = voice(4, RATE, floor_db=-120)
    noisy = clean + noise(4, RATE, -48, seed=2)
    cleaned = denoise(noisy, RATE)
    assert len(cleaned) == len(noisy)
    assert measure(cleaned, RATE).snr_db > measure(noisy, RATE).snr_db + 10
    assert measure(cleaned, RATE).level_db == pytest.approx(measure(clean, RATE).level_db, abs=0.5)
    assert level_db(cleaned - clean) < level_db(noisy - clean) - 5


def test_it_takes_away_no_more_than_it_is_allowed() -> None:
    noisy = voice(4, RATE, floor_db=-48)
    pause = slice(round(0.35 * RATE), round(0.45 * RATE))
    taken = level_db(noisy[pause]) - level_db(denoise(noisy, RATE, at_most_db=6)[pause])
    assert 4 < taken < 7


@pytest.mark.parametrize("signal", [np.zeros(RATE), voice(0.05, RATE), np.zeros(0)])
def test_where_there_is_nothing_to_learn_from_nothing_changes(signal: Signal) -> None:
    assert np.array_equal(denoise(signal, RATE), signal)
