"""What systems reached in an earlier report on the same mixtures: peers do not change, and judging takes minutes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..metrics import Scores
from .mixtures import Mixture
from .report import NOTES, Result
from .systems import Cost
from .words import WordErrors


def results(path: Path, mixtures: list[Mixture]) -> tuple[list[Result], str]:
    """All systems of a report.json, and its conditions.

    That the sound of the mixtures is the same as well is taken on trust.

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
    try:
        return [_result(s) for s in systems], conditions.split(NOTES)[0].strip()
    except (KeyError, TypeError) as e:
        raise ValueError(f"{path} was written by another version, with other judges; judge its systems anew") from e


def _result(system: dict[str, Any]) -> Result:
    words = WordErrors(**system["words"]) if system["words"] else None
    scores = [Scores(**s) for s in system["scores"]]
    return Result(**(system | {"scores": scores, "cost": Cost(**system["cost"]), "words": words}))
