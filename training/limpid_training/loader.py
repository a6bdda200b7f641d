"""Batches made in helper processes; batch number n is always the same, so nothing needs to be saved to go on."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

import numpy as np
from numpy.typing import NDArray

from .data import RATE, Corpus
from .mixing import MixConfig, low_pass, mixture
from .teacher import Teacher

TOGETHER = 4
"""Batches that a helper makes at a time: a teacher answers many mixtures for little more than it answers one."""

APART = 32
"""New batches between one use of a batch and its next."""

MOST_LOST = 0.5
"""A teacher's answer with less of the voice's energy than this is not to be followed."""


@dataclass(frozen=True)
class Batch:
    """Mixtures: noisy and clean [batch, samples], bandwidth [batch] in Hz; perhaps what a teacher makes of them.

    `wide` [batch, samples] and `ends_at` [batch] in Hz are `Mixture`'s, for a teacher, who without them hears `noisy`;
    its answers are `taught` [batch, samples]. `confusable` [batch] is `Mixture`'s too.
    """

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]
    bandwidth: NDArray[np.float32]
    wide: NDArray[np.float32] | None = None
    ends_at: NDArray[np.float32] | None = None
    taught: NDArray[np.float32] | None = None
    confusable: NDArray[np.bool_] | None = None

    def without_wide(self) -> Batch:
        """The batch as a training process takes it, to which what only a teacher hears is a burden."""
        return replace(self, wide=None, ends_at=None)


def make_batch(
    corpus: Corpus, config: MixConfig, seed: int, number: int, size: int, samples: int, share: int = 0
) -> Batch:
    """Batch `number` of a seed; of several processes, that of number `share` makes the examples that are its own."""
    numbers = range(share * size, (share + 1) * size)
    made = [mixture(corpus, config, np.random.default_rng([seed, number, i]), samples) for i in numbers]
    return Batch(
        np.stack([m.noisy for m in made]),
        np.stack([m.clean for m in made]),
        np.array([m.bandwidth for m in made], np.float32),
        np.stack([m.wide for m in made]),
        np.array([m.ends_at for m in made], np.float32),
        confusable=np.array([m.confusable for m in made]),
    )


def with_teacher(teacher: Teacher, batches: list[Batch]) -> list[Batch]:
    """The batches with the teacher's answers, all asked at once.

    A mixture that ends low it hears before it was cut, and its answer is cut alike: it was taught on wide bands, and of
    a telephone's alone it makes so much less that a student had better not follow.

    Where there is no noise, or no voice, the truth stands in for its answer: it knows nothing better there. So it does
    where the teacher takes more of the voice away than `MOST_LOST`, as it does with whispers.
    """
    heard = np.concatenate([b.noisy if b.wide is None else b.wide for b in batches])
    # What is cut off may have been loud: no teacher hears more than full scale, where it would clip.
    peak = np.maximum(1, np.abs(heard).max(1, keepdims=True))
    answers = teacher.enhance(heard / peak) * peak
    out = []
    for batch in batches:
        taught, answers = answers[: len(batch.noisy)], answers[len(batch.noisy) :]
        if batch.ends_at is not None:
            taught = np.stack(
                [low_pass(x, t) if t < RATE / 2 else x for x, t in zip(taught, batch.ends_at, strict=True)]
            )
        alone = ~batch.clean.any(1) | (np.abs(batch.noisy - batch.clean).max(1) < 1e-4)
        lost = (taught**2).sum(1) < MOST_LOST * (batch.clean**2).sum(1)
        out.append(replace(batch, taught=np.where((alone | lost)[:, None], batch.clean, taught)))
    return out


def send(ahead: queue.Queue[Batch], sink: Connection) -> None:
    """Sends batches as they come; ends the process when its run is gone and nobody takes them."""
    try:
        while True:
            sink.send(ahead.get())
    except OSError:
        os._exit(0)


def batch_of(step: int, uses: int) -> int:
    """Number of the batch that a step takes: a new one, then each that is to come again, `APART` and more before it."""
    new, again = divmod(step, uses)
    return new - again * APART if new >= again * APART else new


class Loader:
    """Makes the batches of the steps `first`, `first + 1`, ... ahead of time.

    A batch costs about as much as a step of training, so it may be used more than once: Choi et al., "Faster neural
    network training with data echoing", 2019.

    Args:
        corpus: what to draw from; shared with the helpers by fork.
        config_at: how hard mixtures are at a batch number.
        seed, first: mixtures to draw, and the step to begin at.
        size, samples: of a batch.
        processes: helpers, who take turns with `TOGETHER` batches each.
        share: of several training processes, the number of this one.
        teacher: makes one that answers every mixture; called in each helper.
        uses: steps that take the same batch.
    """

    def __init__(
        self,
        corpus: Corpus,
        config_at: Callable[[int], MixConfig],
        seed: int,
        first: int,
        size: int,
        samples: int,
        processes: int,
        share: int = 0,
        teacher: Callable[[], Teacher] | None = None,
        uses: int = 1,
    ) -> None:
        context = multiprocessing.get_context("fork")
        self.sources: list[Connection] = []
        self.helpers: list[ForkProcess] = []
        self.step, self.uses = first, uses
        # What is to come again is made again.
        self.number = begin = max(0, first // uses - (uses - 1) * APART)
        self.kept: dict[int, Batch] = {}

        def work(helper: int, source: Connection, sink: Connection) -> None:
            # The run's handlers, which stop it after a step, are inherited: Ctrl-C is the run's, TERM ends a helper.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            source.close()
            ahead: queue.Queue[Batch] = queue.Queue(2 * TOGETHER)
            threading.Thread(target=send, args=(ahead, sink), daemon=True).start()
            asked = teacher() if teacher else None
            turn = begin // TOGETHER
            turn += (helper - turn) % processes
            while True:
                # The same batches together, wherever a run begins: sums depend on what they are computed with.
                numbers = range(turn * TOGETHER, (turn + 1) * TOGETHER)
                made = [make_batch(corpus, config_at(n), seed, n, size, samples, share) for n in numbers]
                for n, batch in zip(numbers, with_teacher(asked, made) if asked else made, strict=True):
                    if n >= begin:
                        ahead.put(batch.without_wide())
                turn += processes

        for k in range(processes):
            source, sink = context.Pipe(duplex=False)
            h = context.Process(target=work, args=(k, source, sink), daemon=True)
            h.start()
            # Held by the helper alone, so its death is the end of what can be read.
            sink.close()
            self.sources.append(source)
            self.helpers.append(h)

    def next(self) -> Batch:
        """The batch of the next step, waited for.

        Raises:
            RuntimeError: a helper process has died; its own error stands on stderr.
        """
        newest = self.step // self.uses
        while self.number <= newest:
            self.kept.pop(self.number - (self.uses - 1) * APART - 1, None)
            self.kept[self.number] = self._received()
            self.number += 1
        self.step += 1
        return self.kept[batch_of(self.step - 1, self.uses)]

    def _received(self) -> Batch:
        source = self.sources[self.number // TOGETHER % len(self.sources)]
        try:
            batch: Batch = source.recv()
        except (EOFError, OSError):
            raise RuntimeError("a process that makes mixtures has died: see its error above") from None
        return batch

    def close(self) -> None:
        """Ends the helpers."""
        for h in self.helpers:
            # Not TERM: a helper that has only just been forked still has the run's handler, which puts it off.
            h.kill()
            h.join()
