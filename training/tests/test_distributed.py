"""Several processes train as one would with their batches together; nothing stays behind when a card computes."""

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from gradients_together import gradients
from test_train import command, same

from limpid_training import checkpoint
from limpid_training.loader import Batch
from limpid_training.losses import LossConfig
from limpid_training.run import Task
from limpid_training.spectral import SpectralConfig
from limpid_training.spectral_task import SpectralTask
from limpid_training.textbook.speech import SpeechConfig
from limpid_training.textbook.train import SpeechLossConfig, SpeechTask

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
HERE = Path(__file__).parent


def test_gradients_of_two_processes_are_those_of_one_with_both_batches(manifest: Path, tmp_path: Path) -> None:
    alone = gradients(manifest)
    words = [str(HERE / "gradients_together.py"), str(manifest), str(tmp_path / "together.pt")]
    found = os.environ | {"PYTHONPATH": str(HERE.parent)}
    subprocess.run([*TORCHRUN, *words], env=found, check=True, capture_output=True, timeout=1800)
    together = torch.load(tmp_path / "together.pt")
    assert alone.keys() == together.keys()
    for name, g in alone.items():
        assert g.norm() > 0, name
        assert (g - together[name]).norm() <= 1e-5 * g.norm(), name


def two(manifest: Path, run: Path) -> list[str]:
    return [*TORCHRUN, "-m", "--", *command(manifest, run, 8, 4)[2:]]


@pytest.fixture(scope="module")
def uninterrupted(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of eight steps by two processes."""
    run = tmp_path_factory.mktemp("two")
    subprocess.run(two(manifest, run), check=True, capture_output=True, timeout=1800)
    return run


def test_one_process_writes_for_all_and_counts_what_all_have_heard(uninterrupted: Path) -> None:
    with (uninterrupted / "log.csv").open() as f:
        rows = list(csv.DictReader(f))
    assert [r["step"] for r in rows] == ["4", "8"]
    assert float(rows[1]["audio_hours"]) == pytest.approx(8 * 2 * 2 * 0.5 / 3600, abs=1e-3)
    assert checkpoint.load(uninterrupted / "checkpoint.pt")["step"] == 8


def test_a_run_of_two_processes_that_was_stopped_goes_on_bit_for_bit(
    manifest: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    first = subprocess.Popen(two(manifest, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not (tmp_path / "log.csv").exists() and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGTERM)
    said, _ = first.communicate(timeout=1800)
    assert (tmp_path / "checkpoint.pt").exists(), said
    assert 4 <= checkpoint.load(tmp_path / "checkpoint.pt")["step"] <= 8
    subprocess.run(two(manifest, tmp_path), check=True, capture_output=True, timeout=1800)
    assert same(uninterrupted / "checkpoint.pt", tmp_path / "checkpoint.pt")


@pytest.mark.parametrize(
    "task",
    [
        lambda: SpectralTask(SpectralConfig(), LossConfig()),
        lambda: SpectralTask(SpectralConfig(taps=3, advance=True), LossConfig(heard=0.1)),
        lambda: SpeechTask(SpeechConfig(), SpeechLossConfig()),
    ],
    ids=["spectral", "filter", "textbook"],
)
def test_a_step_is_computed_where_tensors_are_made(task: Callable[[], Task], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for a graphics card: a device whose tensors are shapes alone, which do not mix with those in memory."""
    monkeypatch.setattr(torch.Tensor, "__float__", lambda self: 0.0)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    batch = Batch(*(np.zeros((2, 24_000), np.float32) for _ in range(2)), np.full(2, 24_000, np.float32))
    torch.set_default_device("meta")
    try:
        made = task()
        model = made.build()
        loss, _ = made(model, batch)
        loss.backward()
    finally:
        torch.set_default_device(None)
    assert loss.device.type == "meta"
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
