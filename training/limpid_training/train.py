"""Trains a spectral UNet1D: `python -m limpid_training.train --manifest M --run DIR`.

The learning rate warms up, stays, and falls to zero over the last `--decay` steps before `--steps`: a run without an
end in sight stays on the plateau, and a copy of its checkpoint with a near `--steps` makes a model of it. Stopping
(Ctrl-C or TERM) saves; the same command goes on from there, step for step as if it had never stopped.
"""

from __future__ import annotations

import argparse
import csv
import signal
import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from . import checkpoint, dnsmos
from .data import RATE, Corpus
from .distributed import ALONE, World, here, joined
from .evaluate.peers.peer import PeerMissingError
from .intelligible import Intelligibility
from .loader import Batch, Loader, make_batch
from .losses import LossConfig, compressed, frequency_weights, spectral_loss, time_loss
from .mixing import MixConfig
from .muon import Muon, matrices
from .opinion import Opinion
from .perceptual import Listener
from .spectral import SpectralConfig, SpectralUNet1d, filtered
from .teacher import published

VALID_SEED = 1_000_003


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


def difficulty(config: TrainConfig, mix: MixConfig, step: int) -> MixConfig:
    """Mixtures of a step: easy ones first."""
    d = min(1.0, step / max(1, config.easy))
    low = mix.snr_db[0] + (1 - d) * 8
    return replace(mix, snr_db=(low, mix.snr_db[1]), rooms=mix.rooms * d, second=mix.second * d)


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


class SpectralTask:
    """Trains a spectral UNet1D on the voice's spectrum and samples."""

    def __init__(self, config: SpectralConfig, loss: LossConfig) -> None:
        self.shape, self.loss, self.spacing = config, loss, 1000 / config.window_ms
        self.frames = config.frames.at(RATE)
        self.weights = frequency_weights(config.bins, self.spacing, loss.tilt)
        self.listener, self.intelligibility = Listener(), Intelligibility()

    def shaped(self, shape: Any) -> SpectralTask:
        """The same task for a network of another shape."""
        return SpectralTask(SpectralConfig.from_dict(shape) if isinstance(shape, dict) else shape, self.loss)

    def build(self) -> SpectralUNet1d:
        """A new network, in the memory layout that computes fastest."""
        model = SpectralUNet1d(self.shape).to(memory_format=torch.channels_last)
        model.sixteen_bits, model.frozen = self.loss.bfloat16, self.loss.frozen
        return model.train()

    def known(self, bandwidth: Tensor) -> Tensor:
        """Weights of the bins [batch, 1, bins], mean 1: zero above the bandwidth (Hz) [batch] of an example."""
        hertz = torch.arange(len(self.weights)) * self.spacing
        weights = (self.weights * (hertz <= bandwidth[:, None]))[:, None, :]
        return weights / weights.mean(2, keepdim=True)

    def __call__(self, model: SpectralUNet1d, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean loss, and its parts for the log."""
        noisy, clean = here(batch.noisy), here(batch.clean)
        x = self.frames.analyse(noisy)
        re, im = x.real.contiguous(), x.imag.contiguous()
        *filters, _ = model(re, im, model.initial_states(len(re)))
        yr, yi = filtered(filters, re, im)
        scale = (re * re + im * im).mean((1, 2), keepdim=True) + 1e-12
        y = self.frames.synthesise(torch.complex(yr, yi))[:, self.frames.latency :]
        n = y.shape[1]
        estimate = compressed(yr, yi, scale, self.loss)

        def distance(target: Tensor, spectrum: Tensor, bandwidth: Tensor, loss: LossConfig) -> tuple[Tensor, Tensor]:
            wanted = compressed(spectrum.real, spectrum.imag, scale, loss)
            spectral = spectral_loss(estimate, wanted, self.known(bandwidth), loss).mean()
            return spectral, time_loss(y, target[:, :n], noisy[:, :n]).mean()

        s = self.frames.analyse(clean)
        spectral, timed = distance(clean, s, here(batch.bandwidth), self.loss)
        parts = {"spectral": float(spectral.detach()), "sdr_db": -float(timed.detach())}
        if self.loss.taught and batch.taught is not None:
            taught = here(batch.taught)
            whole = torch.full_like(here(batch.bandwidth), RATE / 2)
            milder = replace(self.loss, lost=self.loss.taught_lost)
            spectral2, timed2 = distance(taught, self.frames.analyse(taught), whole, milder)
            parts |= {"taught": float(spectral2.detach()), "taught_db": -float(timed2.detach())}
            spectral, timed = spectral.lerp(spectral2, self.loss.taught), timed.lerp(timed2, self.loss.taught)
        loss = 10 * spectral + self.loss.time * timed
        if self.loss.heard:
            heard = self.listener(y, clean[:, :n], here(batch.bandwidth)).mean()
            loss = loss + self.loss.heard * heard
            parts["heard"] = float(heard.detach())
        if self.loss.understood:
            understood = self.intelligibility(y, clean[:, :n]).mean()
            loss = loss - self.loss.understood * understood
            parts["understood"] = float(understood.detach())  # of examples without a voice 0
        if self.loss.opinion:
            # Of half of the examples: it costs as much as the network. Of those without a voice it knows nothing.
            voiced = (clean[::2] ** 2).sum(1) > 0
            said = self.opinion(y[::2])[:, -1]
            loss = loss - self.loss.opinion * (said * voiced).mean()
            if voiced.any():
                parts["opinion"] = float(said[voiced].mean().detach())
        return loss, parts

    @cached_property
    def opinion(self) -> Opinion:
        """Who gives an opinion; loaded when one is asked for."""
        return Opinion(dnsmos.published("sig_bak_ovr"), self.loss.bfloat16, self.loss.opinion_floor)


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
                rows = list(csv.DictReader(f))
        # All of it is written again: a run that goes on with another loss has other columns.
        columns = list(dict.fromkeys(k for r in [*rows, row] for k in r))
        part = path.with_suffix(".part")
        with part.open("w", newline="") as f:
            out = csv.DictWriter(f, columns)
            out.writeheader()
            out.writerows([*rows, row])
        part.replace(path)
        print("  ".join(f"{k} {v:g}" for k, v in row.items()), flush=True)


def add_arguments(ap: argparse.ArgumentParser, config: Any) -> None:
    """Gives every field of a configuration an option of its name."""
    for k, v in asdict(config).items():
        name = "--" + k.replace("_", "-")
        if isinstance(v, bool):
            ap.add_argument(name, action=argparse.BooleanOptionalAction, default=v)
        elif isinstance(v, tuple):
            ap.add_argument(name, type=type(v[0]), nargs="+", default=v)
        else:
            ap.add_argument(name, type=type(v), default=v)


def configured(base: Any, a: argparse.Namespace) -> Any:
    """A configuration with the values of its options."""
    values = {k: getattr(a, k) for k in asdict(base)}
    return replace(base, **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def command(description: str | None, task: Task, train: TrainConfig) -> None:
    """The command line that trains `task`, with `train` where options do not say otherwise."""
    ap = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--manifest", type=Path, required=True, help="CSV of the corpus")
    ap.add_argument("--run", type=Path, required=True, help="folder of the run; continued when it has a checkpoint")
    ap.add_argument("--start", type=Path, help="checkpoint to begin from")
    ap.add_argument("--cache", type=Path, help="folder for the packed corpus (default: beside the manifest)")
    ap.add_argument("--minutes", type=float, default=1e9, help="stop after so many minutes")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--helpers", type=int, default=1, help="processes that make mixtures")
    ap.add_argument("--every", type=int, default=500, help="steps between validations")
    for config in (train, MixConfig(), task.loss, task.shape):
        add_arguments(ap, config)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    task.loss = configured(task.loss, a)
    with joined() as world:
        task = task.shaped(configured(task.shape, a))
        try:
            carry_on(Run(a.run, configured(train, a), configured(MixConfig(), a), task, a.start, world), a)
        except PeerMissingError as e:
            raise SystemExit(str(e)) from e


def carry_on(run: Run, a: argparse.Namespace) -> None:
    """Trains from where the run stands to its end, or until it is stopped."""
    train, mix, task, world = run.train, run.mix, run.task, run.world
    cache = a.cache or a.manifest.parent / "packed"
    with world.one_before_the_others():
        corpus, held_out = (Corpus.load(a.manifest, split, cache) for split in ("train", "valid"))
    valid_mix = MixConfig(pure_noise=0, pure_voice=0, turned=0, formants=0, whispers=0)
    valid = [make_batch(held_out, valid_mix, VALID_SEED, n, 8, 3 * RATE) for n in range(5)]
    size = sum(p.numel() for p in run.model.parameters())
    if world.first:
        print(f"{size} parameters, step {run.step}, {len(corpus.voices)} voices", flush=True)
    stop: list[int] = []
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda number, _: stop.append(number))
    samples = int(train.seconds * RATE)
    loader = Loader(
        corpus,
        lambda n: difficulty(train, mix, n * train.uses),
        train.seed,
        run.step,
        train.batch,
        samples,
        a.helpers,
        world.rank,
        published if getattr(task.loss, "taught", 0) else None,
        train.uses,
    )
    begun, clock, sums = time.monotonic(), time.process_time(), []
    late = begun + a.minutes * 60
    while run.step < train.steps and not world.agree(bool(stop) or time.monotonic() >= late):
        sums.append(run.advance(loader.next()))
        if run.step % a.every == 0 or run.step == train.steps:
            run.cpu_hours += (time.process_time() - clock) * world.size / 3600
            clock = time.process_time()
            if world.first:
                checked = validate(run.averaged(), run.task, valid)
                mean = means(sums)
                run.log(
                    {"step": run.step, "cpu_hours": round(run.cpu_hours, 4)}
                    | {"audio_hours": round(run.step * world.size * train.batch * train.seconds / 3600, 3)}
                    | {k: round(v, 4) for k, v in mean.items()}
                    | {"valid_" + k: round(v, 4) for k, v in checked.items()}
                )
            sums = []
            run.save()
            clock = time.process_time()
    if sums:
        run.cpu_hours += (time.process_time() - clock) * world.size / 3600
        run.save(exact=True)
    loader.close()


def main() -> None:
    """Command line."""
    command(__doc__, SpectralTask(SpectralConfig(), LossConfig()), TrainConfig())


if __name__ == "__main__":
    main()
