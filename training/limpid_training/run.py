"""A training run in a folder, which goes on after a stop step for step as if it had never stopped.

The learning rate warms up, stays, and falls to zero over the last `decay` steps before `steps`. It depends on the step
alone, so a run without an end in sight stays on the plateau, and a copy of its checkpoint with a near `steps` makes a
model of it.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from . import checkpoint
from .distributed import ALONE, World
from .loader import Batch
from .mixing import MixConfig
from .muon import Muon, matrices


@dataclass(frozen=True)
class TrainConfig:
    """How a run is trained; kept in its checkpoint."""

    seed: int = 1
    batch: int = 4
    seconds: float = 2.0
    rate: float = 2e-3
    warmup: int = 300
    steps: int = 1_000_000
    decay: int = 4000
    average: float = 0.999
    weight_decay: float = 1e-2
    clip: float = 3.0
    easy: int = 4000
    """Steps over which mixtures grow from easy (one noise, no rooms, high ratios) to what the mix says."""
    uses: int = 1
    """Steps that take the same batch, 32 new batches apart: mixtures and a teacher cost as much as a step."""
    muon: bool = False
    """Matrices take Muon's steps, everything else AdamW's."""


def learning_rate(config: TrainConfig, step: int) -> float:
    """Learning rate at a step: linear warm-up, plateau, square-root fall to zero at the end."""
    up = min(1.0, (step + 1) / config.warmup)
    left = (config.steps - step) / max(1, config.decay)
    fallen: float = (1 - min(1.0, left)) ** 0.5
    return config.rate * up * max(0.0, 1 - fallen)


class Task(Protocol):
    """What a run trains: a kind of network, and what is asked of it."""

    shape: Any
    """Configuration of the network: a dataclass with `to_dict`."""
    loss: Any
    """Configuration of the loss: a dataclass."""

    def shaped(self, shape: Any) -> Task:
        """The same task for a network of another shape: a configuration, or what its `to_dict` gave."""
        ...

    def build(self) -> nn.Module:
        """A new network."""
        ...

    def __call__(self, model: Any, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean loss of a model on a batch, and its parts for the log."""
        ...


def means(rows: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each figure over the rows that have it."""
    names = dict.fromkeys(k for r in rows for k in r)
    return {k: float(np.mean([r[k] for r in rows if k in r])) for k in names}


def validate(model: nn.Module, task: Task, batches: list[Batch]) -> dict[str, float]:
    """Mean of the loss and its parts over fixed batches."""
    model.eval()
    rows = []
    with torch.no_grad():
        for b in batches:
            loss, parts = task(model, b)
            rows.append({"loss": float(loss), **parts})
    model.train()
    return means(rows)


class Run:
    """A training run in a folder: checkpoint.pt and log.csv."""

    def __init__(
        self, folder: Path, train: TrainConfig, mix: MixConfig, task: Task, start: Path | None, world: World = ALONE
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.world = world
        self.folder, self.path = folder, folder / "checkpoint.pt"
        self.train, self.mix, self.step, self.cpu_hours = train, mix, 0, 0.0
        torch.manual_seed(train.seed)
        whole = self.path.exists()
        content = checkpoint.load(self.path, whole) if whole else checkpoint.load(start) if start else None
        self.task = task.shaped(content["shape"]) if content else task
        self.model = world.shared(self.task.build()).train()
        self.judge = world.step(self.task, self.model)
        self.average = checkpoint.Average(self.model, train.average)
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        held = matrices(self.model) if train.muon else {}
        self.optimizer = Muon(parameters, held, train.rate, (0.9, 0.99), train.weight_decay)
        if content:
            checkpoint.restore(content, self.model, self.average, self.optimizer)
            self.step, self.cpu_hours = content["step"], content["cpu_hours"]

    def advance(self, batch: Batch) -> dict[str, float]:
        """One step."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.train, self.step)
        loss, parts = self.judge(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.train.clip)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.average.update(self.model)
        self.step += 1
        return {"loss": float(loss.detach()), **parts}

    def averaged(self) -> nn.Module:
        """A model with the averaged weights."""
        model = self.task.build()
        model.load_state_dict(self.average.values)
        return model

    def save(self, exact: bool = False) -> None:
        """Writes the checkpoint; `exact` between two regular ones."""
        if not self.world.first:
            if not exact:  # what saving does to what lives, all processes do alike
                checkpoint.round_moments(self.optimizer)
                self.average.rounded(self.model)
            return
        facts: dict[str, Any] = {"step": self.step, "cpu_hours": self.cpu_hours}
        facts |= {"shape": self.task.shape.to_dict(), "train": asdict(self.train)}
        checkpoint.save(self.path, self.model, self.average, self.optimizer, facts, exact)

    def log(self, row: dict[str, float]) -> None:
        """Adds a line to log.csv and prints it."""
        path = self.folder / "log.csv"
        rows: list[dict[str, Any]] = []
        if path.exists():
            with path.open(newline="") as f:
                # Later lines are of another way on from an earlier checkpoint.
                rows = [r for r in csv.DictReader(f) if int(r["step"]) < row["step"]]
        # All of it is written again: a run that goes on with another loss has other columns.
        columns = list(dict.fromkeys(k for r in [*rows, row] for k in r))
        part = path.with_suffix(".part")
        with part.open("w", newline="") as f:
            out = csv.DictWriter(f, columns)
            out.writeheader()
            out.writerows([*rows, row])
        part.replace(path)
        print("  ".join(f"{k} {v:g}" for k, v in row.items()), flush=True)
