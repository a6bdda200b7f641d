"""Training starts from the schedule it states, and a run that was stopped goes on as if it had not been."""

import csv
import importlib.util
import itertools
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from limpid_training import checkpoint
from limpid_training.mixing import MixConfig
from limpid_training.run import TrainConfig, learning_rate
from limpid_training.spectral import SpectralConfig, SpectralUNet1d
from limpid_training.train import difficulty

MUON = ["--muon", "--uses", "2"]
SHAPE = ["--single", "24", "--merged", "8", "--channels", "8", "8", "--kernels", "5", "3", "--blocks", "1"]


def command(manifest: Path, run: Path, steps: int, every: int) -> list[str]:
    """The training command on the tiny corpus."""
    train = ["--manifest", str(manifest), "--cache", str(manifest.parent / "packed"), "--run", str(run)]
    train += ["--batch", "2", "--seconds", "0.5", "--steps", str(steps), "--every", str(every), "--decay", "4"]
    return [sys.executable, "-m", "limpid_training.train", *train, *SHAPE, "--wide", "8"]


def same(a: Path, b: Path) -> bool:
    """Whether two checkpoints hold the same weights, averages and moments, bit for bit."""
    x, y = checkpoint.load(a), checkpoint.load(b)
    assert x["step"] == y["step"]
    for part in ("model", "average"):
        if not all(torch.equal(v, y[part][k]) for k, v in x[part].items()):
            return False
    states = [c["optimizer"]["state"] for c in (x, y)]
    return all(torch.equal(v, states[1][i][k]) for i, s in states[0].items() for k, v in s.items())


def moments(path: Path) -> dict[str, torch.Tensor]:
    """First moments in a checkpoint by the names of their parameters."""
    content = checkpoint.load(path)
    model = SpectralUNet1d(SpectralConfig.from_dict(content["shape"]))
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    return {names[i]: s["exp_avg"] for i, s in content["optimizer"]["state"].items()}


@pytest.fixture(scope="module")
def uninterrupted(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoint of a run of eight steps."""
    run = tmp_path_factory.mktemp("whole")
    subprocess.run(command(manifest, run, 8, 4), check=True, capture_output=True, timeout=300)
    return run / "checkpoint.pt"


@pytest.fixture(scope="module")
def with_muon(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, matrices by Muon and batches used twice."""
    run = tmp_path_factory.mktemp("muon")
    subprocess.run([*command(manifest, run, 8, 4), *MUON], check=True, capture_output=True, timeout=300)
    return run / "checkpoint.pt"


@pytest.mark.parametrize(("whole", "words"), [("uninterrupted", []), ("with_muon", MUON)])
def test_a_run_that_was_terminated_between_two_checkpoints_goes_on_bit_for_bit(
    whole: str, words: list[str], request: pytest.FixtureRequest, manifest: Path, tmp_path: Path
) -> None:
    arguments = [*command(manifest, tmp_path, 8, 4), *words]
    first = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "log.csv"
    while not log.exists() and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGTERM)
    _, errors = first.communicate()
    assert first.returncode == 0, errors
    stopped = checkpoint.load(tmp_path / "checkpoint.pt")["step"]
    assert 4 <= stopped <= 8
    subprocess.run(arguments, check=True, capture_output=True)
    assert same(request.getfixturevalue(whole), tmp_path / "checkpoint.pt")


def test_a_run_begins_from_another_with_what_its_optimiser_knew(
    manifest: Path, uninterrupted: Path, with_muon: Path, tmp_path: Path
) -> None:
    def begun(name: str, *words: str, of: Path = uninterrupted) -> Path:
        path = tmp_path / name / "checkpoint.pt"
        path.parent.mkdir()
        module = [sys.executable, "-m", "limpid_training.begin", str(of), str(path), *words]
        subprocess.run(module, check=True, capture_output=True)
        return path

    assert same(uninterrupted, begun("alike", "--whole"))
    assert same(with_muon, begun("muon", "--whole", of=with_muon))
    path = begun("larger", "--whole", "--taps", "3", "--fine", "1")
    before, after = (moments(p) for p in (uninterrupted, path))
    assert set(before) - set(after) == {"head.weight", "head.bias"}
    assert all(torch.equal(after[name], before[name]) for name in after)
    subprocess.run(command(manifest, path.parent, 10, 2), check=True, capture_output=True)
    assert checkpoint.load(path)["step"] == 10


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(
    manifest: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    quiet = subprocess.DEVNULL
    first = subprocess.Popen(command(manifest, tmp_path, 8, 4), stdout=quiet, stderr=quiet)
    while not (tmp_path / "checkpoint.pt").exists() and first.poll() is None:
        time.sleep(0.01)
    first.kill()
    first.wait()
    subprocess.run(command(manifest, tmp_path, 8, 4), check=True, capture_output=True)
    assert same(uninterrupted, tmp_path / "checkpoint.pt")


def test_frozen_norms_keep_their_statistics_while_the_rest_learns(manifest: Path, tmp_path: Path) -> None:
    subprocess.run(command(manifest, tmp_path, 2, 2), check=True, capture_output=True)
    before = checkpoint.load(tmp_path / "checkpoint.pt")["model"]
    subprocess.run([*command(manifest, tmp_path, 4, 2), "--frozen"], check=True, capture_output=True)
    after = checkpoint.load(tmp_path / "checkpoint.pt")["model"]
    statistics = [k for k in before if "running" in k or "batches" in k]
    assert statistics
    assert all(torch.equal(before[k], after[k]) for k in statistics)
    assert not torch.equal(before["encoder.0.conv.weight"], after["encoder.0.conv.weight"])


@pytest.mark.skipif(importlib.util.find_spec("speechmos") is None, reason="speechmos is not installed")
def test_judges_are_losses_and_log_what_they_say(manifest: Path, tmp_path: Path) -> None:
    words = ["--heard", "0.1", "--opinion", "0.1", "--understood", "0.1"]
    subprocess.run([*command(manifest, tmp_path, 2, 2), *words], check=True, capture_output=True)
    with (tmp_path / "log.csv").open(newline="") as f:
        (row,) = csv.DictReader(f)
    assert 1 <= float(row["valid_opinion"]) <= 5
    assert float(row["valid_heard"]) > 0
    assert 0 < float(row["valid_understood"]) <= 1


def test_the_log_has_a_line_a_validation_and_the_weights_have_moved(uninterrupted: Path) -> None:
    lines = (uninterrupted.parent / "log.csv").read_text().splitlines()
    assert len(lines) == 3
    assert {"step", "cpu_hours", "loss", "valid_loss"} <= set(lines[0].split(","))
    content = checkpoint.load(uninterrupted)
    assert any(not torch.equal(v, content["average"][k]) for k, v in content["model"].items())


def test_the_learning_rate_warms_up_stays_and_falls_to_zero() -> None:
    config = TrainConfig(rate=1e-3, warmup=10, steps=1000, decay=100)
    rates = [learning_rate(config, n) for n in range(1001)]
    assert rates[0] == pytest.approx(1e-4)
    assert set(rates[9:900]) == {1e-3}
    assert all(a > b for a, b in itertools.pairwise(rates[900:]))
    assert rates[1000] == 0


def test_mixtures_begin_easy_and_end_as_configured() -> None:
    mix, config = MixConfig(rooms=0.2, second=0.4), TrainConfig(easy=100)
    first = difficulty(config, mix, 0)
    assert first == replace(mix, snr_db=(mix.snr_db[0] + 8, mix.snr_db[1]), rooms=0, second=0)
    assert difficulty(config, mix, 100) == mix
    assert difficulty(replace(config, easy=0), mix, 0).snr_db[0] > mix.snr_db[0]


def test_a_run_that_goes_on_with_another_loss_keeps_its_log_in_columns(manifest: Path, tmp_path: Path) -> None:
    subprocess.run(command(manifest, tmp_path, 4, 2), check=True, capture_output=True, timeout=300)
    more = [*command(manifest, tmp_path, 6, 2), "--heard", "0.5"]
    subprocess.run(more, check=True, capture_output=True, timeout=300)
    with (tmp_path / "log.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    assert [r["step"] for r in rows] == ["2", "4", "6"]
    assert [bool(r["valid_heard"]) for r in rows] == [False, False, True]
    assert all(float(r["valid_sdr_db"]) < 40 for r in rows)


def test_the_log_follows_the_way_that_a_run_goes_on(manifest: Path, tmp_path: Path) -> None:
    run, log = command(manifest, tmp_path, 4, 2), tmp_path / "log.csv"
    subprocess.run(run, check=True, capture_output=True)
    with log.open(newline="") as f:
        (*_, last) = csv.reader(f)
    with log.open("a", newline="") as f:
        # As of an end that was trained in a copy of the folder.
        csv.writer(f).writerows([[step, *last[1:]] for step in ("6", "7")])
    subprocess.run(command(manifest, tmp_path, 6, 2), check=True, capture_output=True)
    with log.open(newline="") as f:
        rows = list(csv.DictReader(f))
    assert [row["step"] for row in rows] == ["2", "4", "6"]
    assert rows[2]["loss"] != rows[1]["loss"]
