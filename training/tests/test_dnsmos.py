"""DNSMOS says what the published program says."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from limpid_training.dnsmos import LENGTH, Dnsmos
from limpid_training.metrics import score
from limpid_training.packages import PackageMissingError

# Of speechmos 0.0.1.1 with librosa 0.11, on 9.01 s of the recordings below: speech, background, both, P.808.
PUBLISHED = {"mixture.wav": (2.8448, 1.6030, 1.6228, 2.0673), "mixture-clean.wav": (3.4108, 3.8013, 3.0061, 3.5727)}


@pytest.fixture(scope="module")
def dnsmos() -> Dnsmos:
    try:
        return Dnsmos()
    except PackageMissingError as e:
        pytest.skip(str(e))


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_says_what_the_published_program_says(name: str, assets: Path, dnsmos: Dnsmos) -> None:
    x, rate = soundfile.read(assets / "demo" / name, dtype="float32")
    assert rate == 44_100
    speech = np.tile(scipy.signal.resample_poly(x, 160, 441).astype(np.float32), 2)[:LENGTH]
    np.testing.assert_allclose((*dnsmos.p835(speech), dnsmos.p808(speech)), PUBLISHED[name], atol=2e-3)


def test_short_clips_are_repeated_and_silence_is_rated(dnsmos: Dnsmos) -> None:
    short = np.random.default_rng(1).standard_normal(16_000).astype(np.float32) * 0.1
    assert dnsmos.p808(short) == dnsmos.p808(np.tile(short, 16))
    silence = np.zeros(16_000, np.float32)
    assert np.isfinite([*dnsmos.p835(silence), dnsmos.p808(silence)]).all()


@pytest.mark.parametrize(("seconds", "pieces"), [(5.3, 1), (9.01, 1), (10.5, 1), (11.5, 2), (12.0, 3), (20.0, 11)])
def test_as_many_pieces_are_rated_as_by_the_published_program(seconds: float, pieces: int) -> None:
    assert len(Dnsmos.pieces(np.ones(int(seconds * 16_000), np.float32))) == pieces


def test_all_scores_of_a_clip_stand_where_they_belong_in_another_process_too(assets: Path, dnsmos: Dnsmos) -> None:
    x, _ = soundfile.read(assets / "demo" / "mixture.wav", dtype="float32")
    x = scipy.signal.resample_poly(x, 160, 147).astype(np.float32)
    said = score(x, x, pickle.loads(pickle.dumps(dnsmos)))
    heard = scipy.signal.resample_poly(x, 1, 3).astype(np.float32)
    assert (said.sig, said.bak, said.ovrl) == dnsmos.p835(heard)
    assert said.p808 == dnsmos.p808(heard)
