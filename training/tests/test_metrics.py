"""The judges agree with their definitions on signals whose score is known."""

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

pytest.importorskip("pesq")
from limpid_training.metrics import log_spectral_distance, score, si_sdr

RNG = np.random.default_rng(0)


def test_si_sdr_is_the_ratio_of_what_is_along_the_voice_to_the_rest() -> None:
    s = RNG.standard_normal(48_000)
    e = RNG.standard_normal(48_000)
    s, e = s - s.mean(), e - e.mean()
    e -= s * (e @ s) / (s @ s)
    e *= np.sqrt((s @ s) / (e @ e)) * 10 ** (-12 / 20)
    clean, estimate = s.astype(np.float32), (0.3 * (s + e)).astype(np.float32)
    assert si_sdr(clean, estimate) == pytest.approx(12, abs=1e-3)


def test_log_spectral_distance_of_a_gain_is_that_gain() -> None:
    s = RNG.standard_normal(48_000).astype(np.float32)
    assert log_spectral_distance(s, s) == 0
    assert log_spectral_distance(s, s * np.float32(2)) == pytest.approx(6.02, abs=0.01)


def test_perfect_speech_gets_the_best_scores_and_silence_none(assets: object) -> None:
    x, _ = soundfile.read(f"{assets}/demo/mixture-clean.wav", dtype="float32")
    clean = resample_poly(x, 160, 147).astype(np.float32)
    best = score(clean, clean, None)
    assert best.pesq > 4.6
    assert best.estoi == pytest.approx(1, abs=1e-3)
    assert best.si_sdr > 80
    noisy = score(clean, clean + RNG.standard_normal(len(clean)).astype(np.float32) * np.float32(0.02), None)
    assert noisy.pesq < best.pesq - 1
    assert noisy.estoi < best.estoi
    silent = score(clean, np.zeros_like(clean), None)
    assert np.isnan(silent.pesq)
    assert np.isnan(silent.si_sdr)
