"""What is held: a table of limits that a better model raises, with the goals beside them."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from .run import FOLDER

FILE = FOLDER / "thresholds.csv"
MARGIN = 0.1
"""Share of a figure (at least 0.02 of its unit) by which limits stay behind it: machines differ in the last bits."""


@dataclass(frozen=True)
class Threshold:
    """One figure.

    Attributes:
        name: as `measures` names it.
        unit: "dB", or nothing.
        better: "more" or "less".
        limit: what a model must reach.
        goal: what it should reach; no model is held to more.
    """

    name: str
    unit: str
    better: str
    limit: float
    goal: float

    def kept(self, value: float) -> bool:
        """Whether a figure is within the limit."""
        return value >= self.limit if self.better == "more" else value <= self.limit

    def lifted(self, value: float) -> Threshold:
        """With the limit at what was reached, less the margin, or at the goal, if that is stricter."""
        slack = max(0.02, MARGIN * abs(value)) if value else 0.0
        if self.better == "more":
            return replace(self, limit=max(self.limit, min(self.goal, round(value - slack, 2))))
        return replace(self, limit=min(self.limit, max(self.goal, round(value + slack, 2))))


def load(path: Path = FILE) -> list[Threshold]:
    """The table."""
    with path.open() as f:
        return [
            Threshold(r["name"], r["unit"], r["better"], float(r["limit"]), float(r["goal"])) for r in csv.DictReader(f)
        ]


def save(rows: list[Threshold], path: Path = FILE) -> None:
    """Writes the table."""
    with path.open("w", newline="") as f:
        out = csv.DictWriter(f, [field.name for field in fields(Threshold)], lineterminator="\n")
        out.writeheader()
        out.writerows(asdict(row) for row in rows)


def table(rows: list[Threshold], found: dict[str, float]) -> str:
    """Markdown: what is reached, what is held, what is wanted."""
    lines = ["| behaviour | reached | held | goal |", "|---" * 4 + "|"]
    for r in rows:
        sign = "≥" if r.better == "more" else "≤"
        reached = f"{found[r.name]:.2f} {r.unit}".rstrip()
        lines.append(f"| {r.name} | {reached} | {sign} {r.limit:g} | {sign} {r.goal:g} |")
    return "\n".join(lines)
