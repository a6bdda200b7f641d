"""The steps together: packages that lie there unpacked become a corpus, and once more costs nothing."""

from pathlib import Path

import pytest
from corpus_audio import noise, save, voice

from limpid_training.corpus import manifest
from limpid_training.corpus.build import Wishes, build, check, summary
from limpid_training.corpus.computed import room_jobs
from limpid_training.corpus.fetch import FetchError
from limpid_training.corpus.jobs import Places, collect

PACKAGES = ("pocketsphinx-testdata", "bucklespring-data")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path / "out", tmp_path / "work")
    for number in range(4):
        save(places.work / "x" / PACKAGES[0] / f"{number}.wav", voice(2, 16_000, seed=number), 16_000)
        save(places.work / "x" / PACKAGES[1] / f"{number}.wav", noise(0.3, 44_100, -30, number), 44_100)
    return places


def test_all_steps_make_one_manifest_whose_files_are_there(places: Places) -> None:
    steps = ("speech", "noise", "rooms", "made")
    wishes = Wishes(steps=steps, packages=PACKAGES, rooms=20, made=1, made_s=2, processes=1)
    build(wishes, places)
    rows = manifest.read(places.manifest)
    assert all((places.out / row.path).exists() for row in rows)
    assert {row.kind for row in rows} == {"speech", "noise", "rir"}
    assert {row.speaker for row in rows if row.source == "made" and row.split == "train"} == {
        f"made-{name}"
        for name in (
            *("coloured", "hum", "fan", "engine", "wind", "rain", "traffic", "crackle", "alarm"),
            *("babble", "crowd", "typing"),
        )
    }
    # No voice is for validation here, so nobody can babble there.
    assert not any(row.speaker == "made-babble" for row in rows if row.split == "valid")
    files = {path: path.stat().st_mtime_ns for path in places.out.rglob("*.flac")}
    build(wishes, places)
    assert {path: path.stat().st_mtime_ns for path in places.out.rglob("*.flac")} == files
    assert manifest.read(places.manifest) == rows
    told = summary(rows, collect(places).dropped)
    assert "speech train: " in told and "left out: nothing" in told


def test_one_room_in_ten_is_for_validation() -> None:
    jobs = room_jobs(400)
    assert sum(job.count for job in jobs) == 400
    assert sum(job.count for job in jobs if job.split == "valid") == 40


def test_what_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no step tea; the steps are speech, noise"):
        check(Wishes(steps=("tea",)))
    with pytest.raises(FetchError, match="no package nothing"):
        check(Wishes(packages=("nothing",)))
    with pytest.raises(FetchError, match="--have"):
        check(Wishes(steps=(), have=tmp_path / "no"))
