"""Recordings are read whatever their format, and trimmed and cut where nothing is lost."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from corpus_audio import noise, save, voice

from limpid_training.corpus import audio

RATE = 16_000


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_channels_are_read_as_their_mean_at_the_files_own_rate(tmp_path: Path, suffix: str) -> None:
    left = voice(1, 22_050)
    path = save(tmp_path / f"a{suffix}", np.stack([left, np.zeros_like(left)], axis=1), 22_050)
    signal, rate = audio.read(path)
    assert rate == 22_050
    assert np.allclose(signal, left / 2, atol=0.03)


def test_what_soundfile_does_not_know_is_decoded_by_ffmpeg(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    source, coded = save(tmp_path / "a.wav", voice(2, RATE), RATE), tmp_path / "a.g722"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-c:a", "g722", coded], check=True)
    signal, rate = audio.read(coded)
    original, _ = audio.read(source)
    assert rate == RATE
    assert abs(len(signal) - len(original)) < 0.01 * RATE
    (tmp_path / "b.g723").write_bytes(b"no sound at all")
    with pytest.raises(audio.UnreadableError, match=r"b\.g723 cannot be decoded"):
        audio.read(tmp_path / "b.g723")


def test_a_written_file_is_whole_or_not_there(tmp_path: Path) -> None:
    audio.write(tmp_path / "new" / "a.flac", voice(1, RATE), RATE)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.flac"]
    with pytest.raises(ValueError, match="dtype"):
        audio.write(tmp_path / "b.flac", np.zeros(9, np.float16), RATE)
    assert not (tmp_path / "b.flac").exists()


def test_trimming_leaves_80_ms_before_and_150_ms_behind_the_sound() -> None:
    signal = np.concatenate([np.zeros(RATE), noise(1, RATE, -20), np.zeros(RATE)])
    trimmed = audio.trim(signal, RATE)
    assert len(trimmed) == pytest.approx((0.08 + 1 + 0.15) * RATE, abs=RATE / 100)
    assert np.all(trimmed[: round(0.07 * RATE)] == 0) and trimmed[round(0.09 * RATE)] != 0


def test_trimming_silence_leaves_nothing() -> None:
    assert len(audio.trim(np.zeros(RATE), RATE)) == 0
    assert len(audio.trim(np.zeros(3), RATE)) == 0


def test_a_long_recording_is_cut_in_its_pauses_and_nothing_is_lost() -> None:
    signal = noise(40, RATE, -20)
    for pause in (9, 20, 31):
        signal[pause * RATE : round((pause + 0.1) * RATE)] = 0
    parts = audio.cut(signal, RATE)
    assert np.array_equal(np.concatenate(parts), signal)
    assert max(map(len, parts)) <= 14 * RATE
    ends = np.cumsum([len(part) for part in parts])[:3] / RATE
    assert np.allclose(ends, [9.05, 20.05, 31.05], atol=0.05)


def test_faded_ends_begin_and_end_at_nothing_and_the_middle_stays() -> None:
    signal = np.ones(RATE)
    faded = audio.faded(signal, RATE)
    assert faded[0] == faded[-1] == 0
    assert np.array_equal(faded[200:-200], signal[200:-200])
