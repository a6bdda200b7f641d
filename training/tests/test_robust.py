"""The shipped model through the program on recordings: each behaviour keeps its limit in assets/robust/thresholds.csv.

A limit is what the model reaches today, the goal stands beside it.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pesq")
from limpid_training.evaluate.robust import run, thresholds
from limpid_training.evaluate.robust.sounds import Sounds, child, shout, whisper
from limpid_training.metrics import RATE

TABLE = {t.name: t for t in thresholds.load()}
HOUR = [name for name in TABLE if name.startswith("an hour")]


@pytest.fixture(scope="module")
def reached(limpid: Path) -> dict[str, float]:
    return run.measured(limpid, str(run.MODEL))


@pytest.fixture(scope="module")
def hour(limpid: Path) -> dict[str, float]:
    return run.hour(limpid, str(run.MODEL))


def test_everything_that_is_measured_has_a_limit(reached: dict[str, float], hour: dict[str, float]) -> None:
    assert reached.keys() | hour.keys() == TABLE.keys()


@pytest.mark.parametrize("name", [name for name in TABLE if name not in HOUR])
def test_the_shipped_model_keeps(name: str, reached: dict[str, float]) -> None:
    assert TABLE[name].kept(reached[name]), f"{reached[name]:.3f}, {TABLE[name]}"


@pytest.mark.parametrize("name", HOUR)
def test_an_hour_of_streaming_keeps(name: str, hour: dict[str, float]) -> None:
    assert TABLE[name].kept(hour[name]), f"{hour[name]:.3f}, {TABLE[name]}"


def test_limits_move_up_to_the_goal_and_never_down(tmp_path: Path) -> None:
    more, less = TABLE["clean speech, PESQ-WB, mean"], TABLE["clean speech, change of level, largest"]
    more, less = replace(more, limit=3.0, goal=4.2), replace(less, limit=2.0, goal=0.5)
    assert more.lifted(2.0) == more and less.lifted(3.0) == less
    assert more.lifted(4.0).limit == pytest.approx(3.6) and less.lifted(1.0).limit == pytest.approx(1.1)
    assert more.lifted(9.0).limit == 4.2 and less.lifted(0.1).limit == 0.5
    thresholds.save([more, less], tmp_path / "t.csv")
    assert thresholds.load(tmp_path / "t.csv") == [more, less]


def test_stand_ins_are_what_they_are_called() -> None:
    voice = Sounds(run.FOLDER).voices["fr"]

    def centre(x: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(x)) ** 2
        return float((np.fft.rfftfreq(len(x), 1 / RATE) * power).sum() / power.sum())

    def periodicity(x: np.ndarray) -> float:
        """Height of the correlation's peak between 60 and 400 Hz, at the loudest 100 ms."""
        n = RATE // 10
        at = max(range(0, len(x) - n, n // 2), key=lambda k: float((x[k : k + n] ** 2).sum()))
        frame = x[at : at + n]
        both = np.correlate(frame, frame, "full")[n - 1 :]
        return float(both[RATE // 400 : RATE // 60].max() / both[0])

    assert len(child(voice)) == pytest.approx(len(voice) / 1.35, rel=0.01)
    assert centre(shout(voice)) > 1.15 * centre(voice)
    assert periodicity(voice) > 0.6 > 0.4 > periodicity(whisper(voice))
