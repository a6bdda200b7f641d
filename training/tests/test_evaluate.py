"""The parts of an evaluation that need no judge."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from limpid_training.evaluate import align, mixtures, report
from limpid_training.evaluate.systems import Cost
from limpid_training.metrics import Scores


def noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(48_000 * seconds)).astype(np.float32) * 0.1


def test_the_delay_of_a_late_and_noisy_output_is_found_to_the_sample() -> None:
    clean = [noise(0.5, k) for k in range(3)]
    late = [np.pad(s, (960, 0)) * 0.5 + 0.1 * noise(0.52, 9)[: len(s) + 960] for s in clean]
    assert align.delay(clean, late, 7200) == 960


def test_mixtures_of_another_rate_are_refused(tmp_path: Path) -> None:
    for kind in ("noisy", "clean"):
        (tmp_path / kind).mkdir()
        soundfile.write(tmp_path / kind / "a.flac", noise(0.1, 1), 44_100)
    (tmp_path / "meta.csv").write_text("name,noise,snr_db\na,hum,3\n")
    with pytest.raises(ValueError, match="44100 Hz"):
        mixtures.load(tmp_path)


def test_the_report_has_a_row_a_system_and_leaves_unheard_clips_out(tmp_path: Path) -> None:
    clip = noise(0.1, 1)
    clips = [mixtures.Mixture(n, clip, clip, {"noise": n, "snr_db": snr}) for n, snr in (("hum", "-3"), ("wind", "17"))]
    scores = [Scores(float("nan"), 0.5, 1.0, 2.0, 2.0, 2.0, 5.0), Scores(2.0, 0.7, 3.0, 3.0, 3.0, 3.0, 4.0)]
    text = report.write([report.Result("ours", scores, Cost(0.02, 40.0), 0, 20.0)], clips, tmp_path, "Two clips.")
    assert "| ours | 2.00 | 0.600 | 2.0 |" in text
    assert "| under 0 dB | 1 |" in text and "| 15 dB and more | 1 |" in text
    assert (tmp_path / "report.json").exists() and (tmp_path / "report.png").stat().st_size > 5000
