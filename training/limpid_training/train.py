"""Trains a spectral UNet1D: `python -m limpid_training.train --manifest M --run DIR`.

Stopping (Ctrl-C or TERM) saves; the same command goes on from there, step for step as if it had never stopped. A copy
of the run's folder with a near `--steps` makes a model of it, over the last `--decay` of them.
"""

from __future__ import annotations

import argparse
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from .data import RATE, Corpus
from .distributed import joined
from .loader import Loader, make_batch
from .losses import LossConfig
from .mixing import MixConfig
from .packages import PackageMissingError
from .run import Run, Task, TrainConfig, means, validate
from .spectral import SpectralConfig
from .spectral_task import SpectralTask
from .teacher import published

VALID_SEED = 1_000_003


def difficulty(config: TrainConfig, mix: MixConfig, step: int) -> MixConfig:
    """Mixtures of a step: easy ones first."""
    d = min(1.0, step / max(1, config.easy))
    low = mix.snr_db[0] + (1 - d) * 8
    return replace(mix, snr_db=(low, mix.snr_db[1]), rooms=mix.rooms * d, second=mix.second * d)


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
        except PackageMissingError as e:
            raise SystemExit(str(e)) from e


def carry_on(run: Run, a: argparse.Namespace) -> None:
    """Trains from where the run stands to its end, or until it is stopped."""
    train, mix, task, world = run.train, run.mix, run.task, run.world
    cache = a.cache or a.manifest.parent / "packed"
    with world.one_before_the_others():
        corpus, held_out = (Corpus.load(a.manifest, split, cache) for split in ("train", "valid"))
    valid_mix = MixConfig(pure_noise=0, pure_voice=0, turned=0, formants=0, whispers=0)
    valid = [make_batch(held_out, valid_mix, VALID_SEED, n, 8, 3 * RATE).without_wide() for n in range(5)]
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
