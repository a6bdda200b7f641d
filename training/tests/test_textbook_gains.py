"""The command that tells gains on speech tells them truly, and the two trained textbook models are held to theirs.

They are held on recordings that ship, through the program, and on a set: the environment variable LIMPID_SET names its
folder (noisy/, clean/, meta.csv); without it those tests skip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from test_textbook_speech import FACTS
from test_textbook_uses import rows, run

from limpid_training.textbook import gain, mixtures
from limpid_training.textbook.export import export
from limpid_training.textbook.mixtures import SNRS, ratio
from limpid_training.textbook.speech import SpeechConfig, SpeechUNet1D

FULL = Path(__file__).resolve().parents[1] / "runs" / "textbook" / "kept.pt"
MODELS = ["textbook-narrow", "textbook"]
LEAST_ON_DEMO = {"textbook-narrow": 2.6, "textbook": 1.7}
"""Gain in dB on the demo's mixture at 0 dB: just under what was reached."""
LEAST = {
    "textbook-narrow": {-5: 2.2, 0: 1.8, 5: 1.0, 10: -0.2},
    "textbook": {-5: 1.9, 0: 1.6, 5: 1.1, 10: 0.2},
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
    found = mixtures.examples(folder)
    heard = {snr: gain.enhanced(limpid, model, [e.at(snr) for e in found])[0] for snr in SNRS}
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


def test_mixtures_have_the_ratio_that_is_asked_for() -> None:
    found = mixtures.examples(None)
    assert len(found) == 1 + len(mixtures.UNHEARD)
    for example in found:
        for snr in mixtures.SNRS:
            noisy = example.at(snr)
            assert mixtures.ratio(example.voice, noisy) == pytest.approx(snr, abs=0.01)


def in_cells(cells: list[str]) -> list[tuple[float, float]]:
    """Ratio that came out and gain, of each mixture's ratio, from the cells of the command's table."""
    pattern = re.compile(r"(-?\d+\.\d) \(([+-]\d+\.\d) ± \d+\.\d\)")
    found = [pattern.fullmatch(cell) for cell in cells[:4]]
    return [(float(m[1]), float(m[2])) for m in found if m]


def test_the_gain_command_tells_a_model_that_changes_nothing_by_a_gain_of_nothing(limpid: Path, tmp_path: Path) -> None:
    model = SpeechUNet1D(SpeechConfig(width=4, window=256, hop=128, estimates="noise"))
    assert model.net.head.bias is not None
    torch.nn.init.zeros_(model.net.head.weight)
    torch.nn.init.zeros_(model.net.head.bias)
    export(model, tmp_path / "idle.onnx", FACTS)
    picture = tmp_path / "speech.png"
    arguments = ["--limpid", str(limpid), "--model", str(tmp_path / "idle.onnx"), "--picture", str(picture)]
    said = run("gain", *arguments, "--table", str(tmp_path / "gain.md"))
    table = rows(said)
    assert rows((tmp_path / "gain.md").read_text()) == table
    assert [after for after, _ in in_cells(table["idle"])] == [-5, 0, 5, 10]
    assert [abs(gain) for _, gain in in_cells(table["idle"])] == [0, 0, 0, 0]
    assert float(table["idle"][4]) > 0
    assert {name: cells[0] for name, cells in table.items() if name in ("music", "snow")} == {"music": "4", "snow": "4"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_gain_command_finds_the_program_and_the_narrow_model_by_itself(
    limpid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[tuple[Path, str]] = []

    def enhanced(program: Path, model: str, noisy: list[mixtures.Signal]) -> tuple[list[mixtures.Signal], float]:
        heard.append((program, model))
        return noisy, 0.1

    monkeypatch.setattr(gain, "enhanced", enhanced)
    monkeypatch.setattr(sys, "argv", ["gain", "--picture", str(tmp_path / "speech.png")])
    monkeypatch.setenv("PATH", str(limpid.parent))
    gain.main()
    assert set(heard) == {(limpid, "textbook-narrow")}
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gain, "BUILT", (tmp_path / "none", limpid))
    assert gain.program(None) == limpid
    monkeypatch.setattr(gain, "BUILT", ())
    with pytest.raises(SystemExit, match="cargo build --release -p limpid"):
        gain.program(None)


def test_a_model_that_the_program_refuses_ends_with_a_sentence(limpid: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(SystemExit, match=r"stopped with code 1 at the model .*bad\.onnx"):
        gain.enhanced(limpid, str(tmp_path / "bad.onnx"), [np.zeros(1600, np.float32)])


def test_a_set_is_judged_on_its_own_voices_and_noises_dry_in_rooms_or_shuffled(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    for name in ("dry", "hall"):
        clean, noise = rng.normal(0, 0.05, (2, 4800))
        for kind, x in (("clean", clean), ("noisy", clean + noise)):
            (tmp_path / kind).mkdir(exist_ok=True)
            soundfile.write(tmp_path / kind / f"{name}.flac", x, 48_000, subtype="PCM_24")
    assert len(mixtures.examples(tmp_path)) == 2
    (tmp_path / "meta.csv").write_text("name,noise,t60\ndry,fan,\nhall,wind,0.4\n")
    dry, hall = (mixtures.read(tmp_path / "clean" / f"{name}.flac") for name in ("dry", "hall"))
    (example,) = mixtures.examples(tmp_path)
    np.testing.assert_array_equal(example.voice, dry)
    assert example.kind == "fan"
    (example,) = mixtures.examples(tmp_path, "rooms")
    np.testing.assert_array_equal(example.voice, hall)
    assert len(mixtures.examples(tmp_path, "all")) == 2
    drawn = mixtures.examples(tmp_path, "shuffled")
    assert [e.kind for e in drawn] == ["fan", "fan"]
    np.testing.assert_array_equal(drawn[1].voice, hall)
    with pytest.raises(SystemExit, match="clean/"):
        mixtures.examples(tmp_path / "clean")
