"""Made noise sounds like its class, never twice the same, and babble knows its split."""

from pathlib import Path

import numpy as np
import pytest
from corpus_audio import Signal, save, voice

from limpid_training.corpus.gathered import GATHERERS, Library, gather, library, possible
from limpid_training.corpus.ingredients import RATE, coloured
from limpid_training.corpus.made import MAKERS, make
from limpid_training.corpus.manifest import Row

COUNT = 3 * RATE


def spectrum(signal: Signal) -> tuple[Signal, Signal]:
    return np.fft.rfftfreq(len(signal), 1 / RATE), np.square(np.abs(np.fft.rfft(signal)))


def row(path: str, kind: str, split: str, speaker: str, tier: str = "A") -> Row:
    return Row(
        path=path,
        kind=kind,  # type: ignore[arg-type]
        split=split,
        source="package",
        speaker=speaker,
        seconds=1,
        rate=RATE,
        bandwidth_khz=24,
        tier=tier,
    )


@pytest.fixture
def recordings(tmp_path: Path) -> Library:
    rows = [
        row("a.flac", "speech", "train", "a"),
        row("b.flac", "speech", "train", "b"),
        row("k.flac", "noise", "train", "keyboard"),
        row("c.flac", "noise", "train", "impacts"),
    ]
    for one in rows:
        save(tmp_path / one.path, voice(1, RATE), RATE)
    return library(rows, "train", tmp_path)


@pytest.mark.parametrize("category", MAKERS)
@pytest.mark.parametrize("seed", range(3))
def test_a_class_fills_its_length_up_to_the_peak(category: str, seed: int) -> None:
    signal = make(category, np.random.default_rng(seed), COUNT)
    assert signal.shape == (COUNT,)
    assert np.isfinite(signal).all() and np.abs(signal).max() == pytest.approx(0.9)
    again, other = (make(category, np.random.default_rng(s), COUNT) for s in (seed, seed + 10))
    assert np.array_equal(signal, again) and not np.allclose(signal, other, atol=1e-3)


@pytest.mark.parametrize("category", GATHERERS)
def test_a_gathered_class_fills_its_length_up_to_the_peak(category: str, recordings: Library) -> None:
    signal = gather(category, np.random.default_rng(1), COUNT, recordings)
    assert signal.shape == (COUNT,)
    assert np.isfinite(signal).all() and np.abs(signal).max() == pytest.approx(0.9)


def test_hum_stands_on_multiples_of_the_mains() -> None:
    for seed in range(5):
        at, power = spectrum(make("hum", np.random.default_rng(seed), COUNT))
        strongest = at[power.argmax()]
        assert min(abs(strongest / mains - round(strongest / mains)) for mains in (50, 60)) < 0.02


def test_wind_is_low() -> None:
    at, power = spectrum(make("wind", np.random.default_rng(0), COUNT))
    assert power[at < 300].sum() > 0.8 * power.sum()


@pytest.mark.parametrize("slope_db", [0, 3, 6])
def test_coloured_noise_falls_by_its_slope_an_octave(slope_db: float) -> None:
    at, power = spectrum(coloured(np.random.default_rng(0), 8 * RATE, slope_db))

    def octave(low: float) -> float:
        return float(10 * np.log10(power[(at >= low) & (at < 2 * low)].mean()))

    assert (octave(500) - octave(4000)) / 3 == pytest.approx(slope_db, abs=0.2)


def test_babble_takes_real_voices_of_its_own_split_only(tmp_path: Path) -> None:
    rows = [
        row("a.flac", "speech", "train", "a"),
        row("b.flac", "speech", "valid", "b"),
        row("s.flac", "speech", "train", "s", tier="S"),
        row("k.flac", "noise", "train", "keyboard"),
        row("c.flac", "noise", "valid", "impacts"),
    ]
    train, valid = library(rows, "train", tmp_path), library(rows, "valid", tmp_path)
    assert train.voices == [[tmp_path / "a.flac"]] and valid.voices == [[tmp_path / "b.flac"]]
    assert train.clatter == [] and valid.clatter == [tmp_path / "c.flac"]
    assert train.keyboards == valid.keyboards == [[tmp_path / "k.flac"]]


def test_what_a_class_is_gathered_from_may_be_missing() -> None:
    assert not any(possible(category, Library()) for category in GATHERERS)
