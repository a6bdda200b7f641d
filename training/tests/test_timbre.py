"""A voice gets other formants and keeps its pitch; a whisper keeps the formants and has no pitch."""

import numpy as np
import pytest
from scipy.signal import lfilter

from limpid_training.data import RATE, Corpus, Signal
from limpid_training.mixing import MixConfig, mixture
from limpid_training.timbre import moved_formants, whispered

PITCH = 120.0
FORMANTS = 700.0, 1800.0, 2900.0


def vowel() -> Signal:
    """A second of pulses through three resonances of 90 Hz width."""
    x = np.zeros(RATE)
    x[:: int(RATE / PITCH)] = 1
    x = lfilter([1], [1, -0.97], x)
    for f in FORMANTS:
        r = np.exp(-np.pi * 90 / RATE)
        x = lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * f / RATE), r * r], x)
    return np.asarray(0.1 * x / np.abs(x).max(), np.float32)


def peak(x: Signal, low: float, high: float) -> float:
    """Frequency (Hz) where the power, smoothed over 250 Hz, is largest; of each band relative to a falling slope."""
    power = np.abs(np.fft.rfft(x)) ** 2
    smooth = np.convolve(power, np.hanning(251), "same") * np.arange(len(power)) ** 2.0
    part = smooth[int(low) : int(high)]
    return low + float(np.argmax(part))


def periodicity(x: Signal) -> tuple[float, float]:
    """The best pitch (Hz) from 80 to 200 Hz and its normalised autocorrelation."""
    x = x[RATE // 4 : 3 * RATE // 4].astype(np.float64)
    lags = np.arange(RATE // 200, RATE // 80)
    r = np.array([np.dot(x[:-k], x[k:]) for k in lags]) / np.dot(x, x)
    return RATE / float(lags[np.argmax(r)]), float(r.max())


def test_a_factor_of_one_changes_nothing() -> None:
    x = vowel()
    assert 10 * np.log10(np.sum((moved_formants(x, 1.0) - x) ** 2) / np.sum(x**2)) < -100


@pytest.mark.parametrize("factor", [0.85, 1.18])
def test_formants_move_and_the_pitch_stays(factor: float) -> None:
    x = vowel()
    y = moved_formants(x, factor)
    for f in FORMANTS[1:]:
        before, after = peak(x, f - 300, f + 300), peak(y, factor * f - 300, factor * f + 300)
        assert after / before == pytest.approx(factor, abs=0.07)
    pitch, strength = periodicity(y)
    assert pitch == pytest.approx(PITCH, rel=0.01)
    assert strength > 0.8
    assert np.sqrt(np.mean(y**2)) == pytest.approx(np.sqrt(np.mean(x**2)), rel=1e-3)


def test_a_whisper_has_the_formants_and_no_pitch() -> None:
    x = vowel()
    y = whispered(x, np.random.default_rng(1))
    assert periodicity(x)[1] > 0.9
    assert periodicity(y)[1] < 0.3
    assert peak(y, 2600, 3200) == pytest.approx(FORMANTS[2], abs=150)


def test_silence_and_short_pieces_stay_what_they_are() -> None:
    silence = np.zeros(1000, np.float32)
    assert np.abs(moved_formants(silence, 1.1)).max() == 0
    assert np.abs(whispered(silence, np.random.default_rng(1))).max() < 1e-4
    assert moved_formants(vowel()[:100], 0.9).shape == (100,)


def test_mixtures_have_other_timbres_when_asked_for(corpus: Corpus) -> None:
    def clean(config: MixConfig) -> Signal:
        return mixture(corpus, config, np.random.default_rng(4), RATE).clean

    plain = MixConfig(turned=0, formants=0, whispers=0, pure_noise=0)
    assert not np.array_equal(clean(plain), clean(MixConfig(turned=0, formants=1, whispers=0, pure_noise=0)))
    assert not np.array_equal(clean(plain), clean(MixConfig(turned=0, formants=0, whispers=1, pure_noise=0)))
