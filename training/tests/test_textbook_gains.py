"""What the two trained textbook models gain on speech, through the program: held on recordings that ship, and on a set.

The environment variable LIMPID_SET names the folder of a set (noisy/, clean/, meta.csv); without it those tests skip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from limpid_training.textbook.gain import enhanced
from limpid_training.textbook.mixtures import SNRS, Example, examples, ratio

FULL = Path(__file__).resolve().parents[1] / "runs" / "textbook" / "kept.pt"
MODELS = ["textbook-narrow", "textbook"]
LEAST_ON_DEMO = {"textbook-narrow": 2.6, "textbook": 1.7}
"""Gain in dB on the demo's mixture at 0 dB: just under what was reached."""
LEAST = {
    "textbook-narrow": {-5: 2.2, 0: 1.8, 5: 1.0, 10: -0.2},
    "textbook": {-5: 1.6, 0: 1.4, 5: 1.0, 10: 0.4},
}
"""The mean over all recordings that ship, by the ratio of the mixtures; nearly half are in music, the hardest noise."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    """File of the model of full width, which does not ship, made from its kept checkpoint."""
    path = tmp_path_factory.mktemp("full") / "textbook.onnx"
    command = [sys.executable, "-W", "ignore", "-m", "limpid_training.textbook.export", str(FULL), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return str(path)


@cache
def gains(limpid: Path, model: str, folder: Path | None) -> dict[int, list[float]]:
    """Gain in dB of every mixture, by the ratio of the mixtures."""
    found: list[Example] = examples(folder)
    heard = {snr: enhanced(limpid, model, [e.at(snr) for e in found])[0] for snr in SNRS}
    return {snr: [ratio(e.voice, y) - snr for e, y in zip(found, out, strict=True)] for snr, out in heard.items()}


@pytest.mark.parametrize("name", MODELS)
def test_a_textbook_model_gains_what_it_did_on_recordings_that_it_does_not_know(
    name: str, limpid: Path, full: str
) -> None:
    found = gains(limpid, full if name == "textbook" else name, None)
    means = {snr: round(float(np.mean(g)), 2) for snr, g in found.items()}
    demo = {snr: round(g[0], 2) for snr, g in found.items()}
    assert all(g > 0 for g in demo.values()), demo
    assert demo[0] >= LEAST_ON_DEMO[name], demo
    assert all(means[snr] >= least for snr, least in LEAST[name].items()), means


@pytest.mark.skipif(not os.environ.get("LIMPID_SET"), reason="LIMPID_SET names no set of mixtures")
@pytest.mark.parametrize("name", MODELS)
def test_a_textbook_model_gains_at_every_ratio_of_the_judging_set(name: str, limpid: Path, full: str) -> None:
    found = gains(limpid, full if name == "textbook" else name, Path(os.environ["LIMPID_SET"]))
    means = {snr: round(float(np.mean(g)), 2) for snr, g in found.items()}
    assert all(g > 0 for g in means.values()), means
    if name == "textbook-narrow":
        assert means[0] >= 3, means
