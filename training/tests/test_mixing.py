"""Mixtures have the ratio, the level, the bandwidth and the parts that were asked for, and never a NaN."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from limpid_training.data import RATE, Corpus
from limpid_training.mixing import MixConfig, Mixture, active_level, low_pass, mixture

PLAIN = MixConfig(rooms=0, second=0, pure_noise=0, pure_voice=0, turned=0, formants=0, whispers=0, level_db=(-30, -30))
SAMPLES = 2 * RATE


def draw(corpus: Corpus, config: MixConfig, count: int = 24) -> list[Mixture]:
    return [mixture(corpus, config, np.random.default_rng([9, n]), SAMPLES) for n in range(count)]


def level_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-20))


def above(x: np.ndarray, hertz: float) -> float:
    """Share of the energy above a frequency."""
    power = np.abs(np.fft.rfft(x)) ** 2
    return float(power[int(hertz * len(x) / RATE) :].sum() / (power.sum() + 1e-20))


def test_a_number_is_always_the_same_mixture(corpus: Corpus) -> None:
    for a, b in zip(draw(corpus, MixConfig()), draw(corpus, MixConfig()), strict=True):
        assert np.array_equal(a.noisy, b.noisy)
        assert np.array_equal(a.clean, b.clean)


def test_mixtures_are_finite_single_precision_and_within_full_scale(corpus: Corpus) -> None:
    hard = MixConfig(snr_db=(-20, 40), rooms=0.5, second=0.8, pure_noise=0.2, pure_voice=0.2, level_db=(-70, 0))
    for m in draw(corpus, hard, 60):
        assert m.noisy.shape == m.clean.shape == (SAMPLES,)
        assert m.noisy.dtype == m.clean.dtype == np.float32
        assert np.isfinite(m.noisy).all()
        assert np.isfinite(m.clean).all()
        assert np.abs(m.noisy).max() <= 1


@pytest.mark.parametrize("snr", [-5.0, 10.0])
def test_the_ratio_of_active_voice_to_noise_is_the_one_asked_for(corpus: Corpus, snr: float) -> None:
    kept = [m for m in draw(corpus, replace(PLAIN, snr_db=(snr, snr))) if above(m.noisy - m.clean, 20_500) > 1e-3]
    assert len(kept) >= 4
    for m in kept:
        noise = m.noisy - m.clean
        got = 20 * np.log10(active_level(m.clean)) - level_db(noise)
        assert got == pytest.approx(snr, abs=0.1)


def test_the_level_is_the_one_asked_for(corpus: Corpus) -> None:
    for m in draw(corpus, PLAIN):
        if np.abs(m.noisy).max() < 0.97:
            assert level_db(m.noisy) == pytest.approx(-30, abs=0.1) or level_db(m.noisy) == pytest.approx(-24, abs=0.1)


def test_pure_noise_has_no_voice_and_pure_voice_no_noise(corpus: Corpus) -> None:
    for m in draw(corpus, replace(PLAIN, pure_noise=1), 6):
        assert not m.clean.any()
        assert m.noisy.any()
    for m in draw(corpus, replace(PLAIN, pure_voice=1), 6):
        assert np.abs(m.noisy - m.clean).max() < 1e-6


def test_a_voice_is_trusted_no_further_than_its_recording(corpus: Corpus) -> None:
    found = draw(corpus, replace(PLAIN, pure_voice=1), 40)
    narrow = [m for m in found if m.bandwidth < 10_000]
    assert narrow
    assert any(m.bandwidth > 15_000 for m in found)
    for m in narrow:
        assert above(m.clean, m.bandwidth * 1.1) < 1e-4


def test_noise_alone_is_trusted_everywhere(corpus: Corpus) -> None:
    assert {m.bandwidth for m in draw(corpus, replace(PLAIN, pure_noise=1), 10)} == {RATE / 2}


def test_a_room_is_in_the_mixture_and_only_its_beginning_in_the_target(corpus: Corpus) -> None:
    config = replace(PLAIN, rooms=1, pure_voice=1)
    late = [level_db(m.noisy - m.clean) - level_db(m.noisy) for m in draw(corpus, config, 8)]
    assert all(-40 < x < 0 for x in late)


def test_some_mixtures_end_at_a_low_frequency_voice_and_noise_alike(corpus: Corpus) -> None:
    limited = [m for m in draw(corpus, PLAIN, 40) if above(m.noisy, 16_500) < 1e-6]
    assert 4 < len(limited) < 36
    assert all(above(m.clean, 16_500) < 1e-6 for m in limited)


def test_the_share_of_mixtures_that_end_at_a_low_frequency_is_the_one_asked_for(corpus: Corpus) -> None:
    noise = replace(PLAIN, pure_noise=1)
    ended = [sum(above(m.noisy, 20_700) < 1e-9 for m in draw(corpus, replace(noise, limited=s))) for s in (0, 0.5, 1)]
    assert ended[0] == 0
    assert 4 < ended[1] < 20
    assert ended[2] >= 22  # one that is clipped afterwards has more


CALLS = replace(PLAIN, limited=0, telephone=1)


def test_telephones_end_between_their_two_limits_voice_and_noise_alike(corpus: Corpus) -> None:
    calls = draw(corpus, CALLS, 8)
    assert all(3400 <= m.ends_at <= 4000 for m in calls)
    assert all(above(x, m.ends_at * 1.04) < 1e-6 for m in calls for x in (m.noisy, m.clean))
    assert all(above(m.noisy, m.ends_at * 0.9) > 1e-6 for m in calls)
    # Of what ends below the voice's own band, silence above it is the truth.
    assert all(m.bandwidth == RATE / 2 for m in calls)


def test_the_share_of_telephones_is_the_one_asked_for(corpus: Corpus) -> None:
    some = [m.ends_at for m in draw(corpus, replace(CALLS, telephone=0.5))]
    assert 4 < sum(end < RATE / 2 for end in some) < 20


@pytest.mark.parametrize("config", [CALLS, replace(PLAIN, limited=1)], ids=["telephone", "limited"])
def test_what_a_mixture_was_before_it_was_cut_is_kept(corpus: Corpus, config: MixConfig) -> None:
    for m in draw(corpus, replace(config, level_db=(-30, -20)), 8):
        cut = low_pass(m.wide, m.ends_at)
        # The mixture itself may be clipped after it was cut.
        np.testing.assert_allclose(np.clip(cut, -1, 1), m.noisy, atol=1e-5 * max(1, np.abs(m.wide).max()))
        assert np.std(m.wide - cut) > 1e-4
    assert all(m.wide is m.noisy for m in draw(corpus, replace(PLAIN, limited=0), 4))


def test_music_is_drawn_as_often_as_asked_for(corpus: Corpus) -> None:
    named = copy.copy(corpus)
    named.noises = {"music": corpus.noises["click"], "hiss": corpus.noises["hiss"]}

    def clicks(music: float) -> int:
        found = draw(named, replace(PLAIN, pure_noise=1, limited=0, music=music))
        return sum(np.abs(m.noisy).max() > 8 * np.std(m.noisy) for m in found)

    assert clicks(0) == 0
    assert 6 < clicks(1) < 18
    assert clicks(1e9) == 24


def test_where_what_is_to_go_resembles_a_voice_it_is_told(corpus: Corpus) -> None:
    named = copy.copy(corpus)
    named.noises = {
        "music": corpus.noises["click"],
        "made-babble": corpus.noises["click"],
        "hiss": corpus.noises["hiss"],
    }
    # Of one noise each, music or babble is heard as clicks; of two it may be either.
    one = [
        (m.confusable, np.abs(m.noisy).max() > 8 * np.std(m.noisy)) for m in draw(named, replace(PLAIN, pure_noise=1))
    ]
    assert all(told == clicks for told, clicks in one)
    assert 0 < sum(told for told, _ in one) < len(one)
    alone = {"hiss": corpus.noises["hiss"]}
    named.noises = alone
    assert not any(m.confusable for m in draw(named, replace(PLAIN, second=1)))
    assert all(m.confusable for m in draw(named, replace(PLAIN, rooms=1)))
    named.noises = alone | {"music": corpus.noises["click"]}
    twice = draw(named, replace(PLAIN, second=1, music=1), 48)
    assert 24 < sum(m.confusable for m in twice) < 48
    assert not any(m.confusable for m in draw(named, replace(PLAIN, pure_voice=1)))


def test_noises_are_turned_when_asked_for_and_stay_as_loud(corpus: Corpus) -> None:
    plain, turned = (draw(corpus, replace(PLAIN, turned=share), 8) for share in (0, 1))
    noises = [(a.noisy - a.clean, b.noisy - b.clean) for a, b in zip(plain, turned, strict=True)]
    assert sum(not np.array_equal(a, b) for a, b in noises) >= 6
    for m in turned:
        assert np.abs(m.noisy).max() >= 0.97 or -31 < level_db(m.noisy) < -23
