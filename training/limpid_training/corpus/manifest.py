"""The manifest of a corpus: a CSV file with one line for each audio file.

| column | meaning |
|---|---|
| path | relative to the manifest's folder, or absolute |
| kind | speech, noise or rir (room impulse response) |
| split | train or valid |
| source | package or folder that it comes from |
| speaker | speech: who; noise: its class; rir: its class of reverberation |
| language, licence | as far as known |
| seconds, rate | length; samples a second |
| level_db | speech: RMS of the active part, noise: RMS of all, dB re full scale |
| snr_db | speech: active level over its own floor, before cleaning |
| bandwidth_khz | highest frequency that the file says anything about |
| clipped | share of samples at full scale |
| tier | speech: A clean as recorded, B cleaned or nearly clean, S synthetic |
| f0_hz | speech: median fundamental, 0 when hardly anything is voiced |
| clips | how many recordings were joined to this one |

What does not apply or is not known is empty.
"""

import csv
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["speech", "noise", "rir"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One audio file; the fields are the columns, in their order."""

    path: str
    kind: Kind
    split: str
    source: str
    speaker: str
    language: str = ""
    licence: str = ""
    seconds: float
    rate: int
    level_db: float | None = None
    snr_db: float | None = None
    bandwidth_khz: float
    clipped: float | None = None
    tier: str = ""
    f0_hz: float | None = None
    clips: int = 1


COLUMNS = tuple(field.name for field in dataclasses.fields(Row))
_DECIMALS = {"seconds": 2, "level_db": 1, "snr_db": 1, "bandwidth_khz": 1, "clipped": 5, "f0_hz": 0}
_INTEGERS = ("rate", "clips")


def write(rows: Iterable[Row], path: Path) -> None:
    """Write the manifest sorted by path; it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for row in sorted(rows, key=lambda row: row.path):
            table.writerow(_cell(name, getattr(row, name)) for name in COLUMNS)
    partial.replace(path)


def read(path: Path) -> list[Row]:
    """Read a manifest that `write` wrote, or one with the same columns."""
    with path.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        missing = set(COLUMNS) - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"{path} has no column {', '.join(sorted(missing))}; it is no manifest of a corpus")
        return [Row(**{name: _value(name, line[name]) for name in COLUMNS}) for line in table]


def _cell(name: str, value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.{_DECIMALS[name]}f}" if name in _DECIMALS else str(value)


def _value(name: str, cell: str) -> Any:
    if name in _DECIMALS:
        return float(cell) if cell else None
    return int(cell) if name in _INTEGERS else cell
