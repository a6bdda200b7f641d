"""Recorded noise keeps its rate and its length, and nobody speaks in it."""

from pathlib import Path

import numpy as np
import pytest
from corpus_audio import noise, save

from limpid_training.corpus import audio
from limpid_training.corpus.jobs import Places
from limpid_training.corpus.noise import NoiseJob, jobs
from limpid_training.corpus.sources import NoisePackage, Sound

RATE = 16_000


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "out", tmp_path / "work")


def test_files_are_dealt_out_to_classes_and_voices_left_out(tmp_path: Path) -> None:
    package = NoisePackage("p", "GPL", (Sound("rain", r"rain/"), Sound("music", r"\.ogg$")), "valid")
    for name in ("rain/a.ogg", "b.ogg", "Taunts/c.ogg", "rain/voice.ogg", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [(job.category, job.files, job.split) for job in jobs(package, tmp_path)] == [
        ("rain", ("rain/a.ogg",), "valid"),
        ("music", ("b.ogg",), "valid"),
    ]


def test_a_noise_is_written_at_full_level_and_its_own_rate(places: Places) -> None:
    save(places.work / "x" / "p" / "deep" / "a.wav", noise(1, RATE, -40) + 0.1, RATE)
    (row,) = NoiseJob("p", "rain", "CC0", "train", ("deep/a.wav",)).run(places).rows
    signal, rate = audio.read(places.out / row.path)
    assert (row.kind, row.speaker, row.source, row.rate) == ("noise", "rain", "p", rate) and rate == RATE
    assert np.abs(signal).max() == pytest.approx(0.9, abs=1e-3)
    assert abs(signal.mean()) < 1e-3
    assert row.bandwidth_khz == pytest.approx(8, abs=0.1)


def test_of_long_music_the_middle_30_s_are_kept_and_of_rain_120_s(places: Places) -> None:
    loud_middle = noise(140, 11_025, -60)
    loud_middle[60 * 11_025 : 80 * 11_025] *= 30
    save(places.work / "x" / "p" / "a.wav", loud_middle, 11_025)
    (music,) = NoiseJob("p", "music", "CC0", "train", ("a.wav",)).run(places).rows
    (rain,) = NoiseJob("p", "rain", "CC0", "train", ("a.wav",)).run(places).rows
    assert (music.seconds, rain.seconds) == (30, 120)
    signal, rate = audio.read(places.out / music.path)
    assert np.abs(signal[5 * rate : 25 * rate]).mean() > 10 * np.abs(signal[: 4 * rate]).mean()


def test_files_that_differ_in_their_suffix_alone_stay_two(places: Places) -> None:
    for name in ("a.wav", "a.flac"):
        save(places.work / "x" / "p" / name, noise(1, RATE, -40), RATE)
    rows = NoiseJob("p", "rain", "CC0", "train", ("a.wav", "a.flac")).run(places).rows
    assert len({row.path for row in rows}) == 2


def test_what_cannot_be_used_is_counted_by_its_reason(places: Places) -> None:
    root = places.work / "x" / "p"
    save(root / "silent.wav", np.zeros(RATE), RATE)
    save(root / "short.wav", noise(0.05, RATE, -20), RATE)
    save(root / "empty.wav", np.zeros(0), RATE)
    save(root / "slow.wav", noise(1, 8_000, -20), 8_000)
    result = NoiseJob("p", "c", "CC0", "train", ("silent.wav", "short.wav", "empty.wav", "slow.wav")).run(places)
    assert result.rows == []
    assert result.dropped == {"short or silent": 3, "rate": 1}
