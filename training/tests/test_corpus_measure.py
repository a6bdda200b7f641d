"""What is measured of a recording is what was put into it."""

import numpy as np
import pytest
from corpus_audio import noise, voice
from scipy.signal import firwin, oaconvolve

from limpid_training.corpus.measure import bandwidth, measure, pitch

RATE = 48_000


def test_the_level_is_that_of_the_active_part() -> None:
    signal = np.concatenate([noise(1, RATE, -20), noise(3, RATE, -70)])
    assert measure(signal, RATE).level_db == pytest.approx(-20, abs=0.3)


@pytest.mark.parametrize("floor_db", [-80, -60, -45])
def test_the_distance_to_the_floor_is_measured_in_the_pauses(floor_db: float) -> None:
    signal = np.concatenate([noise(2, RATE, -20), noise(1, RATE, floor_db, seed=1)])
    assert measure(signal, RATE).snr_db == pytest.approx(-20 - floor_db, abs=1.5)


def test_digital_silence_is_not_taken_for_a_quiet_room() -> None:
    noisy = voice(3, RATE, floor_db=-45)
    edited = np.concatenate([noisy, np.zeros(RATE)])
    assert measure(edited, RATE).snr_db == pytest.approx(measure(noisy, RATE).snr_db, abs=1)


@pytest.mark.parametrize("edge", [3_400, 8_000, 12_000, 20_000])
def test_the_bandwidth_is_the_edge_that_a_codec_left(edge: float) -> None:
    signal = oaconvolve(noise(2, RATE, -20), firwin(1001, edge, window=("kaiser", 12), fs=RATE), mode="same")
    assert bandwidth(signal, RATE) == pytest.approx(edge, abs=350)


def test_full_band_noise_reaches_half_the_rate_and_silence_nothing() -> None:
    assert measure(noise(1, RATE, -20), RATE).bandwidth_khz == pytest.approx(24, abs=0.1)
    assert measure(np.zeros(RATE), RATE).bandwidth_khz == 0


def test_samples_at_full_scale_are_counted() -> None:
    signal = noise(1, RATE, -30)
    signal[:480] = 1.0
    assert measure(signal, RATE).clipped == pytest.approx(0.01)


@pytest.mark.parametrize("f0", [80, 120, 220, 330])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_pitch_is_the_voices_fundamental(f0: float, rate: int) -> None:
    assert pitch(voice(3, rate, f0=f0), rate) == pytest.approx(f0, rel=0.03)


def test_noise_has_no_pitch() -> None:
    assert pitch(noise(2, RATE, -20), RATE) == 0
