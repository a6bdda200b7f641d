"""What systems reached in an earlier report on the same mixtures: peers do not change, and judging takes minutes."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..metrics import Scores
from .mixtures import Mixture
from .report import Result
from .systems import Cost
from .words import WordErrors


def results(path: Path, mixtures: list[Mixture]) -> tuple[list[Result], str]:
    """All systems of a report.json, and its conditions.

    Raises:
        ValueError: it is no report, or one of another version, or of other mixtures.
    """
    try:
        content = json.loads(path.read_text())
        judged, systems, conditions = content["mixtures"], content["systems"], str(content["conditions"])
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as e:
        raise ValueError(f"{path} cannot be read as a report.json: {e}") from e
    if judged != [m.facts for m in mixtures]:
        raise ValueError(f"{path} is of other mixtures; judge its systems anew")
    if any(set(s) != {f.name for f in fields(Scores)} for system in systems for s in system["scores"]):
        raise ValueError(f"{path} was written by another version, with other judges; judge its systems anew")
    return [_result(s) for s in systems], conditions


def _result(system: dict[str, Any]) -> Result:
    words = WordErrors(**system["words"]) if system["words"] else None
    scores = [Scores(**s) for s in system["scores"]]
    return Result(**(system | {"scores": scores, "cost": Cost(**system["cost"]), "words": words}))
