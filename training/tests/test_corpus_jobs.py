"""Work that is done is not done again; what is missing or was broken off is."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from limpid_training.corpus import jobs, manifest
from limpid_training.corpus.jobs import Places, Result
from limpid_training.corpus.manifest import Row


@dataclass(frozen=True)
class Count:
    """Writes a file, and notes in another how often it ran."""

    name: str
    fails: bool = False

    def run(self, places: Places) -> Result:
        with (places.work / self.name).open("a") as log:
            log.write("x")
        if self.fails:
            raise RuntimeError("broken off")
        (places.out / self.name).write_text("sound")
        row = Row(
            path=self.name,
            kind="noise",
            split="train",
            source="s",
            speaker="c",
            seconds=1,
            rate=48_000,
            bandwidth_khz=24,
        )
        result = Result([row])
        result.dropped["noisy"] += 2
        return result


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("out", "work"):
        (tmp_path / name).mkdir()
    return Places(tmp_path / "out", tmp_path / "work")


def runs(places: Places, name: str) -> int:
    return len((places.work / name).read_text())


def test_a_job_that_is_done_is_not_done_again(places: Places) -> None:
    for _ in range(2):
        jobs.run("step", [Count("a"), Count("b")], places, processes=1)
    assert (runs(places, "a"), runs(places, "b")) == (1, 1)
    assert [row.path for row in manifest.read(places.manifest)] == ["a", "b"]


def test_a_job_whose_file_is_gone_is_done_again(places: Places) -> None:
    jobs.run("step", [Count("a"), Count("b")], places, processes=1)
    (places.out / "a").unlink()
    jobs.run("step", [Count("a"), Count("b")], places, processes=1)
    assert (runs(places, "a"), runs(places, "b")) == (2, 1)


def test_the_manifest_leaves_out_files_that_are_gone(places: Places) -> None:
    jobs.run("step", [Count("a"), Count("b")], places, processes=1)
    (places.out / "a").unlink()
    assert [row.path for row in jobs.collect(places).rows] == ["b"]
    assert [row.path for row in manifest.read(places.manifest)] == ["b"]


def test_a_job_that_breaks_off_is_told_and_done_the_next_time(places: Places) -> None:
    with pytest.raises(RuntimeError, match="broken off"):
        jobs.run("step", [Count("a", fails=True)], places, processes=1)
    with pytest.raises(RuntimeError, match="broken off"):
        jobs.run("step", [Count("a", fails=True)], places, processes=1)
    assert runs(places, "a") == 2


def test_steps_add_to_the_manifest_and_what_was_left_out_is_summed(places: Places) -> None:
    jobs.run("one", [Count("a")], places, processes=1)
    jobs.run("two", [Count("b")], places, processes=1)
    total = jobs.collect(places)
    assert {row.path for row in total.rows} == {"a", "b"}
    assert total.dropped == {"noisy": 4}


def test_a_seed_depends_on_its_words_alone() -> None:
    assert jobs.seed("made", "rain", 3) == jobs.seed("made", "rain", 3)
    assert len({jobs.seed("made", "rain", n) for n in range(100)}) == 100
    assert jobs.seed("room", "train", 0, 0) == 7862816506079491548
