"""Learning curves are drawn from runs' logs, and a folder without one is named."""

from pathlib import Path

import pytest

from limpid_training import curve

HEAD = "step,cpu_hours,valid_spectral,valid_sdr_db\n"


def run(folder: Path, lines: str) -> Path:
    """A run's folder with a log."""
    folder.mkdir()
    (folder / "log.csv").write_text(HEAD + lines)
    return folder


def test_two_runs_make_a_picture(tmp_path: Path) -> None:
    a = run(tmp_path / "a", "100,0.1,0.05,8\n200,0.2,0.04,9\n")
    b = run(tmp_path / "b", "100,0.2,0.06,7\n")
    out = tmp_path / "curve.png"
    curve.draw([a, b], out)
    assert out.read_bytes().startswith(b"\x89PNG")


def test_columns_are_numbers_in_order(tmp_path: Path) -> None:
    read = curve.read(run(tmp_path / "a", "100,0.1,0.05,8\n200,0.2,0.04,9\n"))
    assert read == {"cpu_hours": [0.1, 0.2], "valid_spectral": [0.05, 0.04], "valid_sdr_db": [8, 9]}


@pytest.mark.parametrize("lines", [None, ""])
def test_a_folder_without_a_curve_is_named(tmp_path: Path, lines: str | None) -> None:
    folder = tmp_path / "a" if lines is None else run(tmp_path / "a", lines)
    with pytest.raises(SystemExit, match=r"log\.csv"):
        curve.read(folder)
