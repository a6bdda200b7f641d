"""Clips of speech are admitted or left out for a reason, and joined to segments of one voice."""

import random
from pathlib import Path

import numpy as np
import pytest
from corpus_audio import Signal, noise, save, voice

from limpid_training.corpus import audio, speech
from limpid_training.corpus.jobs import Places
from limpid_training.corpus.measure import measure
from limpid_training.corpus.sources import SpeechPackage, Voice

RATE = 22_050


def clipped(signal: Signal) -> Signal:
    return np.clip(20 * signal, -1, 1)


def test_clean_speech_is_tier_a_as_it_is(tmp_path: Path) -> None:
    (clip,) = speech.admit(save(tmp_path / "a.wav", voice(2, RATE), RATE))
    assert (clip.tier, clip.rate) == ("A", RATE)
    assert clip.facts.snr_db > speech.CLEAN_DB


def test_nearly_clean_speech_is_cleaned_and_tier_b(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", voice(4, RATE, floor_db=-50), RATE)
    before = measure(*audio.read(path))
    assert speech.USABLE_DB < before.snr_db < speech.CLEAN_DB
    (clip,) = speech.admit(path)
    assert clip.tier == "B"
    assert measure(clip.signal, RATE).snr_db > speech.CLEAN_DB


@pytest.mark.parametrize(
    ("signal", "rate", "reason"),
    [
        (voice(2, RATE, floor_db=-32), RATE, "noisy"),
        (clipped(voice(2, RATE)), RATE, "clipped"),
        (voice(0.1, RATE), RATE, "short or silent"),
        (np.zeros(RATE), RATE, "short or silent"),
        (np.zeros(0), RATE, "short or silent"),
        (voice(2, 8_000), 8_000, "rate"),
    ],
)
def test_what_is_not_good_enough_is_left_out_for_its_reason(
    tmp_path: Path, signal: Signal, rate: int, reason: str
) -> None:
    with pytest.raises(speech.DroppedError, match=f"^{reason}$"):
        speech.admit(save(tmp_path / "a.wav", signal, rate))


def test_a_long_recording_becomes_several_clips(tmp_path: Path) -> None:
    clips = speech.admit(save(tmp_path / "a.flac", voice(40, 16_000), 16_000))
    assert len(clips) > 2
    assert all(len(clip.signal) <= 14 * 16_000 for clip in clips)


def clips(lengths: list[float]) -> list[speech.Clip]:
    facts = measure(voice(2, RATE), RATE)
    return [speech.Clip(noise(s, RATE, -12), RATE, "A", facts) for s in lengths]


def test_segments_are_2_to_15_s_of_clips_with_pauses_between() -> None:
    made = list(speech.segments(clips([0.5] * 60 + [13.9] + [2.5] * 10), random.Random(1)))
    assert sum(len(joined) for _, joined in made) == 71
    for signal, joined in made:
        assert speech.SHORTEST_SEGMENT_S <= len(signal) / RATE <= speech.LONGEST_SEGMENT_S
        assert np.abs(signal).max() <= 0.97
        spoken = sum(len(clip.signal) for clip in joined)
        pauses = (len(signal) - spoken) / RATE / max(1, len(joined) - 1)
        assert len(joined) == 1 or 0.08 <= pauses <= 0.4


def test_a_rest_that_is_too_short_is_not_used() -> None:
    assert list(speech.segments(clips([0.5]), random.Random(1))) == []


def test_a_packages_files_are_dealt_out_to_its_voices(tmp_path: Path) -> None:
    package = SpeechPackage("p", "GPL", (Voice("a", "cs", r"a/.*\.wav$"), Voice("b", "nl", r"\.wav$", "valid", "CC0")))
    for name in ("a/1.wav", "a/2.wav", "b/1.wav", "b/1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    a, b = speech.jobs(package, tmp_path)
    assert (set(a.files), a.split, a.licence) == ({"a/1.wav", "a/2.wav"}, "train", "GPL")
    assert (set(b.files), b.split, b.licence) == ({"b/1.wav"}, "valid", "CC0")


def test_a_job_writes_segments_and_says_what_they_are(tmp_path: Path) -> None:
    places = Places(tmp_path / "out", tmp_path / "work")
    root = places.work / "x" / "p"
    for number in range(6):
        save(root / f"{number}.ogg", voice(1.5, RATE, f0=150, seed=number), RATE)
    (root / "6.ogg").write_bytes(b"no sound")
    save(root / "7.wav", voice(2, RATE, floor_db=-32), RATE)
    files = tuple(sorted(path.name for path in root.iterdir()))
    result = speech.SpeechJob("p", "v", "cs", "CC0", "valid", 0, files).run(places)
    assert result.dropped == {"unreadable": 1, "noisy": 1}
    assert sum(row.clips for row in result.rows) == 6
    for row in result.rows:
        signal, rate = audio.read(places.out / row.path)
        assert (row.kind, row.split, row.source, row.speaker) == ("speech", "valid", "p", "v")
        assert (row.language, row.licence, row.tier, row.rate) == ("cs", "CC0", "A", rate)
        assert row.seconds == len(signal) / rate
        assert row.level_db == pytest.approx(speech.LEVEL_DB, abs=speech.LEVEL_SPREAD_DB + 1)
        assert row.f0_hz == pytest.approx(150, rel=0.05)
        assert row.bandwidth_khz <= RATE / 2000
