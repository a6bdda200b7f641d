"""Mixtures for judging are built from what is kept for judging, and are the same each time."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_audio import noise, voice

from limpid_training.evaluate import mixtures, sets
from limpid_training.evaluate.__main__ import arguments
from limpid_training.evaluate.build import build
from limpid_training.mixing import active_level


def test_every_class_gets_as_many_mixtures_of_voices_kept_for_judging(manifest: Path, tmp_path: Path) -> None:
    assert build(manifest, tmp_path, each=4) == 4  # a click of 0.2 s is no class
    clips = mixtures.load(tmp_path)
    assert {m.facts["noise"] for m in clips} == {"hiss"}
    assert {m.facts["speaker"] for m in clips} == {"anna", "bert"}
    ratios = [float(m.facts["snr_db"]) for m in clips]
    assert all(-5 + 6.25 * k <= snr <= -5 + 6.25 * (k + 1) for k, snr in enumerate(ratios))
    assert [bool(m.facts["room"]) for m in clips] == [False, False, True, False]


def test_a_mixture_has_the_ratio_that_it_says(manifest: Path, tmp_path: Path) -> None:
    build(manifest, tmp_path, each=3)
    for m in mixtures.load(tmp_path)[:2]:
        rest = m.noisy - m.clean
        snr = 20 * np.log10(active_level(m.clean) / np.sqrt(np.mean(rest**2)))
        assert snr == pytest.approx(float(m.facts["snr_db"]), abs=0.3)


def test_the_same_corpus_gives_the_same_mixtures(manifest: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(manifest, tmp_path / name, each=2)
    files = sorted((tmp_path / "one").rglob("*.*"))
    assert len(files) == 5
    assert all(f.read_bytes() == (tmp_path / "two" / f.relative_to(tmp_path / "one")).read_bytes() for f in files)


def test_a_set_is_made_of_any_folders_of_recordings(tmp_path: Path) -> None:
    for name in ("speech/anna/1.wav", "speech/anna/2.wav", "speech/bert/1.wav", "noise/fan/1.wav", "noise/saw/1.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, noise(3, 48_000, -20) if "noise" in name else voice(3, 48_000, 120), 48_000)
    words = ["--speech", str(tmp_path / "speech"), "--noise", str(tmp_path / "noise"), "--each", "2"]
    a = arguments().parse_args([*words, "--limpid", "limpid", "--out", str(tmp_path / "out")])
    clips = mixtures.load(sets.folder(a))
    assert sorted(m.facts["noise"] for m in clips) == ["fan", "fan", "saw", "saw"]
    assert {m.facts["speaker"] for m in clips} == {"anna", "bert"}


def test_nothing_to_judge_on_is_told(tmp_path: Path) -> None:
    a = arguments().parse_args(["--limpid", "limpid", "--out", str(tmp_path)])
    with pytest.raises(SystemExit, match="--set DIR, or --manifest CSV"):
        sets.folder(a)


def test_one_command_judges_the_program_and_leaves_a_whole_report(limpid: Path, manifest: Path, tmp_path: Path) -> None:
    pytest.importorskip("pesq")
    words = ["--limpid", str(limpid), "--manifest", str(manifest), "--each", "2", "--peers", ""]
    words += ["--no-behaviours", "--out", str(tmp_path)]
    command = [sys.executable, "-m", "limpid_training.evaluate", *words]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = (tmp_path / "report.md").read_text()
    assert text.strip() == said.strip()
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert {"noisy", "limpid", "hiss"} <= set(rows)
    assert "2 mixtures" in text and "gains least PESQ" in text
    with (tmp_path / "set/meta.csv").open() as f:
        names = [r["name"] for r in csv.DictReader(f)]
    kept = {p.name.split("-", 1)[1] for p in (tmp_path / "worst").iterdir()}
    assert kept == {f"{n}{end}" for n in names for end in (".png", "-noisy.flac", "-limpid.flac", "-clean.flac")}
    assert (tmp_path / "report.png").exists() and (tmp_path / "report.json").exists()
