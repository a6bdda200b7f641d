"""Any folders of recordings become a manifest; the layouts of VCTK and of the DNS challenge are known."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_audio import noise, save, voice

from limpid_training.corpus import manifest
from limpid_training.corpus.folders import FolderError, Rules, build, find, main, split
from limpid_training.corpus.manifest import Row


def folders(out: Path, *arguments: str) -> int:
    return main([*arguments, str(out), "--processes", "1"])


def by_kind(path: Path, kind: str) -> list[Row]:
    return [row for row in manifest.read(path) if row.kind == kind]


def test_vctk_speakers_are_folders_and_the_first_microphone_is_taken(tmp_path: Path) -> None:
    root = tmp_path / "wav48_silence_trimmed"
    for person in ("p225", "p226", "p227"):
        for number in (1, 2):
            for microphone in (1, 2):
                save(root / person / f"{person}_00{number}_mic{microphone}.flac", voice(1, 48_000), 48_000)
    save(root / "p280" / "p280_001_mic1.flac", voice(1, 48_000), 48_000)
    assert folders(tmp_path / "m.csv", "--speech", str(root)) == 0
    rows = by_kind(tmp_path / "m.csv", "speech")
    assert {Path(row.path).name for row in rows} == {
        f"{p}_00{n}_mic1.flac" for p, n in [("p280", 1), *((f"p22{i}", n) for i in (5, 6, 7) for n in (1, 2))]
    }
    assert {(row.source, row.speaker) for row in rows} == {
        ("wav48_silence_trimmed", p) for p in ("p225", "p226", "p227", "p280")
    }


def test_dns_challenge_folders_make_a_whole_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "datasets_fullband"
    for reader in ("00012", "06709"):
        name = f"book_00000_chp_0009_reader_{reader}_0.wav"
        save(root / "clean_fullband" / "read_speech" / name, voice(2, 48_000), 48_000)
    for name in ("a.wav", "b.wav"):
        save(root / "noise_fullband" / name, noise(1, 48_000, -30), 48_000)
        save(root / "impulse_responses" / "SLR26" / name, np.eye(1, 4800, 960)[0] * 0.5, 48_000)
    done = folders(
        root / "manifest.csv",
        *("--speech", str(root / "clean_fullband")),
        *("--noise", str(root / "noise_fullband")),
        *("--rir", str(root / "impulse_responses")),
    )
    assert done == 0
    assert "speech train: 1 files, 1 voices" in capsys.readouterr().out
    speech, noises, responses = (by_kind(root / "manifest.csv", k) for k in ("speech", "noise", "rir"))
    assert {row.speaker for row in speech} == {"reader_00012", "reader_06709"}
    assert {row.split for row in speech} == {row.split for row in noises} == {"train", "valid"}
    assert {row.speaker for row in noises} == {"noise_fullband"}
    assert noises[0].path == "noise_fullband/a.wav"  # relative, as it lies below the manifest
    assert len(responses) == 2


def test_rate_and_bandwidth_are_measured(tmp_path: Path) -> None:
    narrow = np.repeat(voice(2, 8_000), 1)
    save(tmp_path / "s" / "anna" / "a.wav", narrow, 8_000)
    save(tmp_path / "n" / "wind" / "b.ogg", noise(1, 44_100, -30), 44_100)
    found = [*find(tmp_path / "s", "speech"), *find(tmp_path / "n", "noise")]
    rows, dropped = build(found, Rules(tmp_path, licence="CC0"), processes=1)
    assert not dropped
    assert [(row.rate, row.speaker, row.licence) for row in rows] == [
        (8_000, "anna", "CC0"),
        (44_100, "wind", "CC0"),
    ]
    assert rows[0].bandwidth_khz == pytest.approx(4, abs=0.1)
    assert rows[0].tier == "A" and rows[0].f0_hz == pytest.approx(120, rel=0.05)


def test_of_a_long_recording_the_whole_length_is_told(tmp_path: Path) -> None:
    save(tmp_path / "n" / "a.wav", noise(95, 16_000, -30), 16_000)
    (row,), _ = build(find(tmp_path / "n", "noise"), Rules(tmp_path), processes=1)
    assert row.seconds == 95


def test_a_response_is_copied_from_its_direct_sound_on_and_of_one_channel(tmp_path: Path) -> None:
    response = noise(0.1, 48_000, -50)
    response[1000], response[1500] = 0.4, 0.8  # the first echo is the stronger one
    save(tmp_path / "r" / "room.wav", np.stack([response, np.roll(response, 40)], axis=1), 48_000)
    (row,), _ = build(find(tmp_path / "r", "rir"), Rules(tmp_path / "out"), processes=1)
    copied, rate = soundfile.read(tmp_path / "out" / row.path)
    assert copied.shape == (4800 - 1000,) and rate == 48_000
    assert copied[0] == pytest.approx(0.4, abs=0.01) and copied[500] == pytest.approx(0.8, abs=0.01)


def test_what_is_no_good_target_is_left_out_and_counted(tmp_path: Path) -> None:
    save(tmp_path / "s" / "a" / "noisy.wav", voice(2, 16_000, floor_db=-32), 16_000)
    save(tmp_path / "s" / "a" / "clipped.wav", np.clip(20 * voice(2, 16_000), -1, 1), 16_000)
    save(tmp_path / "s" / "a" / "silent.wav", np.zeros(16_000), 16_000)
    (tmp_path / "s" / "a" / "broken.wav").write_bytes(b"RIFF no sound")
    rows, dropped = build(find(tmp_path / "s", "speech"), Rules(tmp_path), processes=1)
    assert rows == []
    assert dropped == {"noisy": 1, "clipped": 1, "short or silent": 1, "unreadable": 1}
    rows, _ = build(find(tmp_path / "s", "speech"), Rules(tmp_path, least_db=0), processes=1)
    assert [(Path(row.path).name, row.tier) for row in rows] == [("noisy.wav", "B")]


def test_validation_takes_whole_voices_and_the_same_ones_each_time(tmp_path: Path) -> None:
    for person in range(10):
        for number in range(3):
            save(tmp_path / "s" / f"v{person}" / f"{number}.wav", voice(0.1, 16_000), 16_000)
    found = find(tmp_path / "s", "speech")
    parts = split(found, 0.2)
    valid = {one.speaker for one in parts if one.split == "valid"}
    assert len(valid) == 2
    assert not valid & {one.speaker for one in parts if one.split == "train"}
    assert split(list(reversed(found)), 0.2) != [] and valid == {
        one.speaker for one in split(list(reversed(found)), 0.2) if one.split == "valid"
    }
    assert {one.speaker for one in split(found, 0.2, ["v3"]) if one.split == "valid"} == {"v3"}
    assert {one.split for one in split(found, 0)} == {"train"}
    with pytest.raises(FolderError, match="no voice nobody"):
        split(found, 0.2, ["nobody"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--speech", "empty"), "holds no .* file"),
        (("--noise", "nowhere"), "nowhere is no folder"),
        ((), "name at least one folder with --speech, --noise or --rir"),
    ],
)
def test_without_a_folder_that_holds_sound_it_says_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert folders(tmp_path / "m.csv", *arguments) == 1
    assert re.search(sentence, capsys.readouterr().err)
    assert not (tmp_path / "m.csv").exists()


def test_the_columns_are_those_of_a_built_corpus(tmp_path: Path) -> None:
    save(tmp_path / "n" / "a.wav", noise(1, 16_000, -30), 16_000)
    assert folders(tmp_path / "m.csv", "--noise", str(tmp_path / "n")) == 0
    with (tmp_path / "m.csv").open() as file:
        assert tuple(next(csv.reader(file))) == manifest.COLUMNS
