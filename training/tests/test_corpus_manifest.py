"""A manifest keeps its columns, comes back as it was written, and refuses what is none."""

from dataclasses import replace
from pathlib import Path

import pytest

from limpid_training.corpus.manifest import COLUMNS, Row, read, write

SPEECH = Row(
    path="speech/p/v/1.flac",
    kind="speech",
    split="train",
    source="p",
    speaker="v, the first",
    language="cs",
    licence='GPL-2+ "or later"',
    seconds=4.25,
    rate=22_050,
    level_db=-26.1,
    snr_db=41.5,
    bandwidth_khz=11.0,
    clipped=0.0001,
    tier="A",
    f0_hz=212.0,
    clips=3,
)
NOISE = Row(
    path="noise/n.flac",
    kind="noise",
    split="valid",
    source="p",
    speaker="rain",
    seconds=1,
    rate=48_000,
    bandwidth_khz=24,
)


def test_the_columns_are_these_in_this_order() -> None:
    assert " ".join(COLUMNS) == (
        "path kind split source speaker language licence seconds rate level_db snr_db bandwidth_khz clipped"
        " tier f0_hz clips"
    )


def test_rows_come_back_sorted_by_path(tmp_path: Path) -> None:
    write([SPEECH, NOISE], tmp_path / "new" / "manifest.csv")
    assert read(tmp_path / "new" / "manifest.csv") == [NOISE, SPEECH]


def test_what_is_not_known_is_an_empty_cell(tmp_path: Path) -> None:
    write([NOISE], tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines()[1] == (
        "noise/n.flac,noise,valid,p,rain,,,1.00,48000,,,24.0,,,,1"
    )


def test_a_manifest_replaces_the_one_before_it(tmp_path: Path) -> None:
    write([SPEECH], tmp_path / "m.csv")
    write([replace(SPEECH, seconds=1)], tmp_path / "m.csv")
    assert [row.seconds for row in read(tmp_path / "m.csv")] == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


def test_a_table_without_its_columns_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,kind\na,speech\n")
    with pytest.raises(ValueError, match=r"m\.csv has no column .*bandwidth_khz"):
        read(tmp_path / "m.csv")
