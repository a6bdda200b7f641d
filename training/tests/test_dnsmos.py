"""DNSMOS says what the published program says."""

from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from limpid_training.dnsmos import LENGTH, Dnsmos
from limpid_training.evaluate.peers.peer import PeerMissingError

# Of speechmos 0.0.1.1 with librosa 0.11, on 9.01 s of the recordings below: speech, background, both, P.808.
PUBLISHED = {"mixture.wav": (2.8448, 1.6030, 1.6228, 2.0673), "mixture-clean.wav": (3.4108, 3.8013, 3.0061, 3.5727)}


@pytest.fixture(scope="module")
def listeners() -> Dnsmos:
    try:
        return Dnsmos()
    except PeerMissingError as e:
        pytest.skip(str(e))


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_says_what_the_published_program_says(name: str, assets: Path, listeners: Dnsmos) -> None:
    x, rate = soundfile.read(assets / "demo" / name, dtype="float32")
    assert rate == 44_100
    speech = np.tile(scipy.signal.resample_poly(x, 160, 441).astype(np.float32), 2)[:LENGTH]
    np.testing.assert_allclose((*listeners.p835(speech), listeners.p808(speech)), PUBLISHED[name], atol=2e-3)


def test_short_clips_are_repeated_and_silence_is_rated(listeners: Dnsmos) -> None:
    short = np.random.default_rng(1).standard_normal(16_000).astype(np.float32) * 0.1
    assert listeners.p808(short) == pytest.approx(listeners.p808(np.tile(short, 16)[: 16 * 16_000]), abs=0.02)
    silence = np.zeros(16_000, np.float32)
    assert np.isfinite([*listeners.p835(silence), listeners.p808(silence)]).all()
